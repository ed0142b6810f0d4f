import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'

/** Operators of which only the first input carries values: the others are lengths, axes, indices or scales. */
const firstInputOnly = new Set([
  'ArgMax',
  'ArgMin',
  'Expand',
  'Gather',
  'GatherElements',
  'GatherND',
  'Pad',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'Reshape',
  'Resize',
  'Slice',
  'Split',
  'Squeeze',
  'Tile',
  'TopK',
  'Unsqueeze',
  'Upsample',
])

const gathering = new Set(['Gather', 'GatherElements', 'GatherND'])

/** What they write depends on lengths and limits, and on no value. */
const withoutValues = new Set(['ConstantOfShape', 'EyeLike', 'NonZero', 'Range', 'Shape', 'Size'])

const moving = new Set([
  'Cast',
  'Concat',
  'DepthToSpace',
  'Dropout',
  'Expand',
  'Flatten',
  'Gather',
  'GatherElements',
  'GatherND',
  'Identity',
  'Reshape',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
])

const adding = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Sum'])

/** True for operators that give values on as they are, all or some of them. */
export function isMove(node: GraphNode): boolean {
  return node.domain === '' && moving.has(node.type)
}

/** True for sums, differences, products and quotients. */
export function isArithmetic(node: GraphNode): boolean {
  return node.domain === '' && adding.has(node.type)
}

/** True for layers with weights. */
export function isLayer(node: GraphNode): boolean {
  if (node.is('Conv', 'ConvTranspose', 'Gemm')) return isConstant(node, 1)
  return node.is('MatMul') && isConstant(node, 0) !== isConstant(node, 1)
}

/** True for products of two activations. */
export function isProduct(node: GraphNode): boolean {
  return node.is('MatMul', 'Gemm') && !isConstant(node, 0) && !isConstant(node, 1)
}

/** True for what a target may compute on integers. */
export function isComputing(node: GraphNode): boolean {
  return isLayer(node) || isProduct(node)
}

/** The weights of a layer. */
export function weightsOf(layer: GraphNode): GraphTensor {
  const index = layer.is('MatMul') && isConstant(layer, 0) ? 0 : 1
  return layer.inputs[index] as GraphTensor
}

/** Number of channels, or of columns, that a layer writes; null where the weights do not say. */
export function outputsOf(layer: GraphNode): number | null {
  const shape = weightsOf(layer).constant?.shape ?? []
  if (layer.is('Conv')) return shape[0] ?? null
  if (layer.is('ConvTranspose')) return (shape[1] ?? 0) * layer.int('group', 1)
  if (layer.is('Gemm')) return shape[layer.int('transB', 0) === 1 ? 0 : 1] ?? null
  return (layer.inputs[1]?.constant ? shape.at(-1) : shape.at(-2)) ?? null
}

/** Number of products in each sum of a layer; null where the weights do not say. */
export function summedBy(layer: GraphNode): number | null {
  const shape = weightsOf(layer).constant?.shape ?? []
  if (layer.is('Conv')) return shape.slice(1).reduce((product, length) => product * length, 1)
  if (layer.is('ConvTranspose')) return shape[0] ?? null
  if (layer.is('Gemm')) return shape[layer.int('transB', 0) === 1 ? 1 : 0] ?? null
  return (layer.inputs[1]?.constant ? shape.at(-2) : shape.at(-1)) ?? null
}

function isConstant(node: GraphNode, index: number): boolean {
  return (node.inputs[index]?.constant ?? null) !== null
}

/** Inputs whose values become values of what a node writes: no lengths, axes, indices or conditions. */
export function valueInputs(node: GraphNode): GraphTensor[] {
  if (node.domain === '') {
    if (withoutValues.has(node.type)) return []
    // What looks tokens up in a table writes what the tokens say.
    if (gathering.has(node.type) && isConstant(node, 0)) return present(node.inputs)
    if (firstInputOnly.has(node.type)) return present(node.inputs.slice(0, 1))
    if (node.type === 'Where') return present(node.inputs.slice(1))
  }
  return present(node.inputs)
}

function present(tensors: readonly (GraphTensor | null)[]): GraphTensor[] {
  return tensors.filter((tensor) => tensor !== null)
}

/** Nodes that read a tensor's values. */
export function valueReaders(tensor: GraphTensor): GraphNode[] {
  return [...tensor.consumers].filter((node) => valueInputs(node).includes(tensor))
}

/** A walk along values: what was passed, and what it ended at. */
export interface Walk {
  readonly passed: ReadonlySet<GraphNode>
  readonly ends: ReadonlySet<GraphNode>
}

/** From tensors towards the inputs of the graph, through the nodes that `passes` accepts; the others are ends. */
export function climb(tensors: readonly (GraphTensor | null)[], passes: (node: GraphNode) => boolean): Walk {
  return walk(
    tensors.flatMap((tensor) => tensor?.producer ?? []),
    (node) => valueInputs(node).flatMap((tensor) => tensor.producer ?? []),
    passes,
  )
}

/** From tensors towards the outputs of the graph. */
export function descend(tensors: readonly (GraphTensor | null)[], passes: (node: GraphNode) => boolean): Walk {
  const readers = (written: readonly (GraphTensor | null)[]) => present(written).flatMap(valueReaders)
  return walk(readers(tensors), (node) => readers(node.outputs), passes)
}

function walk(
  starts: readonly GraphNode[],
  next: (node: GraphNode) => readonly GraphNode[],
  passes: (node: GraphNode) => boolean,
): Walk {
  const [passed, ends] = [new Set<GraphNode>(), new Set<GraphNode>()]
  const waiting = [...starts]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (passed.has(node) || ends.has(node)) continue
    if (!passes(node)) {
      ends.add(node)
      continue
    }
    passed.add(node)
    waiting.push(...next(node))
  }
  return { passed, ends }
}

/** Everything whose values depend on those of the tensors. */
export function dependents(tensors: readonly (GraphTensor | null)[]): ReadonlySet<GraphNode> {
  return descend(tensors, () => true).passed
}

/** True where a value of an input of the graph, or of a graph around it, can change the tensor. */
export function dependsOnInputs(tensor: GraphTensor): boolean {
  if (tensor.producer === null) return tensor.constant === null
  for (const node of climb([tensor], () => true).passed) {
    if (valueInputs(node).some((input) => input.producer === null && input.constant === null)) return true
  }
  return false
}

/** The layers that a tensor's values come from, with nothing but moves and sums between. */
export function layersBefore(
  tensors: readonly (GraphTensor | null)[],
  passes: (node: GraphNode) => boolean = (node) => isMove(node) || isArithmetic(node),
): GraphNode[] {
  return [...climb(tensors, passes).ends].filter(isLayer)
}
