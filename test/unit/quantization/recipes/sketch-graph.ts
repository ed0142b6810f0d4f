import { Constant } from '../../../../lib/graph/constant.js'
import type { Graph } from '../../../../lib/graph/graph.js'
import type { RecipeName } from '../../../../lib/quantization/recipes/recipe.js'
import { findRecipes, recipes } from '../../../../lib/quantization/recipes/recipes.js'
import { floats, type GraphSketch, makeGraph, type NodeSketch, noise } from '../../graph/make-graph.js'

type Inputs = GraphSketch['inputs']
type Attributes = NodeSketch['attributes']

/** Writes a network operator by operator, as an exporter does; every call gives the name of what it writes. */
export class GraphWriter {
  readonly #inputs: Inputs
  readonly #constants: Record<string, Constant> = {}
  readonly #nodes: NodeSketch[] = []
  #count = 0

  constructor(inputs: Inputs) {
    this.#inputs = inputs
  }

  op(
    type: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    options: { domain?: string; name?: string } = {},
  ): string {
    return this.ops(type, inputs, 1, attributes, options)[0] as string
  }

  /** An operator with several outputs. */
  ops(
    type: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    options: { domain?: string; name?: string } = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => `t${this.#count++}`)
    this.#nodes.push({
      type,
      inputs: [...inputs],
      outputs,
      attributes,
      name: options.name ?? (outputs[0] as string),
      ...(options.domain && { domain: options.domain }),
    })
    return outputs
  }

  constant(constant: Constant): string {
    const name = `c${this.#count++}`
    this.#constants[name] = constant
    return name
  }

  ints(...values: number[]): string {
    return this.constant(Constant.ints(values))
  }

  number(value: number): string {
    return this.constant(floats([], value))
  }

  weights(...shape: number[]): string {
    return this.constant(noise(shape))
  }

  /** x times weights plus a bias, as PyTorch's Linear is exported. */
  linear(x: string, inputs: number, outputs: number, name?: string): string {
    const product = this.op('MatMul', [x, this.weights(inputs, outputs)], {}, name === undefined ? {} : { name })
    return this.op('Add', [this.weights(outputs), product])
  }

  conv(x: string, inputs: number, outputs: number, name?: string): string {
    return this.op(
      'Conv',
      [x, this.weights(outputs, inputs, 1, 1), this.weights(outputs)],
      {},
      name === undefined ? {} : { name },
    )
  }

  /** Rows of `width` numbers into heads: [batch, heads, rows, width / heads]. */
  heads(x: string, heads: number, width: number, order = [0, 2, 1, 3]): string {
    return this.op('Transpose', [this.op('Reshape', [x, this.ints(0, -1, heads, width / heads)])], { perm: order })
  }

  /** Multi-head attention as PyTorch and Hugging Face export it. */
  attention(query: string, memory: string, width: number, options: { mask?: string; name?: string } = {}): string {
    const { name = 'attention', mask } = options
    const q = this.heads(this.linear(query, width, width, `${name}.q`), 4, width)
    const k = this.heads(this.linear(memory, width, width, `${name}.k`), 4, width, [0, 2, 3, 1])
    const v = this.heads(this.linear(memory, width, width, `${name}.v`), 4, width)
    const scaled = this.op('Div', [this.op('MatMul', [q, k], {}, { name: `${name}.scores` }), this.number(4)])
    const masked = mask === undefined ? scaled : this.op('Add', [scaled, mask])
    const probabilities = this.op('Softmax', [masked], { axis: -1 }, { name: `${name}.softmax` })
    const mixed = this.op('MatMul', [probabilities, v], {}, { name: `${name}.output` })
    const joined = this.op('Reshape', [this.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), this.ints(0, -1, width)])
    return this.linear(joined, width, width, `${name}.out`)
  }

  graph(outputs: readonly string[], opset = 17): Graph {
    return makeGraph({ opset, inputs: this.#inputs, constants: this.#constants, nodes: this.#nodes, outputs: [...outputs] })
  }
}

/** Names of the nodes that one recipe finds, by its decision. */
export function findNames(graph: Graph, recipe: RecipeName): { float: string[]; note: string[] } {
  const names: { float: string[]; note: string[] } = { float: [], note: [] }
  const others = Object.fromEntries(Object.keys(recipes).map((name) => [name, name === recipe]))
  for (const { decision, nodes } of findRecipes(graph, others)) names[decision].push(...nodes.map((node) => node.name))
  return { float: [...new Set(names.float)], note: [...new Set(names.note)] }
}
