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

/** A tensor times what is made of it alone, with an operator that bends it among that. */
function findProduct(product: GraphNode): { readonly kind: string; readonly nodes: readonly GraphNode[] } | null {
  const [left = null, right = null] = product.inputs
  if (!product.is('Mul') || left === null || right === null || left.constant || right.constant) return null
  for (const [plain, bent] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const [index, { tensor: shared }] of followBack(plain).entries()) {
      const nodes = collectMadeOf(bent, shared)
      const bending = nodes?.find((node) => node.domain === '' && node.type in kinds)
      if (nodes === null || bending === undefined) continue
      const before = followBack(plain)
        .slice(0, index)
        .flatMap(({ tensor }) => tensor.producer ?? [])
      return { kind: kinds[bending.type] as string, nodes: [...before, ...nodes, product] }
    }
  }
  return null
}

/** The nodes that make a tensor of another one and of constants, element by element; null where more goes into it. */
function collectMadeOf(tensor: GraphTensor, source: GraphTensor): GraphNode[] | null {
  const nodes = new Set<GraphNode>()
  const waiting = [tensor]
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (each === source || each.constant) continue
    const { producer } = each
    if (producer === null || !isElementwise(producer) || nodes.size > longestChain) return null
    nodes.add(producer)
    for (const input of producer.inputs) if (input !== null) waiting.push(input)
  }
  return [...nodes].reverse()
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
