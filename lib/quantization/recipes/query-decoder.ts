import { findQueryDecoder } from './find-query-decoders.js'
import type { Recipe, RecipeFinding } from './recipe.js'

export const queryDecoderRecipe: Recipe = {
  name: 'query-decoder',
  finds: 'decoders of DETR and its kind: chosen or learned queries that read from features of the picture',
  find(graph) {
    const decoder = findQueryDecoder(graph)
    if (decoder === null || decoder.nodes.length === 0) return []
    const kind = decoder.isDeformable ? 'deformable query decoder' : 'query decoder'
    const reason = `${kind}: boxes are refined layer after layer, errors add up, and few rows gain nothing from integers`
    return [{ recipe: 'query-decoder', decision: 'float', nodes: decoder.nodes, reason }]
  },
}

export const querySelectionRecipe: Recipe = {
  name: 'query-selection',
  finds: 'layers that write the scores by which TopK chooses queries',
  find(graph) {
    const selections = findQueryDecoder(graph)?.selections ?? []
    return selections.flatMap(({ topK, scores, gathers }): RecipeFinding[] => {
      const reason = 'query selection: a rounded score makes TopK choose other queries, and all that follows is of those'
      return scores.length === 0
        ? []
        : [{ recipe: 'query-selection', decision: 'float', nodes: [...scores, topK, ...gathers], reason }]
    })
  },
}
