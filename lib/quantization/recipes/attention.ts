import { type AttentionBlock, findAttention } from './find-attention.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { isProduct } from './value-flow.js'

export const attentionRecipe: Recipe = {
  name: 'attention',
  finds: 'products of queries and keys, and of probabilities and values, around a Softmax; operators that do all of it',
  find: (graph) => findAttention(graph).map(describe),
}

function describe({ scores, softmax, output }: AttentionBlock): RecipeFinding {
  const nodes = [...scores, ...(softmax === null ? [] : [softmax]), output]
  if (softmax === null) {
    return { recipe: 'attention', decision: 'note', nodes, reason: 'attention in one operator, which computes in float' }
  }
  const products = nodes.filter(isProduct).length
  const subject = products === nodes.length - 1 ? 'the products around its Softmax' : 'its products'
  const reason = `attention: of 256 steps few are left for small probabilities, and engines compute ${subject} as one float operator`
  return { recipe: 'attention', decision: 'float', nodes, reason }
}
