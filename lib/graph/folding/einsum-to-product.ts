import { Constant } from '../constant.js'
import { reshapeConstant, transposeConstant } from '../constants/move-elements.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'

/**
 * An Einsum of an activation and constant weights becomes a MatMul where it is one: the axes that are summed are the
 * activation's last ones, and the weights' own axes come last in the result. Where there are several of either (heads and
 * their channels), a Reshape makes one of them.
 */
export const einsumToProduct: FoldingPass = {
  name: 'einsum',
  apply(graph) {
    const steps: FoldingStep[] = []
    const made = new Map<string, GraphTensor>()
    for (const node of [...graph.nodes]) {
      const product = node.is('Einsum') && node.inputs.length === 2 ? readProduct(node) : null
      if (product === null) continue
      steps.push({ pass: this.name, nodes: [nameNode(node)], into: node.label })
      replace(graph, node, product, made)
    }
    return steps
  },
}

interface Product {
  readonly input: GraphTensor
  /** What the weights are made of, in words: the same for the same weights in the same order. */
  readonly key: string
  /** [summed, own]. */
  readonly weights: Constant
  /** Axes of the input that are not summed, and the number of those that are. */
  readonly kept: number
  readonly summed: number
  /** Lengths of the weights' own axes, as the result has them. */
  readonly own: readonly number[]
}

function readProduct(node: GraphNode): Product | null {
  const equation = node.text('equation', '').replaceAll(' ', '')
  const [, first, second, result] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? []
  if (first === undefined || second === undefined || result === undefined) return null
  const at = node.inputs.findIndex((input) => input?.constant)
  const input = node.inputs[1 - at] ?? null
  const constant = node.inputs[at]?.constant ?? null
  if (input === null || input.constant !== null || constant?.elementType !== 'f32') return null
  const [left, right] = at === 1 ? [[...first], [...second]] : [[...second], [...first]]
  if (right.length !== constant.shape.length || [left, right, [...result]].some(hasTwice)) return null
  const summed = left.filter((label) => right.includes(label))
  const kept = left.slice(0, left.length - summed.length)
  const own = right.filter((label) => !left.includes(label)).sort((a, b) => result.indexOf(a) - result.indexOf(b))
  // One more axis of weights that is neither kept nor summed, or one that both keep, makes it no plain product.
  if (summed.length === 0 || own.length === 0 || [...kept, ...own].join('') !== result) return null
  if (summed.some((label) => !left.slice(kept.length).includes(label))) return null
  const order = [...left.slice(kept.length), ...own].map((label) => right.indexOf(label))
  const turned = transposeConstant(constant, order)
  const lengths = own.map((label) => constant.shape[right.indexOf(label)] as number)
  const columns = lengths.reduce((total, length) => total * length, 1)
  const weights = turned && columns > 0 ? reshapeConstant(turned, [constant.elements / columns, columns]) : null
  if (weights === null || weights.elements === 0) return null
  const key = JSON.stringify([node.inputs[at]?.name, order, columns])
  return { input, key, weights, kept: kept.length, summed: summed.length, own: lengths }
}

function hasTwice(labels: readonly string[]): boolean {
  return new Set(labels).size < labels.length
}

/** @param made weights by key: layers that share them go on sharing them */
function replace(graph: Graph, node: GraphNode, product: Product, made: Map<string, GraphTensor>): void {
  const { input, key, weights, kept, summed, own } = product
  const { label, name } = node
  const { elementType } = node.outputs[0] as GraphTensor
  // A zero keeps the length that is there, so lengths may be open.
  const reshape = (tensor: GraphTensor, last: readonly number[]) => [
    tensor,
    graph.addConstant(`${label}_shape`, Constant.ints([...new Array<number>(kept).fill(0), ...last])),
  ]
  const rows =
    summed === 1 ? input : graph.addOperator({ type: 'Reshape', inputs: reshape(input, [-1]) }, `${label}_rows`, { elementType })
  const factor = made.get(key) ?? graph.addConstant(`${label}_weight`, weights)
  made.set(key, factor)
  const inputs = [rows, factor]
  if (own.length === 1) {
    graph.replaceNode(node, { type: 'MatMul', inputs })
    return
  }
  const flat = graph.addOperator({ type: 'MatMul', name, inputs }, `${label}_product`, { elementType })
  graph.replaceNode(node, { type: 'Reshape', name: '', inputs: reshape(flat, own) })
}
