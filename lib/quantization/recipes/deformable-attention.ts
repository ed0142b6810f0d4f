import { findSampling } from './find-sampling.js'
import type { Recipe, RecipeFinding } from './recipe.js'

export const deformableAttentionRecipe: Recipe = {
  name: 'deformable-attention',
  finds: 'layers that compute where a feature map is sampled (GridSample), and the weights of the samples',
  find(graph) {
    return findSampling(graph).flatMap(({ node, offsets, weights }): RecipeFinding[] => {
      const layers = [...new Set([...offsets, ...weights])]
      if (layers.length === 0) return []
      const what = weights.length > 0 ? 'deformable attention' : 'sampling'
      const reason = `${what}: a rounded offset reads another place of the feature map`
      return [{ recipe: 'deformable-attention', decision: 'float', nodes: [...layers, node], reason }]
    })
  },
}
