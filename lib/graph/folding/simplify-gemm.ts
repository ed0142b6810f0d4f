import { attribute } from '../attributes.js'
import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import type { FoldingPass, FoldingStep } from './folding-pass.js'

/**
 * The factors of a Gemm become part of its weights and bias, and an input that it reads transposed is transposed before it:
 * kernels on integers take a plain product of rows.
 */
export const simplifyGemm: FoldingPass = {
  name: 'gemm',
  apply(graph) {
    const steps: FoldingStep[] = []
    const made = new Map<string, GraphTensor>()
    for (const node of [...graph.nodes]) {
      if (!node.is('Gemm') || node.inputs[1]?.constant?.elementType !== 'f32') continue
      const isScaled = absorbFactor(graph, node, made, 'alpha')
      const isShifted = absorbFactor(graph, node, made, 'beta')
      const isTurned = turnInput(graph, node)
      if (isScaled || isShifted || isTurned) steps.push({ pass: this.name, nodes: [], into: node.label })
    }
    return steps
  },
}

/** @param made constants times factors: who shares both shares what is made of them */
function absorbFactor(graph: Graph, node: GraphNode, made: Map<string, GraphTensor>, name: 'alpha' | 'beta'): boolean {
  const factor = node.float(name, 1)
  const index = name === 'alpha' ? 1 : 2
  const tensor = node.inputs[index] ?? null
  if (factor === 1) return false
  if (tensor === null) node.attributes.delete(name)
  if (tensor === null) return true
  const key = `${factor} ${tensor.name}`
  const scaled = tensor.constant?.elementType === 'f32' && !made.has(key) ? multiply(tensor.constant, factor) : null
  if (scaled !== null) made.set(key, graph.addConstant(tensor.name, scaled))
  const product = made.get(key)
  if (product === undefined) return false
  graph.setInput(node, index, product)
  node.attributes.delete(name)
  return true
}

/** null where a number leaves the range of float32. */
function multiply(constant: Constant, factor: number): Constant | null {
  const values = (constant.values() as Float32Array).map((value) => value * factor)
  return values.every(Number.isFinite) ? Constant.of('f32', constant.shape, values) : null
}

function turnInput(graph: Graph, node: GraphNode): boolean {
  const input = node.inputs[0] as GraphTensor
  if (node.int('transA', 0) === 0 || input.constant !== null) return false
  const perm = attribute.ints('perm', [1, 0])
  const turned = graph.insertAfter(input, { type: 'Transpose', attributes: [perm] }, [{ node, index: 0 }])
  turned.shape = input.shape?.length === 2 ? [...input.shape].reverse() : null
  node.attributes.delete('transA')
  return true
}
