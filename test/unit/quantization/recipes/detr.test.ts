import { describe, expect, it } from 'vitest'
import { findNames, GraphWriter } from './sketch-graph.js'

const width = 32
const rows = 20
const queries = 5

/** Samples a memory of 4 x 5 places at four points around a point of reference for each query, as RT-DETR's decoder does. */
function deformableAttention(writer: GraphWriter, query: string, memory: string, reference: string, name: string): string {
  const value = writer.op('Reshape', [
    writer.op('Transpose', [writer.linear(memory, width, width, `${name}.value`)], { perm: [0, 2, 1] }),
    writer.ints(1, width, 4, 5),
  ])
  const offsets = writer.op('Reshape', [writer.linear(query, width, 8, `${name}.offsets`), writer.ints(1, queries, 4, 2)])
  const centre = writer.op('Unsqueeze', [
    writer.op('Slice', [reference, writer.ints(0), writer.ints(2), writer.ints(2)]),
    writer.ints(2),
  ])
  const places = writer.op('Add', [centre, writer.op('Div', [offsets, writer.number(4)])])
  const grid = writer.op('Sub', [writer.op('Mul', [places, writer.number(2)]), writer.number(1)])
  const samples = writer.op('GridSample', [value, grid], { align_corners: 0 }, { name: `${name}.sample` })
  const weights = writer.op('Softmax', [writer.linear(query, width, 4, `${name}.weights`)], { axis: -1 })
  const weighted = writer.op('Mul', [samples, writer.op('Unsqueeze', [weights, writer.ints(1)])])
  const summed = writer.op('ReduceSum', [weighted, writer.ints(-1)], { keepdims: 0 })
  return writer.linear(writer.op('Transpose', [summed], { perm: [0, 2, 1] }), width, width, `${name}.out`)
}

/** Chooses rows of memory by the best class, and decodes them. */
function detector(cross: 'deformable' | 'attention', layers = 2) {
  const writer = new GraphWriter({ x: [1, rows, width] })
  const memory = writer.attention('x', 'x', width, { name: 'encoder' })
  const scores = writer.linear(memory, width, 6, 'scores')
  const boxes = writer.op('Add', [writer.linear(memory, width, 4, 'boxes'), writer.weights(1, rows, 4)])
  const best = writer.op('ReduceMax', [scores], { axes: [2], keepdims: 0 })
  const [, chosen = ''] = writer.ops('TopK', [best, writer.ints(queries)], 2, { axis: 1 }, { name: 'topk' })
  const indices = writer.op('Unsqueeze', [chosen, writer.ints(2)])
  const take = (from: string, columns: number) =>
    writer.op('GatherElements', [from, writer.op('Tile', [indices, writer.ints(1, 1, columns)])], { axis: 1 })
  let query = take(memory, width)
  let logit = take(boxes, 4)
  for (let layer = 0; layer < layers; layer++) {
    const reference = writer.op('Sigmoid', [logit])
    query = writer.op('Add', [query, writer.linear(reference, 4, width, `d${layer}.position`)])
    query = writer.op('Add', [query, writer.attention(query, query, width, { name: `d${layer}.self` })])
    const read =
      cross === 'deformable'
        ? deformableAttention(writer, query, memory, reference, `d${layer}.cross`)
        : writer.attention(query, memory, width, { name: `d${layer}.cross` })
    query = writer.op('Add', [query, read])
    logit = writer.op('Add', [writer.linear(query, width, 4, `d${layer}.box`), logit])
  }
  const classes = writer.linear(query, width, 6, 'classes')
  return writer.graph([writer.op('Sigmoid', [logit]), classes])
}

describe('recipes on detectors with queries', () => {
  const deformable = detector('deformable')

  it('leave float what computes offsets and weights of samples, and where it is used', () => {
    expect(findNames(deformable, 'deformable-attention').float.sort()).toEqual(
      ['d0', 'd1'].flatMap((layer) => [`${layer}.cross.offsets`, `${layer}.cross.sample`, `${layer}.cross.weights`]),
    )
  })

  it.each(['deformable', 'attention'] as const)(
    'leave the decoder float whose cross attention is %s, and not what it reads',
    (cross) => {
      const graph = detector(cross)
      const { float } = findNames(graph, 'query-decoder')
      const computing = [...graph.nodes].filter((node) => node.is('MatMul')).map(({ name }) => name)
      const memory = computing.filter((name) => /^(encoder|scores|boxes)|cross\.(value|k|v)$/.test(name))
      expect(float.sort()).toEqual(computing.filter((name) => !memory.includes(name)).sort())
      expect(float).toContain('classes')
      expect(float).toContain('d1.box')
    },
  )

  it('leave the scores float that choose the queries', () => {
    const { float } = findNames(deformable, 'query-selection')
    expect(float.slice(0, 2)).toEqual(['scores', 'topk'])
    expect(float).not.toContain('boxes')
  })

  it('leave float what is added to points of reference, and what reads coordinates', () => {
    expect(findNames(deformable, 'box-regression').float.sort()).toEqual([
      'boxes',
      'd0.box',
      'd0.position',
      'd1.box',
      'd1.position',
    ])
  })

  it('know a decoder whose queries were learned by its second reading', () => {
    const writer = new GraphWriter({ x: [1, rows, width] })
    let query = writer.op('Add', [
      writer.weights(1, queries, width),
      writer.attention(writer.weights(1, queries, width), 'x', width, { name: 'first' }),
    ])
    query = writer.attention(query, query, width, { name: 'self' })
    query = writer.attention(query, 'x', width, { name: 'second' })
    const { float } = findNames(writer.graph([writer.linear(query, width, 4, 'box')]), 'query-decoder')
    expect(float).toEqual(expect.arrayContaining(['first.output', 'first.out', 'self.q', 'self.scores', 'second.q', 'box']))
    expect(float).not.toEqual(expect.arrayContaining(['second.k']))
    expect(float.filter((name) => /^(first|second)\.[kv]$/.test(name))).toEqual([])
  })

  it('do not take pooling by one learned query for a decoder', () => {
    const writer = new GraphWriter({ x: [1, rows, width] })
    const pooled = writer.attention(writer.weights(1, 1, width), 'x', width)
    expect(findNames(writer.graph([writer.linear(pooled, width, 10)]), 'query-decoder').float).toEqual([])
  })

  it('do not take tokens that were thinned out for queries', () => {
    const writer = new GraphWriter({ x: [1, rows, width] })
    const [, chosen = ''] = writer.ops('TopK', [writer.op('ReduceMax', ['x'], { axes: [2], keepdims: 0 }), writer.ints(8)], 2, {
      axis: 1,
    })
    const indices = writer.op('Tile', [writer.op('Unsqueeze', [chosen, writer.ints(2)]), writer.ints(1, 1, width)])
    const kept = writer.op('GatherElements', ['x', indices], { axis: 1 })
    const graph = writer.graph([writer.linear(writer.attention(kept, kept, width), width, 10)])
    expect(findNames(graph, 'query-decoder').float).toEqual([])
    expect(findNames(graph, 'query-selection').float).toEqual([])
  })

  it('know sampling without weights, and a sampling operator of an exporter', () => {
    const writer = new GraphWriter({ x: [1, 2, 8, 8], y: [1, 2, 8, 8] })
    const flow = writer.op('Transpose', [writer.conv('y', 2, 2, 'flow')], { perm: [0, 2, 3, 1] })
    const warped = writer.op('GridSample', ['x', writer.op('Add', [flow, writer.weights(1, 8, 8, 2)])], {}, { name: 'warp' })
    expect(findNames(writer.graph([warped]), 'deformable-attention').float).toEqual(['flow', 'warp'])
    const whole = new GraphWriter({ v: [1, 20, 4, 8], q: [1, 5, 32], s: [1, 2], i: [1] })
    const places = whole.op('Reshape', [whole.linear('q', 32, 32, 'offsets'), whole.ints(1, 5, 4, 1, 4, 2)])
    const weights = whole.op('Softmax', [whole.linear('q', 32, 16, 'weights')], { axis: -1 })
    const sampled = whole.op(
      'MultiscaleDeformableAttnPlugin_TRT',
      ['v', 's', 'i', places, weights],
      {},
      { domain: 'mmdeploy', name: 'all' },
    )
    expect(findNames(whole.graph([sampled]), 'deformable-attention').float.sort()).toEqual(['all', 'offsets', 'weights'])
  })

  it('leave sampling alone that is the same for every picture', () => {
    const writer = new GraphWriter({ x: [1, 2, 8, 8] })
    const warped = writer.op('GridSample', [writer.conv('x', 2, 2), writer.weights(1, 8, 8, 2)])
    expect(findNames(writer.graph([warped]), 'deformable-attention').float).toEqual([])
  })
})
