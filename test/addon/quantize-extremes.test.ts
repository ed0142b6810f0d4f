import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { TargetName } from '../../lib/quantization/targets/target.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { type GraphSketch, makeGraph, noise } from '../unit/graph/make-graph.js'

const conv = (input: string, weights: string, output: string) => ({ type: 'Conv', inputs: [input, weights], outputs: [output] })

/** A largest or smallest element of each channel between two layers, with something in between. */
const networks: Record<string, GraphSketch['nodes']> = {
  GlobalMaxPool: [conv('x', 'v', 't'), { type: 'GlobalMaxPool', inputs: ['t'], outputs: ['m'] }, conv('m', 'w', 'y')],
  ReduceMin: [
    conv('x', 'v', 't'),
    { type: 'ReduceMin', inputs: ['t'], outputs: ['m'], attributes: { axes: [3], keepdims: 1 } },
    conv('m', 'w', 'y'),
  ],
  'ReduceMax with a Transpose': [
    conv('x', 'v', 't'),
    { type: 'ReduceMax', inputs: ['t'], outputs: ['m'], attributes: { axes: [3], keepdims: 0 } },
    { type: 'Transpose', inputs: ['m'], outputs: ['p'], attributes: { perm: [0, 2, 1] } },
    { type: 'MatMul', inputs: ['p', 'k'], outputs: ['y'] },
  ],
  'ReduceMax with an Add': [
    conv('x', 'v', 't'),
    { type: 'ReduceMax', inputs: ['t'], outputs: ['m'], attributes: { axes: [3], keepdims: 1 } },
    { type: 'Add', inputs: ['m', 'b'], outputs: ['p'] },
    conv('p', 'w', 'y'),
  ],
}
const shape = [1, 8, 6, 6]
const constants = {
  v: noise([16, 8, 1, 1], 'v'),
  w: noise([16, 16, 1, 1], 'w'),
  k: noise([16, 12], 'k'),
  b: noise([1, 16, 1, 1], 'b', -4, -2),
}
const samples = Array.from({ length: 40 }, (_, index) => ({
  x: Tensor.from(noise(shape, `sample ${index}`).values() as Float32Array, shape),
}))

async function run(model: Uint8Array): Promise<Float32Array[]> {
  const engine = await buildEngine({ model, precision: 'fp32' })
  const outputs: Float32Array[] = []
  for (const sample of samples.slice(0, 8)) outputs.push((await engine.infer(sample)).y?.toFloat32() as Float32Array)
  await engine.close()
  return outputs
}

/** Signal to quantization noise in dB. */
function measure(float: Float32Array[], quantized: Float32Array[]): number {
  let [signal, noiseEnergy] = [0, 0]
  for (const [index, values] of float.entries()) {
    for (const [at, value] of values.entries()) {
      signal += value ** 2
      noiseEnergy += (value - (quantized[index]?.[at] as number)) ** 2
    }
  }
  return 10 * Math.log10(signal / noiseEnergy)
}

describe.each<TargetName>(['openvino-cpu', 'any'])('layers behind a largest or smallest element, for %s', (target) => {
  it.each(Object.entries(networks))('%s', async (_, nodes) => {
    const used = Object.entries(constants).filter(([name]) => nodes.some(({ inputs }) => inputs.includes(name)))
    const model = encodeGraph(makeGraph({ inputs: { x: shape }, constants: Object.fromEntries(used), nodes, outputs: ['y'] }))
    const { model: quantized, operators } = await quantize({
      model,
      calibration: { data: samples },
      target,
      activations: { range: 'minmax' },
    })
    expect(Object.values(operators).some(({ quantized: count }) => count > 0)).toBe(true)
    // Wrong integers leave 20 dB at most.
    expect(measure(await run(model), await run(quantized as Uint8Array))).toBeGreaterThan(27)
  })
})
