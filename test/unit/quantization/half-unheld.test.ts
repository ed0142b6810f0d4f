import { describe, expect, it } from 'vitest'
import type { Statistics } from '../../../lib/calibration/statistic-points.js'
import { Constant } from '../../../lib/graph/constant.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { convertToHalf, type HalfOptions } from '../../../lib/quantization/half-precision/convert-to-half.js'
import { floats, type GraphSketch, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'

const node = (text: string, attributes?: NodeSketch['attributes']): NodeSketch => {
  const [output = '', , type = '', ...inputs] = text.split(' ')
  return { type, name: output, inputs, outputs: [output], ...(attributes && { attributes }) }
}
/** Between two products, so that nothing is float for want of one; `lines` make `z` of `h`. */
const between = (lines: NodeSketch[], constants: GraphSketch['constants'] = {}): GraphSketch => ({
  opset: 17,
  inputs: { x: [2, 6], mask: { type: 'i64', shape: [2, 6] } },
  nodes: [node('h = MatMul x w1'), ...lines, node('y = MatMul z w2')],
  constants: { w1: noise([6, 6], 'w1'), w2: noise([6, 6], 'w2'), two: floats([], 2), one: floats([], 1), ...constants },
  outputs: ['y'],
})

function convert(sketch: GraphSketch, options: Partial<HalfOptions> = {}) {
  const graph = makeGraph(sketch)
  const { half, float } = convertToHalf(graph, inferShapes(graph), { type: 'f16', ...options })
  return { half, float: float.map((one) => one.node), reasons: Object.fromEntries(float.map((one) => [one.node, one.reason])) }
}

const axes = { axes: [-1] }
const normalization = (square: NodeSketch, ...quotient: NodeSketch[]) => [
  node('m = ReduceMean h', axes),
  node('d = Sub h m'),
  square,
  node('v = ReduceMean s', axes),
  node('e = Add v epsilon'),
  node('q = Sqrt e'),
  ...quotient,
]

describe('what half precision may not hold, by the structure of a graph', () => {
  it.each([
    ['a power', 1e-5, [node('s = Pow d two')], [node('z = Div d q')]],
    ['a product with itself', 1e-5, [node('s = Mul d d')], [node('z = Div d q')]],
    ['a small epsilon', 1e-12, [node('s = Pow d two')], [node('z = Div d q')]],
    ['one over the deviation', 1e-12, [node('s = Mul d d')], [node('r = Reciprocal q'), node('z = Mul d r')]],
    ['one over it, as a quotient', 1e-12, [node('s = Mul d d')], [node('r = Div one q'), node('z = Mul d r')]],
  ])('computes a normalization that is written out in float32 from the square on: %s', (_, epsilon, square, quotient) => {
    const lines = normalization(square[0] as NodeSketch, ...quotient)
    const { half, float } = convert(between(lines, { epsilon: floats([], epsilon) }))
    expect(half).toEqual(['h', 'y'])
    expect(float.sort()).toEqual(['m', 'd', 's', 'v', 'e', 'q', ...quotient.map(({ name }) => name as string)].sort())
  })

  it('believes samples that squares are small, but not of a variance, nor that a divisor is no smaller than any seen', () => {
    const seen = (most: number) => ({ range: { minima: Float32Array.of(0), maxima: Float32Array.of(most) } })
    const ranges: Statistics = new Map(['s', 'v', 'e'].map((name) => [name, seen(100)]))
    const square = between([node('s = Mul h h'), node('z = Add s two')])
    expect(convert(square).float).toEqual(['s', 'z', 'y'])
    expect(convert(square, { ranges }).float).toEqual([])
    const lines = normalization(node('s = Mul d d'), node('z = Div d q'))
    const variance = convert(between(lines, { epsilon: floats([], 1e-3) }), { ranges })
    expect(variance.float.sort()).toEqual(['d', 'e', 'm', 'q', 's', 'v'])
    expect(variance.reasons.q).toBe('e is of a variance, which may be beyond what the type holds')
    const guarded = between([node('e = Clip h epsilon'), node('z = Div h e')], { epsilon: floats([], 1e-12) })
    expect(convert(guarded, { ranges }).float).toEqual(['e', 'z'])
  })

  it.each([
    ['added', [node('c = Cast mask', { to: 1 }), node('b = Mul c huge'), node('a = Add h b')], ['c', 'b', 'a', 'z']],
    ['chosen', [node('c = Cast mask', { to: 9 }), node('a = Where c h huge')], ['a', 'z']],
  ])(
    'computes the Softmax behind a mask of -1e9 in float32, where it is %s: a row of nothing but mask is even, not NaN',
    (_, lines, float) => {
      const found = convert(between([...lines, node('z = Softmax a')], { huge: floats([], -1e9) }))
      expect(found.half).toEqual(['h', 'y'])
      expect(found.float).toEqual(float)
      expect(found.reasons.z).toBe('a may be beyond what the type holds')
    },
  )

  it('lets infinity pass, which is infinity in every type', () => {
    const lines = [node('c = Cast mask', { to: 9 }), node('a = Where c h huge'), node('z = Softmax a')]
    expect(convert(between(lines, { huge: floats([], Number.NEGATIVE_INFINITY) })).float).toEqual([])
  })

  it.each([
    ['exponentials', [node('a = Exp h'), node('z = Mul a two')], ['a', 'z', 'y']],
    [
      'exponentials divided by their sum',
      [node('a = Exp h'), node('s = ReduceSum a axis'), node('z = Div a s')],
      ['a', 's', 'z'],
    ],
    ['a constant of a million', [node('z = Mul h million')], ['z', 'y']],
    ['a maximum with one, which bounds nothing', [node('z = Clip h two million')], ['z']],
    ['a small number that keeps a sum from zero', [node('s = Clip h small'), node('z = Div h s')], ['s', 'z']],
  ])('goes on in float32 until values are bounded: %s', (_, lines, float) => {
    const constants = { axis: Constant.ints([-1]), million: floats([], 1e6), small: floats([], 1e-9) }
    expect(convert(between(lines, constants)).float).toEqual(float)
  })

  it('divides by what counts in float32, and sums of many elements stay so, too', () => {
    const counted = [node('l = Cast mask', { to: 1 }), node('z = Div h l')]
    expect(convert(between(counted)).reasons.z).toBe('l counts, perhaps further than the type does')
    const graph = (length: number | string): GraphSketch => ({
      opset: 17,
      inputs: { x: [1, 6, length] },
      nodes: [node('h = Conv x w1'), node('s = ReduceSum h axis'), node('y = MatMul s w2')],
      constants: { w1: noise([6, 6, 1], 'w1'), w2: noise([1, 6], 'w2'), axis: Constant.ints([2]) },
      outputs: ['y'],
    })
    expect(convert(graph(200)).half).toEqual(['h', 'y'])
    expect(convert(graph(100_000)).half).toEqual(['h'])
    expect(convert(graph('time')).half).toEqual(['h'])
  })

  it.each([
    ['angles', [node('a = MatMul h w3'), node('z = Sin a')], 'a', 'angles are made of it'],
    ['logarithms', [node('a = Softmax h'), node('z = Log a')], 'a', 'a logarithm is taken of it'],
  ])('computes what %s are taken of in float32', (_, lines, name, reason) => {
    const { half, reasons } = convert(between(lines, { w3: noise([6, 6], 'w3') }))
    expect(half).toEqual(['h', 'y'])
    expect(reasons[name]).toBe(reason)
  })

  it('normalizes in float32 by variances that the type rounds away', () => {
    const sketch = (variance: number): GraphSketch => ({
      opset: 17,
      inputs: { x: [1, 2, 4, 4] },
      nodes: [node('r = Relu x'), node('n = BatchNormalization r one two one v'), node('t = Relu n'), node('y = Conv t w')],
      constants: { one: floats([2], 1, 1), two: floats([2], 2, 2), v: floats([2], 1, variance), w: noise([2, 2, 1, 1], 'w') },
      outputs: ['y'],
    })
    expect(convert(sketch(0.5)).half).toHaveLength(4)
    expect(convert(sketch(6e-7)).half).toHaveLength(4)
    const bare = sketch(1e-7)
    const [relu, normalize, ...rest] = bare.nodes
    const exact = { ...bare, nodes: [relu, { ...normalize, attributes: { epsilon: { float: 1e-12 } } }, ...rest] as NodeSketch[] }
    expect(convert(exact).reasons.n).toBe('a variance of it, 1.00e-7, is not exact enough in the type')
  })
})
