import type { GraphNode } from '../graph/graph-node.js'
import type { GraphTensor } from '../graph/graph-tensor.js'

const neverNegative = ['Relu', 'Sigmoid', 'Softmax', 'HardSigmoid', 'Sqrt', 'Exp', 'Abs', 'Softplus', 'ReduceL2']

/** Operators whose outputs hold elements, or averages, of their first input. */
const ofFirstInput = [
  'MaxPool',
  'AveragePool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Expand',
  'Identity',
  'DepthToSpace',
  'SpaceToDepth',
  'ReduceMean',
  'ReduceMax',
]

const ofAllInputs = ['Concat', 'Add', 'Mul', 'Max']

/** True where the operators before a tensor leave nothing below zero, whatever the data: no minimum need be measured. */
export function isNeverNegative(tensor: GraphTensor, known = new Map<GraphTensor, boolean>()): boolean {
  // A stack of our own: chains of operators may be longer than the call stack allows.
  const waiting = [tensor]
  while (waiting.length > 0) {
    const current = waiting[waiting.length - 1] as GraphTensor
    const sources = known.has(current) ? [] : sourcesOfSign(current)
    const next = Array.isArray(sources) ? sources.find((source) => !known.has(source)) : undefined
    if (next !== undefined) {
      waiting.push(next)
      continue
    }
    waiting.pop()
    if (!known.has(current)) {
      known.set(current, Array.isArray(sources) ? sources.every((source) => known.get(source) === true) : sources)
    }
  }
  return known.get(tensor) === true
}

/** True or false where the producer alone tells, else the tensors that all must be free of negative elements. */
function sourcesOfSign({ producer, constant }: GraphTensor): boolean | GraphTensor[] {
  if (constant !== null) return constant.numbers()?.every((value) => value >= 0) ?? false
  if (producer === null) return false
  if (producer.is(...neverNegative)) return true
  if (producer.is('Clip')) return (producer.inputs[1]?.constant?.numbers()?.[0] ?? -1) >= 0
  if (producer.is(...ofFirstInput)) return presentInputs(producer).slice(0, 1)
  return producer.is(...ofAllInputs) ? presentInputs(producer) : false
}

function presentInputs(node: GraphNode): GraphTensor[] {
  return node.inputs.filter((input) => input !== null)
}
