import type { GraphNode } from '../../graph/graph-node.js'

export type HalfType = 'f16' | 'bf16'

/** What a half of the bits costs an operator, and what it gains. */
export type HalfKind =
  /** Sums of products: what half precision is for. */
  | 'product'
  /** Its elements depend on many of its input's, which engines add up in float32. */
  | 'reduction'
  /** Element by element, or a mere move of elements. */
  | 'elementwise'
  /** Reads lengths alone, so that the type makes no difference. */
  | 'lengths'

interface HalfOperator {
  readonly kind: HalfKind
  /** First opset whose definition allows bf16; f16 is allowed from opset 13 on, or from the operator's first. */
  readonly bfloat16: number
  /** Inputs that have the type of the data; absent: all that are float32. */
  readonly data?: readonly number[]
}

const each = (types: string, kind: HalfKind, bfloat16: number): [string, HalfOperator][] =>
  types.split(' ').map((type) => [type, { kind, bfloat16 }])

/** Standard operators that are as right in half precision as their inputs are. Others stay float32. */
const operators: ReadonlyMap<string, HalfOperator> = new Map([
  ...each('Gemm MatMul', 'product', 13),
  ...each('Conv ConvTranspose', 'product', 22),
  ...each('ReduceMax ReduceMean ReduceMin Softmax LogSoftmax', 'reduction', 13),
  ...each('BatchNormalization', 'reduction', 15),
  ...each('LayerNormalization', 'reduction', 17),
  ...each('GroupNormalization', 'reduction', 18),
  ...each('AveragePool GlobalAveragePool GlobalMaxPool InstanceNormalization MaxPool', 'reduction', 22),
  ...each('Abs Add Clip Div Erf Max Min Mul Neg Relu Sigmoid Sqrt Sub Tanh', 'elementwise', 13),
  ...each('LeakyRelu PRelu Where', 'elementwise', 16),
  ...each('Gelu', 'elementwise', 20),
  ...each('Elu HardSigmoid HardSwish Mish Selu Softplus Softsign', 'elementwise', 22),
  ...each(
    'Concat DepthToSpace Expand Flatten Gather GatherElements GatherND Identity Pad Reshape ScatterElements ScatterND Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze',
    'elementwise',
    13,
  ),
  // Their scales have the type of what they read or write, which TensorRT takes in opsets before 19 too.
  ...each('DequantizeLinear QuantizeLinear', 'elementwise', 19),
  ['Resize', { kind: 'elementwise', bfloat16: 13, data: [0] }],
  ...each('Shape Size', 'lengths', 13),
])

/** What is known of an operator in half precision; null where it stays float32. */
export function describeHalfOperator(node: GraphNode): HalfOperator | null {
  return node.domain === '' && !node.hasSubgraphs ? (operators.get(node.type) ?? null) : null
}

/** Inputs of a node that become half precision with it, of those that are float32. */
export function isDataInput(node: GraphNode, index: number): boolean {
  return describeHalfOperator(node)?.data?.includes(index) ?? true
}
