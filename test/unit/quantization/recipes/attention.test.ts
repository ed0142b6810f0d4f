import { describe, expect, it } from 'vitest'
import { findAttention } from '../../../../lib/quantization/recipes/find-attention.js'
import { findNames, GraphWriter } from './sketch-graph.js'

const find = (writer: GraphWriter, output: string) => findNames(writer.graph([output]), 'attention')

describe('the recipe attention', () => {
  it.each([undefined, [1, 1, 1, 9]])(
    'leaves both products and the Softmax float, and quantizes the projections (mask %j)',
    (mask) => {
      const writer = new GraphWriter({ x: [1, 9, 32] })
      const attention = writer.attention('x', 'x', 32, { name: 'a', ...(mask && { mask: writer.weights(...mask) }) })
      expect(find(writer, attention)).toEqual({ float: ['a.scores', 'a.softmax', 'a.output'], note: [] })
    },
  )

  it('knows queries, keys and values of one projection that is split, scaled before the product', () => {
    const writer = new GraphWriter({ x: [1, 9, 32] })
    const all = writer.heads(writer.linear('x', 32, 96, 'qkv'), 12, 96)
    const [q, k, v] = writer.ops('Split', [all, writer.ints(4, 4, 4)], 3, { axis: 1 }) as [string, string, string]
    const scaled = writer.op('Mul', [q, writer.number(0.35)])
    const scores = writer.op('MatMul', [scaled, writer.op('Transpose', [k], { perm: [0, 1, 3, 2] })], {}, { name: 'scores' })
    const output = writer.op(
      'MatMul',
      [writer.op('Softmax', [scores], { axis: -1 }, { name: 'softmax' }), v],
      {},
      { name: 'output' },
    )
    const graph = writer.graph([output])
    expect(findNames(graph, 'attention').float).toEqual(['scores', 'softmax', 'output'])
    const [block] = findAttention(graph)
    for (const part of ['query', 'key', 'value'] as const) {
      expect(block?.projections[part].map(({ name }) => name)).toEqual(['qkv'])
    }
  })

  it('goes past masks by Where and what mends rows of NaN, and knows positions with a product of their own', () => {
    const writer = new GraphWriter({ x: [1, 4, 9, 8], seen: { type: 'bool', shape: [1, 1, 9, 9] }, p: [1, 4, 8, 9] })
    const scores = writer.op('MatMul', ['x', writer.op('Transpose', ['x'], { perm: [0, 1, 3, 2] })], {}, { name: 'scores' })
    const places = writer.op('MatMul', ['x', 'p'], {}, { name: 'places' })
    const masked = writer.op('Where', ['seen', writer.op('Add', [scores, places]), writer.number(-1e9)])
    const softmax = writer.op('Softmax', [masked], { axis: -1 }, { name: 'softmax' })
    const mended = writer.op('Where', [writer.op('IsNaN', [softmax]), writer.number(0), softmax])
    const output = writer.op('MatMul', [mended, 'x'], {}, { name: 'output' })
    expect(find(writer, output).float).toEqual(['scores', 'places', 'softmax', 'output'])
  })

  it('knows the form with Einsum, whose operands are anything but constants', () => {
    const writer = new GraphWriter({ q: [1, 9, 4, 8], k: [1, 9, 4, 8], v: [1, 9, 4, 8] })
    const scores = writer.op('Einsum', ['q', 'k'], { equation: 'bihd,bjhd->bhij' }, { name: 'scores' })
    const softmax = writer.op('Softmax', [scores], { axis: -1 }, { name: 'softmax' })
    const output = writer.op('Einsum', [softmax, 'v'], { equation: 'bhij,bjhd->bihd' }, { name: 'output' })
    expect(find(writer, output).float).toEqual(['scores', 'softmax', 'output'])
  })

  it.each([true, false])('knows a Softmax in single steps, with its shift: %s', (isShifted) => {
    const writer = new GraphWriter({ x: [1, 4, 9, 8] })
    const scores = writer.op('MatMul', ['x', writer.op('Transpose', ['x'], { perm: [0, 1, 3, 2] })], {}, { name: 'scores' })
    const masked = writer.op('Add', [scores, writer.weights(1, 1, 9, 9)])
    const most = writer.op('ReduceMax', [masked], { axes: [-1] })
    const exp = writer.op('Exp', [isShifted ? writer.op('Sub', [masked, most]) : masked])
    const sum = writer.op('ReduceSum', [exp, writer.ints(-1)])
    const shares = writer.op('Div', [exp, sum], {}, { name: 'shares' })
    const output = writer.op('MatMul', [shares, 'x'], {}, { name: 'output' })
    expect(find(writer, output)).toEqual({ float: ['scores', 'shares', 'output'], note: [] })
  })

  it.each([
    ['Attention', ''],
    ['MultiHeadAttention', 'com.microsoft'],
    ['Attention', 'com.microsoft'],
  ])('notes %s of %j, which does all of it', (type, domain) => {
    const writer = new GraphWriter({ x: [1, 9, 32] })
    const [q, k, v] = [writer.linear('x', 32, 32), writer.linear('x', 32, 32), writer.linear('x', 32, 32)]
    const output = writer.op(type, [q, k, v], {}, { domain, name: 'whole' })
    expect(find(writer, output)).toEqual({ float: [], note: ['whole'] })
  })

  it('does not take a classifier for attention', () => {
    const writer = new GraphWriter({ x: [1, 9, 32] })
    const classes = writer.op('Softmax', [writer.linear('x', 32, 10)], { axis: -1 })
    const scores = writer.op('MatMul', [
      writer.linear('x', 32, 9),
      writer.op('Transpose', [writer.linear('x', 32, 9)], { perm: [0, 2, 1] }),
    ])
    expect(find(writer, writer.op('Add', [writer.linear(classes, 10, 9), scores]))).toEqual({ float: [], note: [] })
  })

  it('does not take a mixture weighted by a layer for attention', () => {
    const writer = new GraphWriter({ x: [1, 9, 32] })
    const weights = writer.op('Softmax', [writer.op('Transpose', [writer.linear('x', 32, 4)], { perm: [0, 2, 1] })], { axis: -1 })
    expect(find(writer, writer.op('MatMul', [weights, 'x']))).toEqual({ float: [], note: [] })
  })
})
