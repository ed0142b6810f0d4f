import type { NodeMessage } from '../model/onnx-messages.js'
import { type AttributeValue, subgraphsOf } from './attributes.js'
import type { GraphTensor } from './graph-tensor.js'

/** What a node is made of; inputs and outputs that are left out are null. */
export interface NodeParts {
  readonly type: string
  /** Empty for the standard operators. */
  readonly domain?: string
  readonly name?: string
  readonly attributes?: readonly AttributeValue[]
  readonly inputs: readonly (GraphTensor | null)[]
  readonly outputs: readonly (GraphTensor | null)[]
}

/** An operator in a graph. Its edges are edited through the {@link Graph}. */
export class GraphNode {
  type: string
  domain: string
  /** As the file has it: may be empty, or the name of several nodes. */
  name: string
  readonly attributes = new Map<string, AttributeValue>()
  readonly inputs: (GraphTensor | null)[] = []
  readonly outputs: (GraphTensor | null)[] = []
  /** Tensors of this graph that subgraphs of the node read by name. */
  readonly captured = new Set<GraphTensor>()

  constructor(
    { type, domain = '', name = '', attributes = [] }: Omit<NodeParts, 'inputs' | 'outputs'>,
    /** What it was read from; unknown fields of it are written again. */
    readonly source: NodeMessage | null = null,
  ) {
    this.type = type
    this.domain = domain
    this.name = name
    for (const value of attributes) this.attributes.set(value.name ?? '', value)
  }

  /** The operator with its domain where that is not the standard one: `Conv`, `com.microsoft.QLinearAdd`. */
  get operator(): string {
    return this.domain === '' ? this.type : `${this.domain}.${this.type}`
  }

  /** Its name, or for a nameless node what it writes. */
  get label(): string {
    return this.name || `${this.type} -> ${this.outputs.find((output) => output !== null)?.name ?? 'nothing'}`
  }

  get hasSubgraphs(): boolean {
    for (const value of this.attributes.values()) if (subgraphsOf(value).length > 0) return true
    return false
  }

  /** True for a standard operator of one of these types. */
  is(...types: readonly string[]): boolean {
    return this.domain === '' && types.includes(this.type)
  }

  int(name: string, standard: number): number
  int(name: string): number | null
  int(name: string, standard: number | null = null): number | null {
    return this.attributes.get(name)?.int ?? standard
  }

  float(name: string, standard: number): number {
    return this.attributes.get(name)?.float ?? standard
  }

  /** null where the attribute is missing. */
  ints(name: string): readonly number[] | null {
    return this.attributes.get(name)?.ints ?? null
  }

  text(name: string, standard: string): string {
    const bytes = this.attributes.get(name)?.string
    return bytes === undefined ? standard : Buffer.from(bytes).toString('utf8')
  }
}
