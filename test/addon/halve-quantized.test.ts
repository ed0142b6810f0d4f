import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { halveQuantized } from '../../lib/api/quantization/halve-quantized.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { widenHalves } from '../../lib/graph/folding/widen-halves.js'
import { graphFromOnnx } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { loadOnnxModel } from '../../lib/model/onnx-file.js'
import { calibrationSchema } from '../../lib/quantization/quantize-options.js'
import { simulateQuantizers } from '../../lib/quantization/verification/simulate-quantizers.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { noise } from '../unit/graph/make-graph.js'

const inputs = (count: number, shape: number[]) =>
  Array.from({ length: count }, (_, index) => Tensor.from(noise(shape, `sample ${index}`).values() as Float32Array, shape))

/** As OpenVINO may compute it: f16 as f32, rounding written out. */
async function simulate(model: Uint8Array): Promise<Uint8Array> {
  const graph = graphFromOnnx(await loadOnnxModel(model))
  widenHalves.apply(graph)
  return encodeGraph(simulateQuantizers(graph))
}

async function outputsOf(model: Uint8Array, name: string, samples: readonly Tensor[], shape: number[]): Promise<number[][]> {
  await using engine = await buildEngine({ model, shapes: { [name]: shape } })
  const all: number[][] = []
  for (const sample of samples) {
    const result = await engine.infer({ [name]: sample })
    all.push(Object.values(result).flatMap((tensor) => [...(tensor.data as Float32Array)]))
  }
  return all
}

/** Decibels between what should be and what is. */
function contrast(expected: readonly number[][], received: readonly number[][]): number {
  let [signal, off] = [0, 0]
  for (const [index, row] of expected.entries()) {
    for (const [at, value] of row.entries()) {
      signal += value ** 2
      off += (value - (received[index]?.[at] as number)) ** 2
    }
  }
  return 10 * Math.log10(signal / off)
}

describeWithData('a quantized model whose floats are halves', () => {
  it.each([
    ['digits_cnn_bn.onnx', 'input', [1, 1, 32, 32]],
    ['tiny_dense_digits_96.onnx', 'images', [1, 3, 96, 96]],
  ] as const)('%s computes what the quantized one does', async (file, name, lengths) => {
    const source = join(dataFolder, 'models', file)
    const shape = [...lengths]
    const samples = inputs(6, shape)
    const data = samples.map((tensor) => ({ [name]: tensor }))
    const shapes = { [name]: shape }
    const { model } = await quantize({ model: source, calibration: { data }, target: 'tensorrt', shapes, check: false })
    const calibration = calibrationSchema.parse({ data })
    const halved = await halveQuantized(model, source, { calibration, shapes })
    expect(halved.half.length).toBeGreaterThan(15)
    expect(halved.model.byteLength).toBeLessThan(model.byteLength * 1.05)
    const float = await outputsOf(readFileSync(source), name, samples, shape)
    const eight = await outputsOf(await simulate(model), name, samples, shape)
    const both = await outputsOf(await simulate(halved.model), name, samples, shape)
    const [alone, beside] = [contrast(float, eight), contrast(float, both)]
    // Rounding to 11 bits is lost in rounding to 8.
    expect(beside).toBeGreaterThan(alone - 1)
    expect(beside).toBeGreaterThan(15)
  })
})
