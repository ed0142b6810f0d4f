import type { GraphNode } from '../../graph/graph-node.js'
import { findSampling } from './find-sampling.js'
import type { Recipe, RecipeFinding } from './recipe.js'

export const deformableAttentionRecipe: Recipe = {
  name: 'deformable-attention',
  finds: 'layers that compute where a feature map is sampled (GridSample), and the weights of the samples',
  find(graph) {
    // Levels of a pyramid are sampled one by one, at places that the same layers compute.
    const groups = new Map<GraphNode, { isAttention: boolean; nodes: Set<GraphNode> }>()
    for (const { node, offsets, weights } of findSampling(graph)) {
      const layers = [...offsets, ...weights]
      const [first] = layers
      if (first === undefined) continue
      const group = groups.get(first) ?? { isAttention: false, nodes: new Set() }
      for (const each of [...layers, node]) group.nodes.add(each)
      groups.set(first, { isAttention: group.isAttention || weights.length > 0, nodes: group.nodes })
    }
    return [...groups.values()].map(({ isAttention, nodes }): RecipeFinding => {
      const what = isAttention ? 'deformable attention' : 'sampling'
      const reason = `${what}: a rounded offset reads another place of the feature map`
      return { recipe: 'deformable-attention', decision: 'float', nodes: [...nodes], reason }
    })
  },
}
