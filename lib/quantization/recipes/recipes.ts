import { z } from 'zod'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { activationProductsRecipe } from './activation-products.js'
import { attentionRecipe } from './attention.js'
import { boxDistributionRecipe } from './box-distribution.js'
import { boxRegressionRecipe } from './box-regression.js'
import { channelGatesRecipe } from './channel-gates.js'
import { deformableAttentionRecipe } from './deformable-attention.js'
import { normalizationRecipe } from './normalization.js'
import { postProcessingRecipe } from './post-processing.js'
import { queryDecoderRecipe, querySelectionRecipe } from './query-decoder.js'
import { type Recipe, type RecipeFinding, type RecipeName, recipeNames } from './recipe.js'
import { shapeArithmeticRecipe } from './shape-arithmetic.js'

/** All recipes by name. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  attention: attentionRecipe,
  'deformable-attention': deformableAttentionRecipe,
  'query-decoder': queryDecoderRecipe,
  'query-selection': querySelectionRecipe,
  'box-distribution': boxDistributionRecipe,
  'box-regression': boxRegressionRecipe,
  'post-processing': postProcessingRecipe,
  'shape-arithmetic': shapeArithmeticRecipe,
  'channel-gates': channelGatesRecipe,
  'activation-products': activationProductsRecipe,
  normalization: normalizationRecipe,
}

export type RecipeSwitches = Partial<Readonly<Record<RecipeName, boolean>>>

const switches = z.record(z.string(), z.boolean()).superRefine((value, context) => {
  const known: readonly string[] = recipeNames
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    const message = `expected recipes among ${recipeNames.join(', ')}; received ${JSON.stringify(name)}`
    context.addIssue({ code: 'custom', path: [name], message })
  }
}) as unknown as z.ZodType<RecipeSwitches, RecipeSwitches>

/** Which recipes are followed: all, none, or all but those that are false. */
export const recipesSchema = z.union([z.boolean(), switches])

export type RecipeOptions = z.input<typeof recipesSchema>

/** What the recipes find in a folded graph, which is not changed; nodes in the order of the graph. */
export function findRecipes(graph: Graph, options: RecipeOptions = true): RecipeFinding[] {
  const followed = recipeNames.filter((name) => (typeof options === 'boolean' ? options : options[name] !== false))
  if (followed.length === 0) return []
  const positions = new Map(sortNodes(graph).map((node, position) => [node, position]))
  const inOrder = (nodes: readonly GraphNode[]) =>
    [...new Set(nodes)].sort((a, b) => (positions.get(a) as number) - (positions.get(b) as number))
  return followed.flatMap((name) => recipes[name].find(graph).map((finding) => ({ ...finding, nodes: inOrder(finding.nodes) })))
}

/** Adds what recipes leave float to what the user does, whose reasons come first. */
export function leaveFloat(ignored: ReadonlyMap<GraphNode, string>, findings: readonly RecipeFinding[]): Map<GraphNode, string> {
  const all = new Map(ignored)
  for (const { decision, nodes, recipe, reason } of findings) {
    if (decision !== 'float') continue
    for (const node of nodes) if (!all.has(node)) all.set(node, `${reason} (recipe ${recipe})`)
  }
  return all
}
