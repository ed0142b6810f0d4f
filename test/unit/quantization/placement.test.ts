import { describe, expect, it } from 'vitest'
import { Constant } from '../../../lib/graph/constant.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { placeQuantizers } from '../../../lib/quantization/placement/place-quantizers.js'
import type { Target, TargetName } from '../../../lib/quantization/targets/target.js'
import { targets } from '../../../lib/quantization/targets/targets.js'
import { floats, type GraphSketch, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'

interface Options {
  target?: TargetName | Target
  isSymmetric?: boolean
  perChannel?: boolean
  /** Names of nodes. */
  ignored?: string[]
}

const w4 = noise([4, 4, 1, 1])
const conv = (name: string, input: string, output: string, more: Partial<NodeSketch> = {}): NodeSketch => ({
  type: 'Conv',
  name,
  inputs: [input, 'w'],
  outputs: [output],
  ...more,
})
const node = (type: string, inputs: string[], output: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({
  type,
  name: output,
  inputs,
  outputs: [output],
  attributes,
})

/** Quantizers by tensor, each with the nodes that read through it. */
function place(sketch: Partial<GraphSketch> & Pick<GraphSketch, 'nodes' | 'outputs'>, options: Options = {}) {
  const { target = 'openvino-cpu', isSymmetric = false, perChannel = true, ignored = [] } = options
  const graph = makeGraph({ inputs: { x: [1, 4, 8, 8] }, ...sketch, constants: { w: w4, ...sketch.constants } })
  const nodes = [...graph.nodes].filter(({ name }) => ignored.includes(name))
  const placement = placeQuantizers(graph, inferShapes(graph), {
    target: typeof target === 'string' ? targets[target] : target,
    isSymmetric,
    perChannel,
    ignored: new Map(nodes.map((each) => [each, 'ignored'])),
  })
  return {
    placement,
    readers: Object.fromEntries(
      placement.activations.map(({ tensor, uses }) => [tensor, uses.map(({ node, index }) => `${node.label} ${index}`)]),
    ),
    groups: Object.fromEntries(placement.activations.map(({ tensor, group }) => [tensor, group])),
    skipped: placement.skipped.map(({ node, reason }) => `${node}: ${reason}`),
  }
}

describe('placing quantizers', () => {
  it.each<[TargetName, Record<string, string[]>]>([
    // Of a largest element OpenVINO makes wrong integers, of integers the right largest one.
    ['openvino-cpu', { x: ['a 0'], t: ['m 0'] }],
    ['any', { x: ['a 0'], t: ['m 0'] }],
    ['tensorrt', { x: ['a 0'], m: ['b 0'] }],
    ['onnxruntime', { x: ['a 0'], t: ['m 0'], m: ['b 0'] }],
  ])('puts one where %s can take it around a largest element', (target, expected) => {
    for (const picking of [node('GlobalMaxPool', ['t'], 'm'), node('ReduceMin', ['t'], 'm', { axes: [2, 3] })]) {
      const { readers } = place({ nodes: [conv('a', 'x', 't'), picking, conv('b', 'm', 'y')], outputs: ['y'] }, { target })
      expect(readers).toEqual(expected)
    }
  })

  it('puts one behind convolutions and sums too where the engine needs that to compute them on integers', () => {
    const nodes = [
      conv('a', 'x', 'ta'),
      node('Relu', ['ta'], 'ra'),
      conv('b', 'ra', 'tb'),
      node('Add', ['tb', 'ra'], 'sum'),
      conv('c', 'sum', 'tc'),
      node('Sigmoid', ['tc'], 's'),
      node('Mul', ['tc', 's'], 'silu'),
      conv('d', 'silu', 'y'),
    ]
    const placed = (options: Options) => place({ nodes, outputs: ['y'] }, options).readers
    expect(placed({ target: 'onnxruntime', ignored: ['s', 'silu'] })).toEqual({
      x: ['a 0'],
      ra: ['b 0', 'sum 1'],
      tb: ['sum 0'],
      sum: ['c 0'],
      silu: ['d 0'],
    })
    expect(placed({ target: 'onnxruntime' })).toMatchObject({ tc: ['s 0', 'silu 0'] })
    expect(placed({ target: 'openvino-cpu' })).not.toHaveProperty('tb')
  })

  it('leaves what follows a largest element float where the engine would do both at once', () => {
    const nodes = [
      conv('a', 'x', 't'),
      node('ReduceMax', ['t'], 'm', { axes: [2, 3] }),
      node('Relu', ['m'], 'r'),
      conv('b', 'r', 'y'),
    ]
    const { readers, skipped } = place({ nodes, outputs: ['y'] })
    expect(readers).toEqual({ x: ['a 0'] })
    expect(skipped).toEqual(['b: the engine makes wrong integers of largest and smallest elements'])
    expect(place({ nodes, outputs: ['y'] }, { target: 'tensorrt' }).readers).toEqual({ x: ['a 0'], r: ['b 0'] })
    // With a second reader nothing is fused.
    const [first, picking] = nodes
    const direct = [first, picking, node('Sqrt', ['m'], 'z'), conv('b', 'm', 'y')] as NodeSketch[]
    expect(place({ nodes: direct, outputs: ['y', 'z'] }).readers).toEqual({ x: ['a 0'], m: ['b 0'] })
    expect(place({ nodes: [...nodes, node('Sqrt', ['m'], 'z')], outputs: ['y', 'z'] }).readers).toEqual({
      x: ['a 0'],
      r: ['b 0'],
    })
  })

  it('puts one before every convolution, and none behind the last', () => {
    const { readers, placement } = place({
      nodes: [conv('a', 'x', 't'), node('Relu', ['t'], 'r'), conv('b', 'r', 'y')],
      outputs: ['y'],
    })
    expect(readers).toEqual({ x: ['a 0'], r: ['b 0'] })
    expect(placement.weights.map(({ use, axis, pairedAxis }) => [use.node.label, use.index, axis, pairedAxis])).toEqual([
      ['a', 1, 0, 1],
      ['b', 1, 0, 1],
    ])
    expect(placement.activations.map(({ consumers }) => consumers)).toEqual([['a'], ['b']])
  })

  it('serves several readers of a tensor with one', () => {
    const { readers } = place({ nodes: [conv('a', 'x', 'y'), conv('b', 'x', 'z')], outputs: ['y', 'z'] })
    expect(readers).toEqual({ x: ['a 0', 'b 0'] })
  })

  it('leaves readers that stay float on the float tensor', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'u'), node('Sigmoid', ['t'], 's'), node('Mul', ['u', 's'], 'y')]
    expect(place({ nodes, outputs: ['y'] }).readers).toEqual({ x: ['a 0'], t: ['b 0'] })
  })

  it('does not move past a tensor that is an output, or that somebody reads as floats', () => {
    const nodes = [node('MaxPool', ['x'], 'p', { kernel_shape: [2, 2] }), conv('a', 'p', 'y')]
    expect(place({ nodes, outputs: ['y'] }).readers).toEqual({ x: ['p 0'] })
    expect(place({ nodes, outputs: ['y', 'p'] }).readers).toEqual({ p: ['a 0'] })
    const branch = [...nodes, node('Exp', ['p'], 'e')]
    expect(place({ nodes: branch, outputs: ['y', 'e'] }).readers).toEqual({ p: ['a 0'] })
  })

  it.each<[string, NodeSketch]>([
    ['MaxPool', node('MaxPool', ['x'], 'p', { kernel_shape: [2, 2] })],
    ['Transpose', node('Transpose', ['x'], 'p', { perm: [0, 1, 3, 2] })],
    ['Reshape', node('Reshape', ['x', 'shape'], 'p')],
    ['Resize to the nearest', node('Resize', ['x', '', 'scales'], 'p', { mode: 'nearest' })],
  ])('moves before %s', (_, moving) => {
    const constants = { shape: Constant.ints([1, 4, 4, 16]), scales: floats([4], 1, 1, 2, 2) }
    expect(place({ constants, nodes: [moving, conv('a', 'p', 'y')], outputs: ['y'] }).readers).toEqual({ x: ['p 0'] })
  })

  it.each<[string, NodeSketch]>([
    ['Relu', node('Relu', ['x'], 'p')],
    ['AveragePool', node('AveragePool', ['x'], 'p', { kernel_shape: [2, 2] })],
    ['Resize between neighbours', node('Resize', ['x', '', 'scales'], 'p', { mode: 'linear' })],
    ['an operator of another domain', { ...node('MaxPool', ['x'], 'p'), domain: 'com.example' }],
  ])('stays behind %s', (_, computing) => {
    const constants = { scales: floats([4], 1, 1, 2, 2) }
    expect(place({ constants, nodes: [computing, conv('a', 'p', 'y')], outputs: ['y'] }).readers).toEqual({ p: ['a 0'] })
  })

  it('gives all outputs of a Split one range, and none where one of them stays float', () => {
    const split: NodeSketch = { type: 'Split', name: 's', inputs: ['x'], outputs: ['l', 'r'], attributes: { axis: 1 } }
    const halves = { half: noise([4, 2, 1, 1]) }
    const both = [split, conv('a', 'l', 'y', { inputs: ['l', 'half'] }), conv('b', 'r', 'z', { inputs: ['r', 'half'] })]
    expect(place({ constants: halves, nodes: both, outputs: ['y', 'z'] }).readers).toEqual({ x: ['s 0', 's 0'] })
    const one = [split, conv('a', 'l', 'y', { inputs: ['l', 'half'] }), node('Exp', ['r'], 'z')]
    expect(place({ constants: halves, nodes: one, outputs: ['y', 'z'] }).readers).toEqual({ l: ['a 0'] })
  })
})

describe('the operands of a Concat', () => {
  const nodes = [
    node('Relu', ['x'], 'a'),
    node('Sigmoid', ['x'], 'b'),
    node('Concat', ['a', 'b'], 'c', { axis: 1 }),
    conv('k', 'c', 'y', { inputs: ['c', 'w8'] }),
  ]
  const constants = { w8: noise([4, 8, 1, 1]) }

  it('are quantized each, with one range', () => {
    const { readers, groups } = place({ constants, nodes, outputs: ['y'] })
    expect(readers).toEqual({ a: ['c 0'], b: ['c 1'] })
    expect(groups.a).toBe(groups.b)
  })

  it('have ranges of their own where somebody behind takes floats', () => {
    const { readers } = place({ constants, nodes: [...nodes, node('Exp', ['c'], 'e')], outputs: ['y', 'e'] })
    expect(readers).toEqual({ c: ['k 0'] })
  })

  it('share it with what else is moved with them, through a chain', () => {
    const chain = [
      ...nodes.slice(0, 3),
      node('Tanh', ['x'], 'd'),
      node('Concat', ['c', 'd'], 'e', { axis: 1 }),
      conv('k', 'e', 'y', { inputs: ['e', 'w12'] }),
      conv('own', 'x', 'z'),
    ]
    const { readers, groups } = place({ constants: { w12: noise([4, 12, 1, 1]) }, nodes: chain, outputs: ['y', 'z'] })
    expect(readers).toEqual({ x: ['own 0'], a: ['c 0'], b: ['c 1'], d: ['e 1'] })
    expect(new Set([groups.a, groups.b, groups.d]).size).toBe(1)
    expect(groups.x).not.toBe(groups.a)
  })

  it('stay float with one of them constant', () => {
    const mixed = [...nodes.slice(0, 1), node('Concat', ['a', 'k0'], 'c', { axis: 1 }), nodes[3] as NodeSketch]
    const withConstant = { ...constants, k0: noise([1, 4, 8, 8]) }
    expect(place({ constants: withConstant, nodes: mixed, outputs: ['y'] }).readers).toEqual({ c: ['k 0'] })
  })

  it('and everything around them stay float for all engines together', () => {
    const before = [
      conv('in', 'x', 'i'),
      ...nodes.map((each) => ({ ...each, inputs: each.inputs.map((name) => (name === 'x' ? 'i' : name)) })),
    ]
    const behind = [...before, node('MaxPool', ['y'], 'm', { kernel_shape: [2, 2] }), conv('out', 'm', 'z')]
    const { readers, skipped } = place({ constants, nodes: behind, outputs: ['z'] }, { target: 'any' })
    expect(readers).toEqual({ x: ['in 0'], m: ['out 0'] })
    expect(skipped).toEqual(['k: not every engine takes integers around a Concat'])
    // Also where the engine could move the quantizer there itself.
    const moved = [
      ...nodes.slice(0, 3),
      node('MaxPool', ['c'], 'm', { kernel_shape: [2, 2] }),
      conv('k', 'm', 'y', { inputs: ['m', 'w8'] }),
    ]
    expect(place({ constants, nodes: moved, outputs: ['y'] }, { target: 'any' }).readers).toEqual({})
  })
})

describe('sums of branches', () => {
  /** x -> a -> Relu -> { b -> c, itself } -> Add -> Relu -> d */
  const nodes = [
    conv('a', 'x', 't'),
    node('Relu', ['t'], 'r'),
    conv('b', 'r', 'u'),
    node('Add', ['u', 'r'], 'sum'),
    node('Relu', ['sum'], 's'),
    conv('d', 's', 'y'),
  ]
  const withResiduals = (residuals: Target['residuals']): Target => ({ ...targets['openvino-cpu'], residuals })

  it.each<[Target['residuals'], Record<string, string[]>]>([
    ['none', { x: ['a 0'], r: ['b 0'], s: ['d 0'] }],
    ['skip', { x: ['a 0'], r: ['b 0', 'sum 1'], s: ['d 0'] }],
    ['both', { x: ['a 0'], r: ['b 0', 'sum 1'], u: ['sum 0'], s: ['d 0'] }],
  ])('with %s of the operands quantized', (residuals, expected) => {
    expect(place({ nodes, outputs: ['y'] }, { target: withResiduals(residuals) }).readers).toEqual(expected)
  })

  it('take the skip that the later convolution does not write', () => {
    const two = [conv('a', 'x', 'l'), conv('b', 'x', 'r'), node('Add', ['l', 'r'], 's'), conv('d', 's', 'y')]
    expect(place({ nodes: two, outputs: ['y'] }).readers).toEqual({ x: ['a 0', 'b 0'], l: ['s 0'], s: ['d 0'] })
  })

  it.each<[string, NodeSketch[], string[]]>([
    ['whose sum nobody computes on', nodes.slice(0, 4), ['sum']],
    ['whose sum goes through what is float anyway', [...nodes.slice(0, 4), node('Softmax', ['sum'], 'y')], ['y']],
  ])('stay float %s', (_, own, outputs) => {
    expect(
      Object.values(place({ nodes: own, outputs }).readers)
        .flat()
        .some((use) => use.startsWith('sum')),
    ).toBe(false)
  })

  it('stay float where they are broadcast, or a convolution stays float', () => {
    const broadcast = [
      conv('a', 'x', 't'),
      node('GlobalAveragePool', ['t'], 'g'),
      conv('b', 'x', 'u'),
      node('Add', ['u', 'g'], 's'),
      conv('d', 's', 'y'),
    ]
    expect(Object.keys(place({ nodes: broadcast, outputs: ['y'] }).readers)).toEqual(['x', 's'])
    const { readers } = place({ nodes, outputs: ['y'] }, { ignored: ['b'] })
    expect(readers).toEqual({ x: ['a 0'], s: ['d 0'] })
  })
})

describe('products', () => {
  const inputs = { x: [2, 8, 16] }

  it('with constant weights have a scale for each column, or row, of the result', () => {
    const nodes = [node('MatMul', ['x', 'right'], 'a'), node('MatMul', ['left', 'a'], 'y')]
    const sketch = { inputs, constants: { right: noise([16, 4]), left: noise([3, 8]) }, nodes, outputs: ['y'] }
    const target = { ...targets['openvino-cpu'], leftWeights: true }
    const { placement, readers } = place(sketch, { target })
    expect(readers).toEqual({ x: ['a 0'], a: ['y 1'] })
    expect(placement.weights.map(({ use, axis, pairedAxis }) => [use.index, axis, pairedAxis])).toEqual([
      [1, 1, 0],
      [0, 0, 1],
    ])
    const { readers: rightOnly, skipped } = place(sketch)
    expect(rightOnly).toEqual({ x: ['a 0'] })
    expect(skipped).toEqual(['y: its weights are the left operand, for which the target has no INT8 kernel'])
  })

  it('with a batch of weights have one scale for all where the target knows no other', () => {
    const axisOf = (shape: number[], target: TargetName) =>
      place(
        { inputs: { x: [3, 8, 16] }, constants: { b: noise(shape) }, nodes: [node('MatMul', ['x', 'b'], 'y')], outputs: ['y'] },
        { target },
      ).placement.weights[0]?.axis
    expect(axisOf([3, 16, 4], 'openvino-cpu')).toBeNull()
    expect(axisOf([1, 16, 4], 'openvino-cpu')).toBe(2)
    expect(axisOf([3, 16, 4], 'any')).toBeNull()
    expect(axisOf([3, 16, 4], 'tensorrt')).toBe(2)
  })

  it('of activations are quantized where the target has integers for them', () => {
    const two = { x: [2, 8, 16], z: [2, 16, 8] }
    const nodes = [node('MatMul', ['x', 'z'], 'y')]
    expect(place({ inputs: two, nodes, outputs: ['y'] }).readers).toEqual({ x: ['y 0'], z: ['y 1'] })
    const { readers, skipped } = place({ inputs: two, nodes, outputs: ['y'] }, { target: 'tensorrt' })
    expect(readers).toEqual({})
    expect(skipped).toEqual(['y: both operands are activations, which the target multiplies in float'])
  })

  it('by Gemm know which side is transposed', () => {
    const gemm = (transB: number, more = {}) => node('Gemm', ['v', 'w'], 'y', { transB, ...more })
    const at = (transB: number) =>
      place({
        inputs: { v: [2, 16] },
        constants: { w: noise(transB ? [4, 16] : [16, 4]) },
        nodes: [gemm(transB)],
        outputs: ['y'],
      }).placement.weights[0]
    expect(at(0)).toMatchObject({ axis: 1, pairedAxis: 0 })
    expect(at(1)).toMatchObject({ axis: 0, pairedAxis: 1 })
    const odd = place({
      inputs: { v: [2, 16] },
      constants: { w: noise([16, 4]) },
      nodes: [gemm(0, { alpha: { float: 2 } })],
      outputs: ['y'],
    })
    expect(odd.skipped).toEqual(['y: it has a factor alpha'])
  })
})

describe('what stays float is told', () => {
  it.each<[string, NodeSketch, string]>([
    ['computed weights', conv('k', 'x', 'y', { inputs: ['x', 'v'] }), 'its weights are computed'],
    [
      'depthwise',
      conv('k', 'x', 'y', { inputs: ['x', 'dw'], attributes: { group: 4 } }),
      'depthwise convolutions gain nothing from integers on the target',
    ],
    ['constant input', conv('k', 'x', 'y', { inputs: ['c', 'w'] }), 'its input is constant'],
    ['half precision', conv('k', 'x', 'y', { inputs: ['x', 'half'] }), 'its weights are f16, not f32'],
  ])('%s', (_, own, reason) => {
    const constants = {
      dw: noise([4, 1, 1, 1]),
      c: noise([1, 4, 8, 8]),
      half: Constant.of('f16', [4, 4, 1, 1], new Uint16Array(16)),
    }
    const nodes = [node('Relu', ['z'], 'v'), own]
    const { skipped, placement } = place({ inputs: { x: [1, 4, 8, 8], z: [4, 4, 1, 1] }, constants, nodes, outputs: ['y'] })
    expect(skipped).toEqual([`k: ${reason}`])
    expect(placement.activations).toEqual([])
    expect(placement.weights).toEqual([])
  })

  it.each<[TargetName, number, number, boolean]>([
    ['openvino-cpu', 2, 2, false],
    ['openvino-cpu', 3, 3, false],
    ['openvino-cpu', 8, 6, false],
    ['openvino-cpu', 4, 12, true],
    ['openvino-cpu-vnni', 2, 2, true],
    ['any', 6, 6, false],
    ['tensorrt', 3, 3, true],
  ])(
    'convolutions with odd groups on CPUs that may have AVX2 alone: %s, %i to %i channels',
    (target, read, written, isInteger) => {
      const constants = { w: noise([2 * written, read, 1, 1]) }
      const nodes = [conv('k', 'x', 'y', { attributes: { group: 2 } })]
      const { placement, skipped } = place({ inputs: { x: [1, 2 * read, 8, 8] }, constants, nodes, outputs: ['y'] }, { target })
      expect(placement.weights).toHaveLength(isInteger ? 1 : 0)
      expect(skipped).toEqual(isInteger ? [] : [expect.stringMatching(/channels of its groups are no multiples of 4/)])
    },
  )

  it('with the reason of the user', () => {
    const { skipped, readers } = place({ nodes: [conv('a', 'x', 't'), conv('b', 't', 'y')], outputs: ['y'] }, { ignored: ['a'] })
    expect([skipped, readers]).toEqual([['a: ignored'], { t: ['b 0'] }])
  })
})

describe('targets, as data', () => {
  const nodes = [conv('a', 'x', 'y')]
  const scheme = (target: TargetName, isSymmetric = false) =>
    place({ nodes, outputs: ['y'] }, { target, isSymmetric }).placement.activations[0]?.scheme

  it('decide the type of activations', () => {
    expect(scheme('openvino-cpu')).toEqual({ bits: 8, isSymmetric: false, type: 'u8' })
    expect(scheme('openvino-cpu', true)).toEqual({ bits: 8, isSymmetric: true, type: 'u8' })
    for (const target of ['tensorrt', 'any'] as const) expect(scheme(target)).toEqual({ bits: 8, isSymmetric: true, type: 'i8' })
  })

  it('decide whether pairs of weights must be kept small, which an option overrides', () => {
    const paired = (target: Target) => place({ nodes, outputs: ['y'] }, { target }).placement.weights[0]?.pairedAxis
    expect(
      Object.values(targets)
        .filter((target) => paired(target) !== null)
        .map(({ name }) => name),
    ).toEqual(['openvino-cpu', 'onnxruntime', 'any'])
    expect(paired({ ...targets.tensorrt, addsPairsIn16Bits: true })).toBe(1)
  })

  it('never differ by anything but their properties: a copy under another name places alike', () => {
    for (const target of Object.values(targets)) {
      const renamed = { ...target, name: 'openvino-gpu' as const }
      expect(place({ nodes, outputs: ['y'] }, { target: renamed }).readers).toEqual(
        place({ nodes, outputs: ['y'] }, { target }).readers,
      )
    }
  })

  it('have weights with one scale where that is asked for', () => {
    expect(place({ nodes, outputs: ['y'] }, { perChannel: false }).placement.weights[0]?.axis).toBe(null)
  })
})
