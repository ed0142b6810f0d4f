import { describe, expect, it } from 'vitest'
import type { GraphNode } from '../../../lib/graph/graph-node.js'
import { describeLayerLoss, describeOddity } from '../../../lib/quantization/cure/describe-layer-loss.js'
import { makeGraph, noise } from '../graph/make-graph.js'

/** A layer that reads x, and one behind it, so that it is not the last. */
function layer(type: 'Conv' | 'MatMul', shape: number[], weights: number[]): GraphNode {
  const graph = makeGraph({
    inputs: { x: shape },
    constants: { w: noise(weights), v: noise(weights) },
    nodes: [
      { type, name: 'first', inputs: ['x', 'w'], outputs: ['t'] },
      { type, name: 'last', inputs: ['t', 'v'], outputs: ['y'] },
    ],
    outputs: ['y'],
  })
  return [...graph.nodes][0] as GraphNode
}
const see = (shape: number[], value: (at: number) => number) =>
  new Map([['x', [{ shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => value(at)) }]]])

describe('what is odd about what a layer reads', () => {
  const signal = [1, 4, 50]
  const wave = (at: number) => Math.sin(at * 1.7)

  it('is a wide channel, which signals have second and tokens last', () => {
    const inSignal = describeOddity(
      layer('Conv', signal, [4, 4, 1]),
      see(signal, (at) => wave(at) * (at >= 50 && at < 100 ? 99 : 1)),
    )
    expect(inSignal).toMatchObject({ kind: 'outlier-channel', detail: expect.stringContaining('channel 1 reaches') })
    const tokens = [1, 50, 4]
    const inTokens = describeOddity(
      layer('MatMul', tokens, [4, 4]),
      see(tokens, (at) => wave(at) * (at % 4 === 2 ? 99 : 1)),
    )
    expect(inTokens).toMatchObject({ kind: 'outlier-channel', detail: expect.stringContaining('channel 2 reaches') })
  })

  it('is an instant of a signal only where it is one of few large values', () => {
    const found = describeOddity(
      layer('Conv', signal, [4, 4, 1]),
      see(signal, (at) => wave(at) * (at % 50 === 7 ? 99 : 1)),
    )
    expect(found).toMatchObject({ kind: 'outlier-values' })
  })

  it('is nothing, or an offset, or no range at all', () => {
    const node = layer('Conv', signal, [4, 4, 1])
    expect(describeOddity(node, see(signal, wave))).toBeNull()
    expect(describeLayerLoss(node, see(signal, wave))).toMatchObject({ kind: 'unknown', layer: 'first' })
    expect(
      describeOddity(
        node,
        see(signal, (at) => 5000 + wave(at)),
      ),
    ).toMatchObject({ kind: 'huge-values' })
    expect(
      describeOddity(
        node,
        see(signal, () => 3),
      ),
    ).toMatchObject({ kind: 'dead-range' })
  })
})
