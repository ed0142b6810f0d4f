import type { OnnxDimension } from '../model/onnx-types.js'
import type { Constant } from './constant.js'
import type { GraphNode } from './graph-node.js'

/** A length, the name of a symbolic dimension, or null where nothing is known. */
export type Dimension = OnnxDimension
export type Shape = readonly Dimension[]

/** What is known of a tensor's elements and lengths. */
export interface TensorType {
  /** As in `onnxElementTypes`; null: unknown. */
  readonly elementType: string | null
  /** null: not even the number of dimensions is known. */
  readonly shape: Shape | null
}

/**
 * A value between nodes: what a node writes, an input of the graph, or a constant. Edited through its {@link Graph},
 * which keeps producer and consumers true.
 */
export class GraphTensor implements TensorType {
  elementType: string | null = null
  shape: Shape | null = null
  /** Elements of an initializer. */
  constant: Constant | null = null
  /** The node that writes it; null for inputs, initializers, and tensors of a graph around this one. */
  producer: GraphNode | null = null
  /** Nodes that read it, or whose subgraphs do, in the order they began to. */
  readonly consumers = new Set<GraphNode>()
  isGraphInput = false
  isGraphOutput = false
  /** Defined where this graph cannot see: in the graph around it, or as a sparse initializer. */
  isOuter = false

  constructor(public name: string) {}

  /** True where a subgraph reads it by its name. */
  get isCaptured(): boolean {
    for (const node of this.consumers) if (node.captured.has(this)) return true
    return false
  }

  /** Every place that reads it. A node may read it more than once. */
  get uses(): { node: GraphNode; index: number }[] {
    const uses: { node: GraphNode; index: number }[] = []
    for (const node of this.consumers) {
      node.inputs.forEach((input, index) => {
        if (input === this) uses.push({ node, index })
      })
    }
    return uses
  }

  /** The node that alone reads it, at one place, while nobody outside sees it; null where there is none. */
  get soleConsumer(): GraphNode | null {
    if (this.isGraphOutput || this.consumers.size !== 1 || this.isCaptured) return null
    const [use, another] = this.uses
    return use !== undefined && another === undefined ? use.node : null
  }
}
