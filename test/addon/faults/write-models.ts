import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { convolutionModel, encodeOnnx, unaryModel } from '../../models/encode-onnx.js'

/**
 * Makes a folder with the models that the programs of this folder read, for the tests of the calling file:
 *
 * - `tiny.onnx`: y = Relu(x), f32 [1, 4]: copied in and out
 * - `frame.onnx`: y = Relu(x), f32 [1, 3, 96, 96]: large enough to be read and written in place
 * - `slow.onnx`: f32 [1, 32, 96, 96], tens of milliseconds an inference
 * - `large.onnx`: f32 [1, 256, 8, 8], a second to read and compile, quick to run
 * - `pair.onnx`: sum = a + b, f32 [1, 3, 96, 96] each
 * - `dynamic.onnx`: y = Relu(x), f32 [n, 4]
 * - `strings.onnx`: y = x, two strings
 */
export function useModelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'enginery-faults-'))
  const frame = [1, 3, 96, 96]
  const models = {
    tiny: unaryModel('Relu', [1, 4]),
    frame: unaryModel('Relu', frame),
    slow: convolutionModel({ layers: 8, channels: 32, size: 96 }),
    large: convolutionModel({ layers: 20, channels: 256, size: 8 }),
    pair: encodeOnnx({
      inputs: ['a', 'b'].map((name) => ({ name, type: 'f32' as const, shape: frame })),
      outputs: [{ name: 'sum', type: 'f32', shape: frame }],
      nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] }],
    }),
    dynamic: unaryModel('Relu', ['n', 4]),
    strings: unaryModel('Identity', [2], 'string'),
  }
  for (const [name, bytes] of Object.entries(models)) writeFileSync(join(folder, `${name}.onnx`), bytes)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
