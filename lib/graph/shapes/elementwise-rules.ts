import { nameOnnxType } from '../../model/onnx-types.js'
import type { Dimension } from '../graph-tensor.js'
import { broadcastShapes, type ShapeRule, type ShapeRules, type TensorFacts } from './rule.js'

const likeFirst: ShapeRule = (rule) => [rule.input(0)]
const likeFirstWithoutValue: ShapeRule = ({ input }) => [{ ...input(0), value: null }]

const sameAsInput = [
  ...['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BatchNormalization', 'BitwiseNot', 'Celu', 'Clip', 'Cos'],
  ...['Cosh', 'CumSum', 'Elu', 'Erf', 'Exp', 'Gelu', 'GroupNormalization', 'HardSigmoid', 'HardSwish', 'Hardmax', 'LRN'],
  ...['InstanceNormalization', 'LeakyRelu', 'Log', 'LogSoftmax', 'LpNormalization', 'MeanVarianceNormalization', 'Mish', 'Neg'],
  ...['Not', 'PRelu', 'Reciprocal', 'Relu', 'ReverseSequence', 'Round', 'Scatter', 'ScatterElements', 'ScatterND', 'Selu'],
  ...['RMSNormalization', 'RotaryEmbedding', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softmax', 'Softplus', 'Softsign'],
  ...['Sqrt', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu', 'Ceil', 'Floor'],
]

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Max: Math.max,
  Min: Math.min,
}

const broadcast: ShapeRule = (rule) => {
  const operands = rule.node.inputs.map((_, index) => rule.input(index))
  return [
    {
      elementType: operands.find(({ elementType }) => elementType !== null)?.elementType ?? null,
      shape: broadcastShapes(operands.map(({ shape }) => shape)),
      value: computeValue(rule.node.type, operands),
    },
  ]
}

/** Arithmetic on lengths. Symbols pass through what does not change them. */
function computeValue(type: string, operands: readonly TensorFacts[]): readonly Dimension[] | null {
  const compute = arithmetic[type]
  const [a, b] = operands
  if (compute === undefined || operands.length !== 2 || !a?.value || !b?.value) return null
  const [left, right] = [a.value, b.value]
  const length = Math.max(left.length, right.length)
  if ((left.length !== length && left.length !== 1) || (right.length !== length && right.length !== 1)) return null
  return Array.from({ length }, (_, index) => {
    const x = left[left.length === 1 ? 0 : index] as Dimension
    const y = right[right.length === 1 ? 0 : index] as Dimension
    if (typeof x === 'number' && typeof y === 'number') {
      const result = compute(x, y)
      return Number.isSafeInteger(result) ? result : null
    }
    if ((type === 'Mul' || type === 'Div') && y === 1) return x
    if (type === 'Mul' && x === 1) return y
    if ((type === 'Add' || type === 'Sub') && y === 0) return x
    if (type === 'Add' && x === 0) return y
    return null
  })
}

const compare: ShapeRule = (rule) => {
  const operands = rule.node.inputs.map((_, index) => rule.input(index))
  const value = rule.node.type === 'Equal' ? equalValue(operands) : null
  return [{ elementType: 'bool', shape: broadcastShapes(operands.map(({ shape }) => shape)), value }]
}

/** Code that expands tensors asks which lengths are -1: no length is, not even a symbolic one. */
function equalValue([a, b]: readonly TensorFacts[]): readonly Dimension[] | null {
  if (!a?.value || !b?.value || a.value.length !== b.value.length) return null
  const right = b.value
  return a.value.map((x, index) => {
    const y = right[index] as Dimension
    if (typeof x === 'number' && typeof y === 'number') return Number(x === y)
    const isNegative = [x, y].some((length) => typeof length === 'number' && length < 0)
    return isNegative && (typeof x === 'string' || typeof y === 'string') ? 0 : null
  })
}

/** Of operators with any number of operands, one at a time. */
function each(names: readonly string[], rule: ShapeRule): ShapeRules {
  return Object.fromEntries(names.map((name) => [name, rule]))
}

export const elementwiseRules: ShapeRules = {
  ...each(sameAsInput, likeFirstWithoutValue),
  Identity: likeFirst,
  ...each(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mean', 'Sum', 'Mod', 'BitShift'], broadcast),
  ...each(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], broadcast),
  ...each(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor'], compare),
  ...each(['IsNaN', 'IsInf'], ({ input }) => [{ elementType: 'bool', shape: input(0).shape }]),
  Dropout: ({ input }) => [input(0), { elementType: 'bool', shape: input(0).shape }],
  LayerNormalization: ({ input }) => [{ ...input(0), value: null }],
  Where: ({ input }) => [
    {
      elementType: input(1).elementType ?? input(2).elementType,
      shape: broadcastShapes([input(0).shape, input(1).shape, input(2).shape]),
      value: chooseValue(input(0), input(1), input(2)),
    },
  ],
  QuantizeLinear: ({ node, input, has }) => {
    const stated = node.int('output_dtype', 0)
    const elementType = has(2) ? input(2).elementType : stated === 0 ? 'u8' : nameOnnxType(stated)
    return [{ elementType, shape: input(0).shape }]
  },
  DequantizeLinear: ({ input }) => [{ elementType: input(1).elementType, shape: input(0).shape }],
  DynamicQuantizeLinear: ({ input }) => [
    { elementType: 'u8', shape: input(0).shape },
    { elementType: 'f32', shape: [] },
    { elementType: 'u8', shape: [] },
  ],
}

function chooseValue(condition: TensorFacts, yes: TensorFacts, no: TensorFacts): TensorFacts['value'] {
  if (!condition.value || !yes.value || !no.value) return null
  const [where, a, b] = [condition.value, yes.value, no.value]
  const length = Math.max(where.length, a.length, b.length)
  if (![where, a, b].every((list) => list.length === length || list.length === 1)) return null
  const at = (list: readonly Dimension[], index: number) => list[list.length === 1 ? 0 : index] as Dimension
  return Array.from({ length }, (_, index) => {
    const chosen = at(where, index)
    if (chosen === null || typeof chosen === 'string') return at(a, index) === at(b, index) ? at(a, index) : null
    return chosen !== 0 ? at(a, index) : at(b, index)
  })
}
