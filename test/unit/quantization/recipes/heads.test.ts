import { describe, expect, it } from 'vitest'
import { floats } from '../../graph/make-graph.js'
import { findNames, GraphWriter } from './sketch-graph.js'

const bins = Array.from({ length: 16 }, (_, bin) => bin)
const places = 20

/** The head of YOLOv8 and its followers: distributions of distances to the four sides, expected by a convolution. */
function yoloHead(writer: GraphWriter, expect: (probabilities: string) => string): string {
  const logits = writer.op('Reshape', [writer.conv('x', 8, 64, 'distances'), writer.ints(1, 4, 16, places)])
  const distances = expect(
    writer.op('Softmax', [writer.op('Transpose', [logits], { perm: [0, 2, 1, 3] })], { axis: 1 }, { name: 'softmax' }),
  )
  const [low, high] = writer.ops('Split', [writer.op('Reshape', [distances, writer.ints(1, 4, places)]), writer.ints(2, 2)], 2, {
    axis: 1,
  }) as [string, string]
  const grid = writer.weights(1, 2, places)
  const corners = writer.op('Concat', [writer.op('Sub', [grid, low], {}, { name: 'corner' }), writer.op('Add', [grid, high])], {
    axis: 1,
  })
  const scores = writer.op('Sigmoid', [writer.op('Reshape', [writer.conv('x', 8, 10, 'classes'), writer.ints(1, 10, places)])])
  return writer.op('Concat', [writer.op('Mul', [corners, writer.weights(1, 1, places)]), scores], { axis: 1 })
}

describe('the recipe box-distribution', () => {
  it('leaves the expectation float that a convolution with the numbers of the bins computes, and notes the layers before', () => {
    const writer = new GraphWriter({ x: [1, 8, 4, 5] })
    const head = yoloHead(writer, (softmax) =>
      writer.op('Conv', [softmax, writer.constant(floats([1, 16, 1, 1], ...bins))], {}, { name: 'dfl' }),
    )
    expect(findNames(writer.graph([head]), 'box-distribution')).toEqual({ float: ['softmax', 'dfl'], note: ['distances'] })
  })

  it.each([
    [[16], 'a vector'],
    [[16, 1], 'a column'],
  ])('knows the form with MatMul and %j, %s', (shape) => {
    const writer = new GraphWriter({ x: [1, places, 8] })
    const logits = writer.op('Reshape', [writer.linear('x', 8, 64, 'distances'), writer.ints(0, -1, 4, 16)])
    const softmax = writer.op('Softmax', [logits], { axis: -1 }, { name: 'softmax' })
    // Bins need not be equally wide.
    const edges = bins.map((bin) => (bin - 8) ** 3)
    const expected = writer.op('MatMul', [softmax, writer.constant(floats(shape, ...edges))], {}, { name: 'expected' })
    expect(findNames(writer.graph([expected]), 'box-distribution')).toEqual({ float: ['softmax', 'expected'], note: [] })
  })

  it('does not take any layer behind a Softmax for an expectation', () => {
    for (const constant of [floats([1, 16, 1, 1], ...bins.map((bin) => Math.sin(bin))), floats([2, 8, 1, 1], ...bins)]) {
      const writer = new GraphWriter({ x: [1, constant.shape[1] as number, 4, 5] })
      const output = writer.op('Conv', [writer.op('Softmax', ['x'], { axis: 1 }), writer.constant(constant)])
      expect(findNames(writer.graph([output]), 'box-distribution').float).toEqual([])
    }
    const writer = new GraphWriter({ x: [1, 16, 4, 5] })
    const output = writer.op('Conv', [writer.op('Relu', ['x']), writer.constant(floats([1, 16, 1, 1], ...bins))])
    expect(findNames(writer.graph([output]), 'box-distribution').float).toEqual([])
  })
})

describe('the recipe box-regression', () => {
  const regress = (make: (writer: GraphWriter, layer: (outputs: number) => string) => string) => {
    const writer = new GraphWriter({ x: [1, places, 8], r: [1, places, 4] })
    const output = make(writer, (outputs) => writer.linear(writer.op('Relu', [writer.linear('x', 8, 8)]), 8, outputs, 'last'))
    return findNames(writer.graph([output]), 'box-regression')
  }
  const neither = { float: [], note: [] }

  it('leaves the last layer float whose outputs are added to points before a Sigmoid, and notes it where these are anchors', () => {
    expect(regress((writer, layer) => writer.op('Sigmoid', [writer.op('Add', ['r', layer(4)])]))).toEqual({
      float: ['last'],
      note: [],
    })
    expect(
      regress((writer, layer) => writer.op('Sigmoid', [writer.op('Add', [layer(4), writer.weights(1, places, 4)])])),
    ).toEqual({ float: [], note: ['last'] })
  })

  it('leaves the last layer float of which Exp makes lengths', () => {
    expect(regress((writer, layer) => writer.op('Mul', [writer.op('Exp', [layer(2)]), writer.weights(1, places, 1)]))).toEqual({
      float: ['last'],
      note: [],
    })
  })

  it('leaves scores of four classes, and a Softmax that is spelled out, as they are', () => {
    expect(regress((writer, layer) => writer.op('Sigmoid', [layer(4)]))).toEqual(neither)
    const softmax = (writer: GraphWriter, layer: (outputs: number) => string) => {
      const powers = writer.op('Exp', [layer(4)])
      return writer.op('Div', [powers, writer.op('ReduceSum', [powers, writer.ints(-1)])])
    }
    expect(regress(softmax)).toEqual(neither)
  })
})

describe('the recipe post-processing', () => {
  it('leaves a matrix float that turns centres and sizes into corners, and what selects boxes', () => {
    const writer = new GraphWriter({ x: [1, places, 8] })
    const boxes = writer.op('MatMul', [writer.linear('x', 8, 4, 'last'), writer.weights(4, 4)], {}, { name: 'corners' })
    const scores = writer.op('Transpose', [writer.linear('x', 8, 6)], { perm: [0, 2, 1] })
    const chosen = writer.op('NonMaxSuppression', [boxes, scores, writer.ints(10)], {}, { name: 'nms' })
    const kept = writer.op('Gather', [boxes, writer.op('Squeeze', [chosen])], { axis: 1 })
    expect(findNames(writer.graph([kept]), 'post-processing').float).toEqual(['corners', 'nms'])
  })

  it('leaves masks float that are mixed for chosen boxes alone', () => {
    const writer = new GraphWriter({ x: [1, places, 8], protos: [1, 32, 64] })
    const coefficients = writer.linear('x', 8, 32, 'coefficients')
    const [, best = ''] = writer.ops(
      'TopK',
      [writer.op('Squeeze', [writer.linear('x', 8, 1)]), writer.ints(3)],
      2,
      {},
      { name: 'topk' },
    )
    const masks = writer.op('MatMul', [writer.op('Gather', [coefficients, best], { axis: 1 }), 'protos'], {}, { name: 'masks' })
    expect(findNames(writer.graph([masks]), 'post-processing').float).toEqual(['topk', 'masks'])
  })

  it('knows box arithmetic on a grid, behind the layers', () => {
    const writer = new GraphWriter({ x: [1, 8, 4, 5] })
    const graph = writer.graph([yoloHead(writer, (softmax) => writer.op('ReduceSum', [softmax, writer.ints(1)]))])
    expect(findNames(graph, 'post-processing').float).toContain('corner')
  })

  it('does not take the mask of attention weights that leave the network for a grid', () => {
    const writer = new GraphWriter({ q: [1, 4, 9, 8], k: [1, 4, 8, 9] })
    const scores = writer.op('MatMul', [writer.linear('q', 8, 8), 'k'])
    const masked = writer.op('Add', [writer.op('Mul', [scores, writer.number(0.3)]), writer.weights(1, 1, 9, 9)])
    expect(findNames(writer.graph([masked]), 'post-processing').float).toEqual([])
  })

  it('leaves a second stage as it is, whose layers work on chosen boxes, and small layers that begin a network', () => {
    const writer = new GraphWriter({ x: [1, places, 8], f: [1, 8, 16, 16] })
    const [, best = ''] = writer.ops('TopK', [writer.op('Squeeze', [writer.linear('x', 8, 1)]), writer.ints(3)], 2)
    const rois = writer.op('Squeeze', [writer.op('Gather', [writer.linear('x', 8, 4), best], { axis: 1 }), writer.ints(0)])
    const crops = writer.op('RoiAlign', ['f', rois, writer.ints(0, 0, 0)])
    expect(findNames(writer.graph([writer.conv(crops, 8, 8)]), 'post-processing').float).toEqual([])
    const iris = new GraphWriter({ x: [1, 4] })
    expect(findNames(iris.graph([iris.linear('x', 4, 3)]), 'post-processing').float).toEqual([])
  })
})
