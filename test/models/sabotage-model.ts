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
  /** One channel between two layers is a thousand times as large, and read a thousand times as small. */
  'outlier channel': (graph) => {
    for (const pair of findPairs(graph)) scaleChannel(graph, pair, 0, 1000)
    for (const second of findFeedForward(graph)) scaleToken(graph, second, 0, 1000)
  },
  /** A branch beside the model that is silent on every sample; its sum with the model is the model. */
  'dead range': (graph) => {
    const [{ first, passed, second }] = findPairs(graph) as [LayerPair]
    const filters = weightsOf(first).shape[0] as number
    const bias = graph.addConstant('silence', Constant.of('f32', [filters], new Float32Array(filters).fill(-1e4)))
    const repeat = ({ type, attributes, inputs: [, weights] }: GraphNode, input: GraphTensor, ...more: GraphTensor[]) =>
      graph.addOperator(
        { type, attributes: [...attributes.values()], inputs: [input, ...(weights ? [weights] : []), ...more] },
        'nothing',
      )
    const low = repeat(first, first.inputs[0] as GraphTensor, bias)
    let silent = graph.addOperator({ type: 'Relu', inputs: [low] }, 'silent')
    for (const node of passed) silent = repeat(node, silent)
    const nothing = repeat(second, silent)
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
        { type: 'Concat', inputs: [logits, large], attributes: [attribute.int('axis', -1)] },
        'joined',
      )
      const select = new Float32Array(2 * classes * classes)
      for (let row = 0; row < classes; row++) select[row * classes + row] = 1
      const weights = graph.addConstant('select', Constant.of('f32', [2 * classes, classes], select))
      return graph.addOperator({ type: 'MatMul', inputs: [joined, weights] }, 'selected')
    }),
  /** Logits share an offset that is far larger than they differ by, go through a last product, and lose it again. */
  'huge logits': (graph) =>
    replaceLogits(graph, (logits, classes) => {
      const huge = graph.addOperator({ type: 'Add', inputs: [logits, scalar(graph, 'offset', 5000)] }, 'huge')
      const identity = Float32Array.from({ length: classes * classes }, (_, at) => (at % (classes + 1) === 0 ? 1 : 0))
      const weights = graph.addConstant('identity', Constant.of('f32', [classes, classes], identity))
      const passed = graph.addOperator({ type: 'MatMul', inputs: [huge, weights] }, 'passed')
      return graph.addOperator({ type: 'Sub', inputs: [passed, scalar(graph, 'same_offset', 5000)] }, 'small')
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

/** A convolution, and the next one whose inputs are its outputs, channel by channel. */
interface LayerPair {
  readonly first: GraphNode
  /** Everything on the way but products of activations. */
  readonly passed: readonly GraphNode[]
  /** Behind the last product of activations: scaling what it reads scales what it writes. */
  readonly between: readonly GraphNode[]
  /** What the last product of activations writes (SiLU); null where there is none. */
  readonly product: GraphTensor | null
  readonly second: GraphNode
}

const isPlain = (node: GraphNode) => node.is('Conv') && node.int('group', 1) === 1

const isDepthwise = (node: GraphNode) =>
  node.is('Conv') && node.int('group', 1) > 1 && node.inputs[1]?.constant?.shape[0] === node.int('group', 1)

/** From one convolution to the next, past activations, pooling and depthwise convolutions. */
function findPairs(graph: Graph): LayerPair[] {
  return sortNodes(graph).flatMap((first): LayerPair[] => {
    if (!isPlain(first)) return []
    let [tensor, product] = [first.outputs[0] as GraphTensor, null as GraphTensor | null]
    const passed: GraphNode[] = []
    let between: GraphNode[] = []
    for (;;) {
      const [one, other, ...more] = tensor.consumers
      if (one === undefined || more.length > 0) return []
      const gate = [one, other].find((node) => node?.is('Sigmoid'))
      if (other !== undefined) {
        const gated = [one, other].find((node) => node?.is('Mul'))
        if (gate === undefined || gated === undefined || gate.outputs[0]?.soleConsumer !== gated) return []
        tensor = gated.outputs[0] as GraphTensor
        product = tensor
        between = []
      } else if (isPlain(one)) return [{ first, passed, between, product, second: one }]
      else if (one.is('Relu', 'LeakyRelu', 'MaxPool') || isDepthwise(one)) {
        passed.push(one)
        between.push(one)
        tensor = one.outputs[0] as GraphTensor
      } else return []
    }
  })
}

/** Second products of feed-forward layers: they alone read what a product of activations (GELU, SiLU) writes. */
function findFeedForward(graph: Graph): GraphNode[] {
  return sortNodes(graph).filter((node) => {
    const [input, weights] = node.inputs
    return node.is('MatMul') && weights?.constant?.shape.length === 2 && input?.uses.length === 1 && input.producer?.is('Mul')
  })
}

function weightsOf(node: GraphNode): Constant {
  return (node.inputs[1] as GraphTensor).constant as Constant
}

function scaleChannel(graph: Graph, { first, between, product, second }: LayerPair, channel: number, factor: number): void {
  const isOwn = (at: number) => at === channel
  if (product === null) {
    const perFilter = weightsOf(first).elements / (weightsOf(first).shape[0] as number)
    scaleElements(graph, first, 1, (at) => isOwn(Math.floor(at / perFilter)), factor)
    if (first.inputs[2]) scaleElements(graph, first, 2, isOwn, factor)
  } else multiplyChannel(graph, product, [weightsOf(first).shape[0] as number, 1, 1], channel, factor)
  for (const node of between) if (node.is('Conv') && node.inputs[2]) scaleElements(graph, node, 2, isOwn, factor)
  const shape = weightsOf(second).shape
  const kernel = shape.slice(2).reduce((elements, length) => elements * length, 1)
  scaleElements(graph, second, 1, (at) => isOwn(Math.floor(at / kernel) % (shape[1] as number)), 1 / factor)
}

function scaleToken(graph: Graph, second: GraphNode, channel: number, factor: number): void {
  const [rows, columns] = weightsOf(second).shape as [number, number]
  multiplyChannel(graph, second.inputs[0] as GraphTensor, [rows], channel, factor)
  scaleElements(graph, second, 1, (at) => Math.floor(at / columns) === channel, 1 / factor)
}

function multiplyChannel(graph: Graph, tensor: GraphTensor, shape: number[], channel: number, factor: number): void {
  const factors = Float32Array.from({ length: shape[0] as number }, (_, at) => (at === channel ? factor : 1))
  const moreInputs = [graph.addConstant(`${tensor.name}_factors`, Constant.of('f32', shape, factors))]
  graph.insertAfter(tensor, { type: 'Mul', moreInputs })
}

function scaleElements(graph: Graph, node: GraphNode, index: number, isScaled: (at: number) => boolean, by: number): void {
  const tensor = node.inputs[index] as GraphTensor
  const constant = tensor.constant as Constant
  const values = (constant.values() as Float32Array).map((value, at) => (isScaled(at) ? value * by : value))
  graph.setInput(node, index, graph.addConstant(`${tensor.name}_scaled`, Constant.of('f32', constant.shape, values)))
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
