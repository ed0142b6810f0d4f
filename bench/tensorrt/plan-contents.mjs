// What takes the room in plans of TensorRT-RTX: constants by element type, and the kernels whose source text they hold. Both stand
// in a plan as plain text; nothing else of it is read.
//
//   node bench/tensorrt/plan-contents.mjs FILE.plan [...]
//
// Prints a Markdown table, sizes in MiB.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(2)
// Every kernel begins with the same declarations.
const beginning = 'using __myln_bool = bool;'
// Shorter runs of text are names.
const longText = /[\t\n\r\x20-\x7e]{1000,}/g

console.log('| plan | whole | constants | kernels | their source |\n|---|---|---|---|---|')
for (const path of process.argv.slice(2)) {
  const text = readFileSync(path).toString('latin1')
  const constants = {}
  for (const [, bytes, type] of text.matchAll(/const_payload_size=(\d+) [^\n]*?type=(\w+) \}/g))
    constants[type] = (constants[type] ?? 0) + Number(bytes)
  const sources = [...text.matchAll(longText)].map(([run]) => run).filter((run) => run.includes(beginning))
  const kernels = sources.reduce((count, source) => count + source.split(beginning).length - 1, 0)
  const size = sources.reduce((bytes, source) => bytes + source.length, 0)
  const told = Object.entries(constants).map(([type, bytes]) => `${type} ${mebibytes(bytes)}`)
  console.log(`| ${basename(path)} | ${mebibytes(text.length)} | ${told.join(', ')} | ${kernels} | ${mebibytes(size)} |`)
}
