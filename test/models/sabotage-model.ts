import { attribute } from '../../lib/graph/attributes.js'
import { Constant } from '../../lib/graph/constant.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../lib/graph/graph-node.js'
import type { GraphTensor } from '../../lib/graph/graph-tensor.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import { sortNodes } from '../../lib/graph/sort-nodes.js'

/** Ways to make a model that computes what it did in float, and is hard or impossible to quantize as it stands. */
export const sabotages = {
  /** One channel between two convolutions is a thousand times as large, and read a thousand times as small. */
  'outlier channel': (graph) => {
    for (const [first, second] of findPairs(graph)) scaleChannel(graph, first, second, 0, 1000)
  },
  /** A branch beside the model that is silent on every sample; its sum with the model is the model. */
  'dead range': (graph) => {
    const [[first, second]] = findPairs(graph) as [[GraphNode, GraphNode]]
    const weights = first.inputs[1]?.constant as Constant
    const filters = weights.shape[0] as number
    const bias = graph.addConstant('silence', Constant.of('f32', [filters], new Float32Array(filters).fill(-1e4)))
    const attributes = [...first.attributes.values()]
    const low = graph.addOperator(
      { type: 'Conv', attributes, inputs: [first.inputs[0] as GraphTensor, first.inputs[1] as GraphTensor, bias] },
      'low',
    )
    const silent = graph.addOperator({ type: 'Relu', inputs: [low] }, 'silent')
    const more = [...second.attributes.values()]
    const nothing = graph.addOperator(
      { type: 'Conv', attributes: more, inputs: [silent, second.inputs[1] as GraphTensor] },
      'nothing',
    )
    const output = second.outputs[0] as GraphTensor
    const readers = output.uses
    const sum = graph.addOperator({ type: 'Add', inputs: [output, nothing] }, 'with_nothing')
    for (const { node, index } of readers) graph.setInput(node, index, sum)
  },
  /** Logits go through a last product together with numbers a thousand times as large, which it drops. */
  'unfusable head': (graph) =>
    replaceLogits(graph, (logits, classes) => {
      const large = graph.addOperator({ type: 'Mul', inputs: [logits, scalar(graph, 'thousand', 1000)] }, 'large')
      const joined = graph.addOperator(
        { type: 'Concat', inputs: [logits, large], attributes: [attribute.int('axis', 1)] },
        'joined',
      )
      const select = new Float32Array(2 * classes * classes)
      for (let row = 0; row < classes; row++) select[row * classes + row] = 1
      const weights = graph.addConstant('select', Constant.of('f32', [2 * classes, classes], select))
      return graph.addOperator({ type: 'MatMul', inputs: [joined, weights] }, 'selected')
    }),
  /** Logits share an offset that is far larger than they differ by, and go through a last product. */
  'huge logits': (graph) =>
    replaceLogits(graph, (logits, classes) => {
      const huge = graph.addOperator({ type: 'Add', inputs: [logits, scalar(graph, 'offset', 5000)] }, 'huge')
      const identity = Float32Array.from({ length: classes * classes }, (_, at) => (at % (classes + 1) === 0 ? 1 : 0))
      const weights = graph.addConstant('identity', Constant.of('f32', [classes, classes], identity))
      return graph.addOperator({ type: 'MatMul', inputs: [huge, weights] }, 'passed')
    }),
} as const satisfies Record<string, (graph: Graph) => void>

export type Sabotage = keyof typeof sabotages

/** The bytes of a model file with one of these done to it. */
export async function sabotageModel(path: string, sabotage: Sabotage): Promise<Uint8Array> {
  const { graph } = foldGraph(raiseOpset(await readGraph(path), path).graph)
  sabotages[sabotage](graph)
  return encodeGraph(graph)
}

function scalar(graph: Graph, name: string, value: number): GraphTensor {
  return graph.addConstant(name, Constant.of('f32', [], Float32Array.of(value)))
}

/** Convolutions, each with the one that alone reads it, past a Relu. */
function findPairs(graph: Graph): [GraphNode, GraphNode][] {
  return sortNodes(graph).flatMap((first): [GraphNode, GraphNode][] => {
    if (!first.is('Conv') || first.int('group', 1) !== 1) return []
    const relu = first.outputs[0]?.soleConsumer
    const second = relu?.is('Relu') ? relu.outputs[0]?.soleConsumer : null
    return second?.is('Conv') && second.int('group', 1) === 1 ? [[first, second]] : []
  })
}

function weightsOf(node: GraphNode): Constant {
  return (node.inputs[1] as GraphTensor).constant as Constant
}

function scaleChannel(graph: Graph, first: GraphNode, second: GraphNode, channel: number, factor: number): void {
  const scale = (node: GraphNode, index: number, isScaled: (at: number) => boolean, by: number) => {
    const tensor = node.inputs[index] as GraphTensor
    const constant = tensor.constant as Constant
    const values = (constant.values() as Float32Array).map((value, at) => (isScaled(at) ? value * by : value))
    graph.setInput(node, index, graph.addConstant(`${tensor.name}_scaled`, Constant.of('f32', constant.shape, values)))
  }
  const perFilter = weightsOf(first).elements / (weightsOf(first).shape[0] as number)
  scale(first, 1, (at) => Math.floor(at / perFilter) === channel, factor)
  if (first.inputs[2]) scale(first, 2, (at) => at === channel, factor)
  const shape = weightsOf(second).shape
  const kernel = shape.slice(2).reduce((product, length) => product * length, 1)
  scale(second, 1, (at) => Math.floor(at / kernel) % (shape[1] as number) === channel, 1 / factor)
}

function replaceLogits(graph: Graph, make: (logits: GraphTensor, classes: number) => GraphTensor): void {
  const [output] = graph.outputs as [GraphTensor]
  const { name } = output
  const classes = output.shape?.at(-1) as number
  graph.removeOutput(output)
  graph.renameTensor(output, 'plain_logits')
  const made = make(output, classes)
  graph.renameTensor(made, name)
  made.elementType = 'f32'
  made.shape = output.shape
  graph.addOutput(made)
}
