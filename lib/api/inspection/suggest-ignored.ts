import { engineryError } from '../../errors/enginery-error.js'
import { findQuantization } from '../../graph/find-quantization.js'
import { foldGraph } from '../../graph/folding/fold-graph.js'
import type { Graph } from '../../graph/graph.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { raiseOpset } from '../../graph/opset/raise-opset.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import type { RecipeName } from '../../quantization/recipes/recipe.js'
import { findRecipes } from '../../quantization/recipes/recipes.js'
import { isComputing } from '../../quantization/recipes/value-flow.js'

export interface SuggestedNode {
  /** Its name, or where it has none of its own the tensor that it writes: as an ignored scope takes it. */
  readonly name: string
  readonly operator: string
  /** true for layers and products, which could compute on integers; all others are float in any case. */
  readonly couldBeInteger: boolean
}

/** Nodes that `quantize` recognises by how they hang together. */
export interface SuggestedIgnored {
  readonly recipe: RecipeName
  /** `float`: left float, unless the recipe is turned off; `note`: recognised, and quantized as any others. */
  readonly decision: 'float' | 'note'
  readonly reason: string
  readonly nodes: readonly SuggestedNode[]
}

/**
 * What `quantize` would leave float in an ONNX model because of its structure, and why.
 *
 * @throws QUANTIZATION_NOT_ONNX; MODEL_QUANTIZED; the MODEL_, EXTERNAL_DATA_ and OPSET_ codes, OPERATORS_NOT_RAISED
 */
export async function suggestIgnored({
  path,
  format,
}: {
  readonly path: string
  readonly format: string
}): Promise<SuggestedIgnored[]> {
  if (format !== 'onnx') throw engineryError('QUANTIZATION_NOT_ONNX', { model: path, format })
  const original = graphFromOnnx(await loadOnnxModel(path, { weights: 'in-file' }), path)
  const quantized = findQuantization(original)
  if (quantized !== null) throw engineryError('MODEL_QUANTIZED', { model: path, operators: Object.keys(quantized.operators) })
  const { graph } = foldGraph(raiseOpset(original, path).graph)
  const nameOf = nameNodes(graph)
  return findRecipes(graph).map(({ recipe, decision, reason, nodes }) => ({
    recipe,
    decision,
    reason,
    nodes: nodes.map((node) => ({ name: nameOf(node), operator: node.operator, couldBeInteger: isComputing(node) })),
  }))
}

function nameNodes(graph: Graph): (node: GraphNode) => string {
  const counts = new Map<string, number>()
  for (const { name } of graph.nodes) counts.set(name, (counts.get(name) ?? 0) + 1)
  return (node) => {
    const isItsOwn = node.name !== '' && counts.get(node.name) === 1
    return isItsOwn ? node.name : (node.outputs.find((output) => output !== null)?.name ?? node.label)
  }
}
