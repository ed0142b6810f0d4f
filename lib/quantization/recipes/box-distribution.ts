import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { climb, isLayer, isMove, layersBefore, weightsOf } from './value-flow.js'

// Fewer are a coin or a choice of three rather than a distribution over distances.
const fewestBins = 4

export const boxDistributionRecipe: Recipe = {
  name: 'box-distribution',
  finds: 'box sides as the expectation of a distribution (DFL): a Softmax times a rising row of constants',
  find(graph) {
    return sortNodes(graph).flatMap((node): RecipeFinding[] => {
      const softmaxes = findExpected(node)
      if (softmaxes.length === 0) return []
      const reason = 'box distribution: its constants are bins of distance; rounding them and the probabilities moves every box'
      const nodes = [...softmaxes, node]
      const layers = layersBefore(
        softmaxes.flatMap(({ inputs }) => inputs),
        isMove,
      )
      const findings: RecipeFinding[] = [{ recipe: 'box-distribution', decision: 'float', nodes, reason }]
      if (layers.length > 0) {
        const noted = 'layers of a box distribution: the Softmax behind them evens out what rounding does'
        findings.push({ recipe: 'box-distribution', decision: 'note', nodes: layers, reason: noted })
      }
      return findings
    })
  },
}

/** The Softmax nodes whose expectation a node computes; none where it computes something else. */
function findExpected(node: GraphNode): GraphNode[] {
  const isSum = isLayer(node) || (node.is('Mul') && node.inputs.some((input) => input?.constant))
  if (!isSum) return []
  const constant = node.is('Mul') ? node.inputs.find((input) => input?.constant)?.constant : weightsOf(node).constant
  const values = constant?.numbers() ?? null
  if (values === null || values.length < fewestBins || !isMonotonous(values)) return []
  // A vector with as many lengths above 1 as one: a single row of weights, so a single sum.
  if ((constant?.shape.filter((length) => length > 1).length ?? 0) !== 1) return []
  if (node.is('Mul') && !node.outputs.some((output) => [...(output?.consumers ?? [])].some((reader) => reader.is('ReduceSum'))))
    return []
  const inputs = node.inputs.filter((input) => input?.constant === null)
  const { ends } = climb(inputs, isMove)
  return [...ends].every((end) => end.is('Softmax')) ? [...ends] : []
}

function isMonotonous(values: ArrayLike<number>): boolean {
  const first = values[0] as number
  const rises = (values[1] as number) > first
  for (let at = 1; at < values.length; at++) {
    const [before, here] = [values[at - 1] as number, values[at] as number]
    if (rises ? here <= before : here >= before) return false
  }
  return true
}
