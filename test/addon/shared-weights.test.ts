import { describe, expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { TargetName } from '../../lib/quantization/targets/target.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, type NodeSketch, noise } from '../unit/graph/make-graph.js'

const [rows, channels, layers] = [6, 96, 4]
const shape = [1, rows, channels]

/** Layers of a transformer that all read the same weights, each with a normalization of its own, as ALBERT has them. */
function shareWeights(): Uint8Array {
  const nodes: NodeSketch[] = []
  const constants = { w: noise([channels, 2 * channels], 'w', -0.2, 0.2), v: noise([2 * channels, channels], 'v', -0.2, 0.2) }
  const scales = Array.from({ length: layers }, (_, layer) => {
    const scale = noise([channels], `scale ${layer}`, 0.5, 1.5)
    ;(scale.values() as Float32Array)[(7 * layer) % channels] = 60
    return [`scale${layer}`, scale] as const
  })
  for (let layer = 0, input = 'x'; layer < layers; layer++) {
    const output = layer === layers - 1 ? 'y' : `sum${layer}`
    nodes.push(
      { type: 'LayerNormalization', inputs: [input, `scale${layer}`], outputs: [`n${layer}`], attributes: { axis: -1 } },
      { type: 'MatMul', inputs: [`n${layer}`, 'w'], outputs: [`wide${layer}`] },
      { type: 'Relu', inputs: [`wide${layer}`], outputs: [`relu${layer}`] },
      { type: 'MatMul', inputs: [`relu${layer}`, 'v'], outputs: [`narrow${layer}`] },
      { type: 'Add', inputs: [`narrow${layer}`, input], outputs: [output] },
    )
    input = output
  }
  const all = { ...constants, ...Object.fromEntries(scales) }
  return encodeGraph(makeGraph({ opset: 17, inputs: { x: shape }, nodes, constants: all, outputs: ['y'] }))
}

describe('weights that all layers of a model share', () => {
  const data = Array.from({ length: 32 }, (_, index) => ({
    x: Tensor.from(noise(shape, `sample ${index}`).values() as Float32Array, shape),
  }))

  it.each<TargetName>(['openvino-cpu', 'tensorrt'])('are stored once for %s: the file does not grow', async (target) => {
    const model = shareWeights()
    const options = { model, target, calibration: { data }, check: false } as const
    const smoothed = await quantize({ ...options, smoothQuant: { alpha: 0.5 } })
    expect(smoothed.operators).toContainEqual({ operator: 'MatMul', quantized: 2 * layers, float: 0 })
    const plain = await quantize({ ...options, smoothQuant: false })
    expect(smoothed.model.length).toBeLessThan(0.5 * model.length)
    expect(smoothed.model.length).toBeLessThan(1.1 * plain.model.length)
  })
})
