// Builds an engine of each file named on standard input, one a line, and runs it once. Says which file it is at before it
// starts, so that whoever watches knows what ended the process.

import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , dist] = process.argv
const { buildEngine, EngineryError, Tensor } = await import(dist)

const say = (line) => writeSync(1, `${line}\n`)

for await (const path of createInterface({ input: process.stdin })) {
  say(`at ${path}`)
  try {
    const engine = await buildEngine({ model: path })
    try {
      const inputs = Object.fromEntries(engine.inputs.map(({ name, type, shape }) => [name, Tensor.allocate(type, shape)]))
      await engine.infer(inputs)
      say('accepted')
    } finally {
      await engine.close()
    }
  } catch (error) {
    const coded = error instanceof EngineryError && error.code !== 'BUG'
    say(coded ? `refused ${error.code}` : `uncoded ${error?.stack ?? error}`.replaceAll('\n', ' '))
  }
}
