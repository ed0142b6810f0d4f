import { describe, expect, it } from 'vitest'
import { foldGraph } from '../../../../lib/graph/folding/fold-graph.js'
import { findNames, GraphWriter } from './sketch-graph.js'

describe('the recipe shape-arithmetic', () => {
  it('leaves products float that make angles of positions or depend on lengths alone', () => {
    const writer = new GraphWriter({ x: [1, 'n', 8] })
    const length = writer.op('Squeeze', [writer.op('Slice', [writer.op('Shape', ['x']), writer.ints(1), writer.ints(2)])])
    const range = writer.op('Range', [writer.number(0), writer.op('Cast', [length], { to: 1 }), writer.number(1)])
    const column = writer.op('Unsqueeze', [range, writer.ints(1)])
    const places = writer.op('MatMul', [column, writer.weights(1, 8)], {}, { name: 'places' })
    const angles = writer.op('MatMul', ['x', writer.weights(8, 4)], {}, { name: 'angles' })
    const kept = writer.op('MatMul', ['x', writer.weights(8, 8)], {}, { name: 'kept' })
    const waves = writer.op('Concat', [writer.op('Sin', [angles]), writer.op('Cos', [angles])], { axis: 2 })
    const graph = writer.graph([writer.op('Add', [writer.op('Add', [kept, places]), waves])])
    expect(findNames(graph, 'shape-arithmetic').float).toEqual(['places', 'angles'])
  })
})

describe('the recipe shape-arithmetic on tokens', () => {
  it('knows that what is looked up in a table depends on the tokens', () => {
    const writer = new GraphWriter({ tokens: [1, 'n'] })
    const words = writer.op('Gather', [writer.weights(100, 8), 'tokens'])
    const count = writer.op('Squeeze', [writer.op('Slice', [writer.op('Shape', ['tokens']), writer.ints(1), writer.ints(2)])])
    const order = writer.op('Range', [writer.number(0), writer.op('Cast', [count], { to: 1 }), writer.number(1)])
    const places = writer.op('Gather', [writer.weights(50, 8), order])
    const placed = writer.op('MatMul', [places, writer.weights(8, 8)], {}, { name: 'placed' })
    const kept = writer.op('MatMul', [words, writer.weights(8, 8)], {}, { name: 'kept' })
    expect(findNames(writer.graph([writer.op('Add', [kept, placed])]), 'shape-arithmetic').float).toEqual(['placed'])
  })
})

describe('the recipe channel-gates', () => {
  const gate = (make: (writer: GraphWriter, mean: string, gated: string) => string, pool = 'GlobalAveragePool') => {
    const writer = new GraphWriter({ x: [1, 8, 6, 6] })
    const gated = writer.op('Relu', [writer.conv('x', 8, 8, 'kept')])
    const mean = pool === 'ReduceMean' ? writer.op('ReduceMean', [gated], { axes: [2, 3] }) : writer.op(pool, [gated])
    const graph = writer.graph([make(writer, mean, gated)])
    return findNames(graph, 'channel-gates').note.filter((name) => !/^t\d/.test(name))
  }
  const layers = (writer: GraphWriter, mean: string) =>
    writer.op('Sigmoid', [writer.conv(writer.op('Relu', [writer.conv(mean, 8, 2, 'squeeze')]), 2, 8, 'excite')])

  it.each(['GlobalAveragePool', 'ReduceMean'])('notes layers that make factors of %s', (pool) => {
    expect(gate((writer, mean, gated) => writer.op('Mul', [gated, layers(writer, mean)]), pool)).toEqual(['squeeze', 'excite'])
  })

  it('knows SiLU inside and a gate that is written first', () => {
    const swish = (writer: GraphWriter, mean: string) => {
      const squeezed = writer.conv(mean, 8, 2, 'squeeze')
      const bent = writer.op('Mul', [squeezed, writer.op('Sigmoid', [squeezed])])
      return writer.op('HardSigmoid', [writer.conv(bent, 2, 8, 'excite')])
    }
    expect(gate((writer, mean, gated) => writer.op('Mul', [swish(writer, mean), gated]))).toEqual(['squeeze', 'excite'])
  })

  it('does not take a sum, a classifier, or a gate on something else for it', () => {
    expect(gate((writer, mean, gated) => writer.op('Add', [gated, layers(writer, mean)]))).toEqual([])
    expect(gate((writer, mean) => writer.op('Flatten', [layers(writer, mean)]))).toEqual([])
    expect(gate((writer, mean) => writer.op('Mul', ['x', layers(writer, mean)]))).toEqual([])
  })
})

describe('the recipe activation-products', () => {
  const forms: Record<string, (writer: GraphWriter, x: string) => string> = {
    SiLU: (writer, x) => writer.op('Mul', [x, writer.op('Sigmoid', [x])]),
    'SiLU with a factor': (writer, x) => writer.op('Mul', [writer.op('Sigmoid', [writer.op('Mul', [x, writer.number(1.7)])]), x]),
    HardSwish: (writer, x) =>
      writer.op('Div', [
        writer.op('Mul', [x, writer.op('Clip', [writer.op('Add', [x, writer.number(3)]), writer.number(0), writer.number(6)])]),
        writer.number(6),
      ]),
    GELU: (writer, x) =>
      writer.op('Mul', [
        writer.op('Mul', [
          x,
          writer.op('Add', [writer.op('Erf', [writer.op('Div', [x, writer.number(1.41)])]), writer.number(1)]),
        ]),
        writer.number(0.5),
      ]),
    'GELU by tanh, with the cube as products': (writer, x) => {
      const cube = writer.op('Mul', [x, writer.op('Mul', [x, writer.op('Mul', [writer.number(0.0447), x])])])
      const bent = writer.op('Tanh', [writer.op('Mul', [writer.number(0.798), writer.op('Add', [x, cube])])])
      return writer.op('Mul', [x, writer.op('Mul', [writer.number(0.5), writer.op('Add', [writer.number(1), bent])])])
    },
    Mish: (writer, x) => writer.op('Mul', [x, writer.op('Tanh', [writer.op('Softplus', [x])])]),
  }

  it.each(Object.keys(forms))('knows %s', (form) => {
    const writer = new GraphWriter({ x: [1, 9, 8] })
    const graph = writer.graph([(forms[form] as (typeof forms)[string])(writer, writer.linear('x', 8, 8))])
    const types = findNames(graph, 'activation-products').float
    expect(types.length).toBeGreaterThanOrEqual(2)
    const [root] = [...graph.nodes].filter((node) => node.is('Mul') && types.includes(node.name))
    expect(root).toBeDefined()
  })

  it('does not take a gate of another branch, or a square, for one', () => {
    const writer = new GraphWriter({ x: [1, 9, 8] })
    const gated = writer.op('Mul', [writer.linear('x', 8, 8), writer.op('Sigmoid', [writer.linear('x', 8, 8)])])
    expect(findNames(writer.graph([writer.op('Mul', [gated, gated])]), 'activation-products').float).toEqual([])
  })
})

describe('the recipe normalization', () => {
  const spelledOut = (writer: GraphWriter, isCentred: boolean) => {
    const mean = writer.op('ReduceMean', ['x'], { axes: [-1] })
    const centred = isCentred ? writer.op('Sub', ['x', mean], {}, { name: 'centred' }) : 'x'
    const squares = writer.op('Pow', [centred, writer.number(2)], {}, { name: 'squares' })
    const variance = writer.op('Add', [writer.op('ReduceMean', [squares], { axes: [-1] }), writer.number(1e-5)])
    return writer.op('Div', [centred, writer.op('Sqrt', [variance], {}, { name: 'root' })], {}, { name: 'quotient' })
  }

  it.each([
    [true, ['centred', 'squares', 'root', 'quotient']],
    [false, ['squares', 'root', 'quotient']],
  ])('knows layer and root mean square norm that are spelled out (centred: %s)', (isCentred, names) => {
    const writer = new GraphWriter({ x: [1, 9, 8] })
    const graph = writer.graph([writer.linear(spelledOut(writer, isCentred), 8, 8)])
    expect(findNames(graph, 'normalization').float.filter((name) => !/^t\d/.test(name))).toEqual(names)
  })

  it('knows them in one operator', () => {
    const writer = new GraphWriter({ x: [1, 9, 8] })
    const first = writer.op('LayerNormalization', ['x', writer.weights(8), writer.weights(8)], {}, { name: 'layer' })
    const second = writer.op(
      'SkipLayerNormalization',
      [first, 'x', writer.weights(8)],
      {},
      { domain: 'com.microsoft', name: 'skip' },
    )
    expect(findNames(writer.graph([second]), 'normalization').float).toEqual(['layer', 'skip'])
  })

  it('knows layer norm by sums, with the variance as a difference, and Softmax in single steps', () => {
    const writer = new GraphWriter({ x: [1, 9, 8], shape: { type: 'i64', shape: [3] } })
    const wide = (tensor: string) => writer.op('Expand', [tensor, 'shape'])
    const sum = (tensor: string) => writer.op('ReduceSum', [tensor, writer.ints(-1)])
    const mean = writer.op('Mul', [sum('x'), writer.number(1 / 8)])
    const squares = writer.op('Mul', [sum(writer.op('Mul', ['x', 'x'], {}, { name: 'squares' })), writer.number(1 / 8)])
    const variance = writer.op('Max', [writer.number(0), writer.op('Sub', [squares, writer.op('Mul', [mean, mean])])])
    const root = writer.op('Sqrt', [writer.op('Add', [wide(variance), writer.number(1e-6)])], {}, { name: 'root' })
    const centred = writer.op('Sub', ['x', wide(mean)])
    const normal = writer.op('Mul', [centred, writer.op('Reciprocal', [root])], {}, { name: 'product' })
    const logits = writer.linear(normal, 8, 8)
    const most = writer.op('Max', [writer.number(-1e30), writer.op('ReduceMax', [logits], { axes: [-1] }, { name: 'most' })])
    const exp = writer.op('Exp', [writer.op('Sub', [logits, wide(most)], {}, { name: 'shifted' })], {}, { name: 'exp' })
    const output = writer.op('Div', [exp, wide(sum(exp))], {}, { name: 'shares' })
    const found = findNames(writer.graph([output]), 'normalization').float
    const names = ['squares', 'root', 'product', 'most', 'shifted', 'exp', 'shares']
    expect(found.filter((name) => !/^t\d/.test(name))).toEqual(names)
  })

  it('leaves a distance as it is, whose root is of a sum', () => {
    const writer = new GraphWriter({ x: [1, 9, 8] })
    const squares = writer.op('Pow', ['x', writer.number(2)])
    const root = writer.op('Sqrt', [writer.op('ReduceSum', [squares, writer.ints(-1)])])
    const { graph } = foldGraph(writer.graph([writer.op('Div', ['x', root])]))
    expect(findNames(graph, 'normalization').float).toEqual([])
  })
})
