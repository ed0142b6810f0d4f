import { type AttributeValue, attribute } from '../../../lib/graph/attributes.js'
import { Constant } from '../../../lib/graph/constant.js'
import { Graph } from '../../../lib/graph/graph.js'
import type { GraphTensor, Shape } from '../../../lib/graph/graph-tensor.js'
import { SeededRandom } from '../../fuzz/seeded-random.js'

export interface NodeSketch {
  type: string
  domain?: string
  name?: string
  /** Names; empty for what is left out. */
  inputs: string[]
  outputs: string[]
  attributes?: Record<string, number | number[] | string | { float: number } | AttributeValue>
}

export interface GraphSketch {
  opset?: number
  /** Float32 unless said. */
  inputs: Record<string, Shape | { type: string; shape: Shape }>
  constants?: Record<string, Constant>
  nodes: NodeSketch[]
  outputs: string[]
}

/** A graph from names. */
export function makeGraph({ opset = 13, inputs, constants = {}, nodes, outputs }: GraphSketch): Graph {
  const graph = new Graph(new Map([['', opset]]))
  for (const [name, input] of Object.entries(inputs)) {
    const { type, shape } = 'shape' in input ? input : { type: 'f32', shape: input }
    graph.addInput(graph.addTensor(name, { elementType: type, shape }))
  }
  for (const [name, constant] of Object.entries(constants)) graph.addConstant(name, constant)
  const find = (name: string): GraphTensor | null => (name === '' ? null : (graph.tensors.get(name) ?? graph.addTensor(name)))
  for (const { attributes = {}, ...node } of nodes) {
    const values = Object.entries(attributes).map(([name, value]) => makeAttribute(name, value))
    graph.addNode({ ...node, attributes: values, inputs: node.inputs.map(find), outputs: node.outputs.map(find) })
  }
  for (const name of outputs) {
    const tensor = find(name) as GraphTensor
    tensor.elementType ??= 'f32'
    graph.addOutput(tensor)
  }
  return graph
}

function makeAttribute(name: string, value: NonNullable<NodeSketch['attributes']>[string]): AttributeValue {
  if (typeof value === 'number') return attribute.int(name, value)
  if (typeof value === 'string') return attribute.string(name, value)
  if (Array.isArray(value)) return attribute.ints(name, value)
  return 'ints' in value ? { ...value, name } : attribute.float(name, value.float)
}

/** Numbers between -1 and 1, the same every time. */
export function noise(shape: number[], seed = 'weights', low = -1, high = 1): Constant {
  const random = new SeededRandom(seed)
  const count = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from({ length: count }, () => low + ((high - low) * random.bits()) / 2 ** 32)
  return Constant.of('f32', shape, values)
}

export function floats(shape: number[], ...values: number[]): Constant {
  return Constant.of('f32', shape, Float32Array.from(values))
}

/** Operators in topological order. */
export function listOperators(graph: Graph): string[] {
  return [...graph.nodes].map((node) => node.operator)
}
