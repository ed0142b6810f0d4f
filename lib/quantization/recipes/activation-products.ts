import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'

/** What a product with its own input is called, by the operator that bends it. */
const kinds: Readonly<Record<string, string>> = {
  Sigmoid: 'SiLU',
  HardSigmoid: 'HardSwish',
  Clip: 'HardSwish',
  Erf: 'GELU',
  Tanh: 'GELU or Mish',
}

export const activationProductsRecipe: Recipe = {
  name: 'activation-products',
  finds: 'activations that files spell out as products: SiLU, HardSwish, GELU, Mish',
  find(graph) {
    const byKind = new Map<string, Set<GraphNode>>()
    for (const node of sortNodes(graph)) {
      const found = findProduct(node)
      if (found === null) continue
      const nodes = byKind.get(found.kind) ?? new Set()
      for (const each of found.nodes) nodes.add(each)
      byKind.set(found.kind, nodes)
    }
    return [...byKind].map(([kind, nodes]): RecipeFinding => {
      const reason = `${kind}: engines compute it as one float step of the layer before, which integers inside cut apart`
      return { recipe: 'activation-products', decision: 'float', nodes: [...nodes], reason }
    })
  },
}

/** A tensor times what a chain of operators makes of it. */
function findProduct(product: GraphNode): { readonly kind: string; readonly nodes: readonly GraphNode[] } | null {
  const [left = null, right = null] = product.inputs
  if (!product.is('Mul') || left === null || right === null || left.constant || right.constant) return null
  const [first, second] = [followBack(left), followBack(right)]
  const shared = first.find(({ tensor }) => second.some((step) => step.tensor === tensor))?.tensor
  if (shared === undefined) return null
  const upTo = (steps: readonly Step[]) =>
    steps.slice(
      0,
      steps.findIndex(({ tensor }) => tensor === shared),
    )
  const nodes = [...upTo(first), ...upTo(second)].flatMap(({ tensor }) => tensor.producer ?? [])
  const bending = nodes.find((node) => node.domain === '' && node.type in kinds)
  return bending === undefined ? null : { kind: kinds[bending.type] as string, nodes: [...nodes, product] }
}

interface Step {
  readonly tensor: GraphTensor
}

const longestChain = 8

/** The tensors that one is made of, element by element, as long as it is made of a single one. */
function followBack(tensor: GraphTensor): Step[] {
  const steps: Step[] = [{ tensor }]
  for (let { producer } = tensor; producer !== null && steps.length < longestChain; ) {
    const inputs: GraphTensor[] = producer.inputs.filter((input) => input !== null && input.constant === null) as GraphTensor[]
    const [input] = inputs
    if (input === undefined || inputs.length !== 1 || !isElementwise(producer)) break
    steps.push({ tensor: input })
    producer = input.producer
  }
  return steps
}

function isElementwise(node: GraphNode): boolean {
  return node.is(
    'Add',
    'Mul',
    'Div',
    'Sub',
    'Sigmoid',
    'HardSigmoid',
    'Clip',
    'Erf',
    'Tanh',
    'Softplus',
    'Relu',
    'Pow',
    'Min',
    'Max',
  )
}
