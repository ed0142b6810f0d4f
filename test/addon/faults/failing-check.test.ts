import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { quantize } from '../../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../../unit/graph/make-graph.js'

const failure = new Error('the check failed')
vi.mock('../../../lib/api/quantization/check-quantized.js', () => ({
  checkQuantized: async () => {
    throw failure
  },
}))
vi.mock('../../../lib/api/quantization/check-sample-scale.js', () => ({ checkSampleScale: () => sleep(50, []) }))

it('a check that fails while samples are still looked at is told to the caller alone', async () => {
  const shape = [1, 3, 8, 8]
  const graph = makeGraph({
    inputs: { x: shape },
    constants: { w: noise([8, 3, 3, 3]) },
    nodes: [{ type: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
    outputs: ['y'],
  })
  const data = Array.from({ length: 4 }, (_, at) => ({ x: Tensor.from(noise(shape, `${at}`).values() as Float32Array, shape) }))
  const unhandled: unknown[] = []
  const listen = (error: unknown) => unhandled.push(error)
  // In place of the test runner's own, which would call the run failed.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listen)
  try {
    await expect(quantize({ model: encodeGraph(graph), calibration: { data, cache: false } })).rejects.toBe(failure)
  } finally {
    process.off('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  }
  expect(unhandled).toEqual([])
})
