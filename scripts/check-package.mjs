// npm run check:package: the proof that what we publish runs where it is installed. Packs, checks the packed main
// package with publint and attw, installs the tarballs as a user would, and reads digits through import, through
// require() and through the command.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { installFromTarballs } from './package/install-from-tarballs.mjs'
import { packPackages } from './package/pack-packages.mjs'
import { root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

const data = path.join(root, 'examples', 'data')
const proof = fileURLToPath(new URL('package/proof/', import.meta.url))
/** Of 400: what the model reads right in float32, by its authors' count 399; one may go another way elsewhere. */
const LEAST_RIGHT = 398

/** A .npy file (version 1.0) with one float32 array. */
function npyFile(values, shape) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(padded.length)
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(padded), bytes])
}

function checkReading(how, output) {
  const { right, of } = JSON.parse(output.trim().split('\n').at(-1))
  if (!(right >= LEAST_RIGHT && of === 400))
    throw new Error(`${how}: read ${right} of ${of} digits, expected at least ${LEAST_RIGHT}`)
  console.log(`package proof: ${how}: ${right} of ${of} digits`)
}

async function checkCommandLine(installed) {
  const picture = new Uint8Array(await readFile(path.join(data, 'digits.u8'))).subarray(0, 1024)
  const { labels } = JSON.parse(await readFile(path.join(data, 'digits.labels.json'), 'utf8'))
  const values = Float32Array.from(picture, (value) => value / 127.5 - 1)
  await writeFile(path.join(installed.folder, 'digit.npy'), npyFile(values, [1, 1, 32, 32]))
  await installed.runInstalled('enginery', ['run', 'digits.onnx', '--input', 'digit.npy', '--output', 'logits.npy'])
  const file = await readFile(path.join(installed.folder, 'logits.npy'))
  const logits = Array.from({ length: 10 }, (_, index) => file.readFloatLE(file.length - 40 + index * 4))
  const read = logits.indexOf(Math.max(...logits))
  if (read !== labels[0]) throw new Error(`enginery run: read ${read}, the label is ${labels[0]}`)
  console.log(`package proof: enginery run: reads ${read}`)
}

async function proveInstalled(what, tarballs, flags) {
  const installed = await installFromTarballs(tarballs, flags)
  try {
    console.log(
      `package proof: ${what}: installed without scripts; no compiler, ${installed.offline ? 'no network' : 'network not cut (unshare is missing)'}`,
    )
    for (const name of ['digits.onnx', 'digits.u8', 'digits.labels.json']) await installed.copyIn(path.join(data, name))
    for (const name of ['read-digits.mjs', 'read-digits.cjs']) await installed.copyIn(path.join(proof, name))
    checkReading('import', await installed.runNode(['read-digits.mjs']))
    checkReading('require', await installed.runNode(['read-digits.cjs']))
    await checkCommandLine(installed)
  } finally {
    await installed.remove()
  }
}

/** On a machine without TensorRT its addons load, and say what is missing. */
async function proveWithoutTensorRt(tarballs) {
  const installed = await installFromTarballs(tarballs, ['--omit=optional'])
  try {
    await installed.copyIn(path.join(data, 'digits.onnx'))
    await installed.copyIn(path.join(proof, 'ask-for-tensorrt.mjs'))
    const asked = JSON.parse((await installed.runNode(['ask-for-tensorrt.mjs'])).trim().split('\n').at(-1))
    const { lines, codes, cures } = asked
    if (lines.join() !== 'v10,v11,rtx') throw new Error(`TensorRT: the addons that load are ${lines.join() || 'none'}`)
    if (codes.join() !== 'TENSORRT_NOT_FOUND,TENSORRT_NOT_FOUND') throw new Error(`TensorRT: a build ended with ${codes.join()}`)
    console.log(`package proof: TensorRT: three addons load; builds end with ${codes[0]}: ${cures[0]}`)
  } finally {
    await installed.remove()
  }
}

async function checkManifest(tarball) {
  const bin = (name, ...parts) => path.join(root, 'node_modules', name, ...parts)
  const run = (...args) => runCommand(process.execPath, args, { cwd: root, show: true })
  await run(bin('publint', 'src', 'cli.js'), tarball, '--strict')
  await run(bin('@arethetypeswrong/cli', 'dist', 'index.js'), tarball, '--profile', 'esm-only', '--no-emoji', '--no-color')
}

try {
  const packed = await packPackages((line) => console.log(`package proof: ${line}`))
  await checkManifest(packed.enginery.tarball)
  await proveInstalled('all of it', [packed.enginery.tarball, packed['openvino-linux-x64'].tarball], [])
  await proveWithoutTensorRt([packed.enginery.tarball, packed['tensorrt-linux-x64'].tarball])
  await proveInstalled('CPU only', [packed.enginery.tarball, packed['openvino-cpu-linux-x64'].tarball], ['--omit=optional'])
} catch (error) {
  console.error(`check:package: ${error.message}`)
  process.exitCode = 1
}
