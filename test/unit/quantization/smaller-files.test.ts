import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { Constant } from '../../../lib/graph/constant.js'
import type { GraphNode } from '../../../lib/graph/graph-node.js'
import { dropDefaults } from '../../../lib/quantization/rewrite/drop-defaults.js'
import { shareScalars } from '../../../lib/quantization/rewrite/share-scalars.js'
import { roundFilters, storeFilters } from '../../../lib/quantization/weights/store-filters.js'
import { makeGraph, noise } from '../graph/make-graph.js'

const scalar = (value: number) => Constant.of('f32', [], Float32Array.of(value))

describe('what makes files smaller', () => {
  it('keeps the sum of each filter within half a step, and each weight within one and a half', () => {
    const weights = noise([16, 1, 5, 5], 'filters', -1, 3).values() as Float32Array
    const stored = roundFilters(weights, [16, 1, 5, 5])
    if (stored === null) throw new Error('filters are finite')
    for (let filter = 0; filter < 16; filter++) {
      const scale = stored.scales[filter] as number
      let difference = 0
      for (let at = filter * 25; at < filter * 25 + 25; at++) {
        const error = (stored.values[at] as number) * scale - (weights[at] as number)
        expect(Math.abs(error)).toBeLessThanOrEqual(1.5 * scale)
        difference += error
      }
      expect(Math.abs(difference)).toBeLessThanOrEqual(0.51 * scale)
    }
    expect(roundFilters(Float32Array.of(1, Number.NaN), [1, 1, 1, 2])).toBeNull()
    expect(roundFilters(new Float32Array(4), [1, 1, 2, 2])).toMatchObject({ values: new Int8Array(4) })
  })

  const makeDepthwise = (others: number) =>
    makeGraph({
      inputs: { x: [1, 64, 8, 8] },
      constants: { filters: noise([64, 1, 5, 5], 'filters'), weights: noise([others, 64, 1, 1], 'weights') },
      nodes: [
        { type: 'Conv', name: 'each', inputs: ['x', 'filters'], outputs: ['a'], attributes: { group: 64, pads: [2, 2, 2, 2] } },
        { type: 'Conv', name: 'all', inputs: ['a', 'weights'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })

  it('stores filters as integers where they are much of the file, and leaves them where they are not', () => {
    const graph = makeDepthwise(8)
    const filters = graph.tensors.get('filters')
    if (!filters) throw new Error('there are no filters')
    expect(storeFilters(graph, [filters])).toEqual([filters])
    expect(graph.tensors.get('filters')).toMatchObject({ elementType: 'i8' })
    const restored = [...graph.nodes].find(({ name }) => name === 'each')?.inputs[1]
    expect(restored?.producer?.is('DequantizeLinear')).toBe(true)
    const large = makeDepthwise(2048)
    const few = large.tensors.get('filters')
    expect(storeFilters(large, few ? [few] : [])).toEqual([])
    expect(large.tensors.get('filters')).toMatchObject({ elementType: 'f32' })
  })

  it('takes out what convolutions say that holds without saying, and nothing else', () => {
    const graph = makeDepthwise(8)
    const [each, all] = [...graph.nodes] as [GraphNode, GraphNode]
    for (const node of [each, all]) {
      node.attributes.set('kernel_shape', attribute.ints('kernel_shape', node === each ? [5, 5] : [1, 1]))
      node.attributes.set('strides', attribute.ints('strides', node === each ? [1, 2] : [1, 1]))
      node.attributes.set('dilations', attribute.ints('dilations', [1, 1]))
    }
    all.attributes.set('pads', attribute.ints('pads', [0, 0, 0, 0]))
    all.attributes.set('group', attribute.int('group', 1))
    dropDefaults(graph)
    expect([...each.attributes.keys()].sort()).toEqual(['group', 'pads', 'strides'])
    expect([...all.attributes.keys()]).toEqual([])
  })

  it('lets those who read one number read one constant, but for quantizers', () => {
    const constants = {
      three: scalar(3),
      same: scalar(3),
      other: scalar(4),
      scale: scalar(3),
      zero: Constant.of('u8', [], Uint8Array.of(0)),
    }
    const graph = makeGraph({
      inputs: { x: [4] },
      constants,
      nodes: [
        { type: 'Add', name: 'a', inputs: ['x', 'three'], outputs: ['a'] },
        { type: 'Mul', name: 'b', inputs: ['a', 'same'], outputs: ['b'] },
        { type: 'Add', name: 'c', inputs: ['b', 'other'], outputs: ['c'] },
        { type: 'QuantizeLinear', name: 'q', inputs: ['c', 'scale', 'zero'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    shareScalars(graph)
    const read = [...graph.nodes].map(({ inputs }) => inputs[1]?.name)
    expect(read).toEqual(['three', 'three', 'other', 'scale'])
    expect(graph.tensors.has('same')).toBe(false)
  })
})
