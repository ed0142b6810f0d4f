import { nameOnnxType } from '../../model/onnx-types.js'
import { countElements } from '../../tensor/shape.js'
import { Constant } from '../constant.js'
import { constantOfNode } from '../constant-of-node.js'
import type { GraphNode } from '../graph-node.js'
import type { TensorFacts } from '../shapes/rule.js'
import {
  castConstant,
  chooseElements,
  computeBinary,
  computeReduction,
  computeUnary,
  countUp,
  storeNumbers,
} from './compute-elements.js'
import {
  concatConstants,
  expandConstant,
  fillConstant,
  gatherConstant,
  isMovable,
  reshapeConstant,
  sliceConstant,
  splitConstant,
  tileConstant,
  transposeConstant,
} from './move-elements.js'

/** What a node reads, and what inference says that it writes. */
export interface Evaluation {
  readonly node: GraphNode
  readonly opset: number
  readonly inputs: readonly (Constant | null)[]
  readonly outputs: readonly TensorFacts[]
  /** A result with more elements, and more than the node reads, is left to the engine. */
  readonly mostElements: number
}

/**
 * What a node makes of constants, one per output; null where that is not known, or too large.
 */
export function evaluateNode(evaluation: Evaluation): Constant[] | null {
  const { node, inputs } = evaluation
  const evaluate = node.domain === '' && Object.hasOwn(evaluators, node.type) ? evaluators[node.type] : undefined
  if (evaluate === undefined || inputs.some((input) => input !== null && !isMovable(input))) return null
  if (!fits(evaluation)) return null
  const result = evaluate(evaluation)
  if (result === null) return null
  return Array.isArray(result) ? result : [result as Constant]
}

// Asked before anything is made: a shape of 2^40 elements must not be tried.
function fits({ node, inputs, outputs, mostElements }: Evaluation): boolean {
  if (node.type === 'Constant' || node.type === 'Range') return true
  const read = inputs.reduce((sum, input) => sum + (input?.elements ?? 0), 0)
  const written = outputs.map(({ shape }) =>
    shape?.every((length) => typeof length === 'number') ? countElements(shape as number[]) : null,
  )
  return written.every((count) => count !== null && count <= Math.max(read, mostElements))
}

type Evaluator = (evaluation: Evaluation) => Constant | readonly Constant[] | null

/** For operators whose first input has to be there. */
function first(evaluate: (input: Constant, evaluation: Evaluation) => Constant | readonly Constant[] | null): Evaluator {
  return (evaluation) => {
    const input = evaluation.inputs[0] ?? null
    return input === null ? null : evaluate(input, evaluation)
  }
}

const toStatedShape = first((input, { outputs }) => {
  const shape = outputs[0]?.shape
  return shape?.every((length) => typeof length === 'number') ? reshapeConstant(input, shape as number[]) : null
})

const unary = first((input, { node }) => computeUnary(node.type, input))

const binary: Evaluator = ({ node, inputs: [left, right, more] }) =>
  left && right && !more ? computeBinary(node.type, left, right) : null

const reduction = first((input, { node, inputs }) => {
  const axes = node.ints('axes') ?? readInts(inputs[1] ?? null)
  if (axes === null && node.int('noop_with_empty_axes', 0) === 1) return input
  return computeReduction(node.type, input, axes !== null && axes.length === 0 ? null : axes, node.int('keepdims', 1) === 1)
})

function list(names: readonly string[], evaluate: Evaluator): Record<string, Evaluator> {
  return Object.fromEntries(names.map((name) => [name, evaluate]))
}

const evaluators: Readonly<Record<string, Evaluator>> = {
  Constant: ({ node }) => constantOfNode(node),
  Identity: first((input) => input),
  ...list(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'], toStatedShape),
  ...list(['Abs', 'Ceil', 'Cos', 'Exp', 'Floor', 'Log', 'Neg', 'Not', 'Reciprocal', 'Sign', 'Sin', 'Sqrt'], unary),
  ...list(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min'], binary),
  ...list(['And', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Or'], binary),
  ...list(['ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceSum'], reduction),
  Cast: first((input, { node }) => castConstant(input, nameOnnxType(node.int('to', 0)))),
  Concat: ({ node, inputs }) =>
    inputs.length > 0 && inputs.every((input) => input !== null)
      ? concatConstants(inputs as Constant[], node.int('axis', 0))
      : null,
  ConstantOfShape: first((input, { node }) => {
    const shape = readInts(input)
    const tensor = node.attributes.get('value')?.tensor
    const element = tensor ? Constant.fromMessage(tensor) : Constant.of('f32', [1], new Float32Array(1))
    return shape !== null && element.elements === 1 && isMovable(element) ? fillConstant(element, shape) : null
  }),
  Expand: first((input, { outputs }) => expandConstant(input, (outputs[0]?.shape ?? []) as number[])),
  Gather: first((input, { node, inputs }) => (inputs[1] ? gatherConstant(input, inputs[1], node.int('axis', 0)) : null)),
  Range: ({ inputs: [start, limit, step], mostElements }) =>
    start && limit && step ? countUp(start, limit, step, mostElements) : null,
  Shape: first((input, { node }) => Constant.ints(input.shape.slice(node.int('start', 0), node.int('end') ?? undefined))),
  Size: first((input) => storeNumbers('i64', [], [input.elements])),
  Slice: first((input, { node, inputs, opset }) => {
    const isInput = opset >= 10
    const starts = isInput ? readInts(inputs[1] ?? null) : node.ints('starts')
    const ends = isInput ? readInts(inputs[2] ?? null) : node.ints('ends')
    if (starts === null || ends === null) return null
    const axes = (isInput ? readInts(inputs[3] ?? null) : node.ints('axes')) ?? starts.map((_, axis) => axis)
    const steps = (isInput ? readInts(inputs[4] ?? null) : null) ?? starts.map(() => 1)
    return sliceConstant(input, { starts, ends, axes, steps })
  }),
  Split: first((input, { node, outputs }) => {
    const axis = node.int('axis', 0)
    const at = axis < 0 ? axis + input.shape.length : axis
    return splitConstant(
      input,
      axis,
      outputs.map(({ shape }) => (shape?.[at] ?? -1) as number),
    )
  }),
  Tile: first((input, { inputs }) => {
    const repeats = readInts(inputs[1] ?? null)
    return repeats && tileConstant(input, repeats)
  }),
  Transpose: first((input, { node }) => {
    const { length } = input.shape
    return transposeConstant(input, node.ints('perm') ?? input.shape.map((_, axis) => length - 1 - axis))
  }),
  Where: ({ inputs: [condition, yes, no] }) => (condition && yes && no ? chooseElements(condition, yes, no) : null),
}

function readInts(constant: Constant | null): readonly number[] | null {
  const numbers = constant?.numbers() ?? null
  return numbers && Array.from(numbers)
}
