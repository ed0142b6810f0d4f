import { expect, it } from 'vitest'
import { createProgram } from '../../../lib/cli/create-program.js'
import { markTrtexecOptions } from '../../../lib/cli/options/trtexec-arguments.js'
import { Terminal } from '../../../lib/cli/terminal.js'

const program = await createProgram(new Terminal(process.stdout, process.stderr), new AbortController().signal)
const mark = (line: string) => markTrtexecOptions(line.split(' '), program).join(' ')

it.each([
  ['build m.onnx --fp16 --minShapes=x:1x3 -o y', 'build m.onnx --trtexec=--fp16 --trtexec=--minShapes=x:1x3 -o y'],
  // Options that build has itself stay its own.
  [
    'build m.onnx --device=2 --verbose --threads 4 --set a=--int8',
    'build m.onnx --device=2 --verbose --threads 4 --set a=--int8',
  ],
  ['build -- --fp16', 'build -- --fp16'],
  ['build --unknown --shape x=1', 'build --unknown --shape x=1'],
  ['run m.onnx --fp16', 'run m.onnx --fp16'],
  ['', ''],
])('of %j: %j', (line, marked) => {
  expect(mark(line)).toBe(marked)
})
