import { engineryError } from '../errors/enginery-error.js'
import type { LoadedModel } from '../model/onnx-file.js'
import type { Constant } from './constant.js'
import { GraphNode, type NodeParts } from './graph-node.js'
import { GraphTensor, type TensorType } from './graph-tensor.js'

/**
 * A network that can be edited: nodes, and the tensors between them. Every edit keeps producers and consumers true.
 *
 * An edit that would leave the graph broken (a second producer, an output that nobody writes) is a fault of the caller
 * and throws BUG.
 */
export class Graph {
  readonly #nodes = new Set<GraphNode>()
  readonly #tensors = new Map<string, GraphTensor>()
  readonly #inputs: GraphTensor[] = []
  readonly #outputs: GraphTensor[] = []
  readonly #numbers = new Map<string, number>()
  /** Names inside subgraphs: a new tensor must not hide, or be hidden by, one of them. */
  readonly reservedNames = new Set<string>()

  constructor(
    /** Version of each operator set; the standard one has the domain ''. */
    readonly opsets: Map<string, number>,
    /** What the graph was read from: metadata, functions and what else is not part of the network. */
    readonly source: LoadedModel | null = null,
  ) {}

  /** Version of the standard operators. */
  get opset(): number {
    return this.opsets.get('') ?? 0
  }

  /** In the order they were added; see `sortNodes` for one in which every node follows those it reads from. */
  get nodes(): ReadonlySet<GraphNode> {
    return this.#nodes
  }

  get tensors(): ReadonlyMap<string, GraphTensor> {
    return this.#tensors
  }

  /** Without initializers, which old files list among them. */
  get inputs(): readonly GraphTensor[] {
    return this.#inputs
  }

  get outputs(): readonly GraphTensor[] {
    return this.#outputs
  }

  /** A name that nothing in the graph has: the hint itself, or with a number behind it. */
  uniqueName(hint: string): string {
    const taken = (name: string) => name === '' || this.#tensors.has(name) || this.reservedNames.has(name)
    if (!taken(hint)) return hint
    for (let number = this.#numbers.get(hint) ?? 1; ; number++) {
      const name = `${hint}_${number}`
      if (taken(name)) continue
      this.#numbers.set(hint, number + 1)
      return name
    }
  }

  /** @param hint becomes its name where that is free */
  addTensor(hint: string, { elementType = null, shape = null }: Partial<TensorType> = {}): GraphTensor {
    const tensor = new GraphTensor(this.uniqueName(hint))
    tensor.elementType = elementType
    tensor.shape = shape
    this.#tensors.set(tensor.name, tensor)
    return tensor
  }

  addConstant(hint: string, constant: Constant): GraphTensor {
    const tensor = this.addTensor(hint, constant)
    tensor.constant = constant
    return tensor
  }

  /** Gives a tensor its elements for good, or others than it had. A node that wrote it is taken out. */
  setConstant(tensor: GraphTensor, constant: Constant): void {
    if (tensor.isGraphInput || tensor.isOuter) throw bug(`${tensor.name} gets its value from outside`)
    const { producer } = tensor
    if (producer !== null) this.removeNode(producer)
    tensor.constant = constant
    tensor.elementType = constant.elementType
    tensor.shape = constant.shape
  }

  addInput(tensor: GraphTensor): void {
    if (tensor.isGraphInput) throw bug(`${tensor.name} is an input already`)
    if (tensor.producer !== null || tensor.constant !== null) throw bug(`the input ${tensor.name} has a value already`)
    tensor.isGraphInput = true
    this.#inputs.push(tensor)
  }

  addOutput(tensor: GraphTensor): void {
    if (tensor.isGraphOutput) throw bug(`${tensor.name} is an output already`)
    tensor.isGraphOutput = true
    this.#outputs.push(tensor)
  }

  /** Takes out an input that nobody reads. */
  removeInput(tensor: GraphTensor): void {
    const index = this.#inputs.indexOf(tensor)
    if (index === -1 || tensor.consumers.size > 0 || tensor.isGraphOutput) throw bug(`${tensor.name} is no input, or in use`)
    this.#inputs.splice(index, 1)
    tensor.isGraphInput = false
    this.removeTensor(tensor)
  }

  /** The outside no longer sees the tensor; whatever only it needed stays until `removeDeadNodes`. */
  removeOutput(tensor: GraphTensor): void {
    const index = this.#outputs.indexOf(tensor)
    if (index === -1) throw bug(`${tensor.name} is no output`)
    tensor.isGraphOutput = false
    this.#outputs.splice(index, 1)
  }

  addNode(parts: NodeParts, source: GraphNode['source'] = null): GraphNode {
    const node = new GraphNode(parts, source)
    this.#nodes.add(node)
    for (const input of parts.inputs) {
      node.inputs.push(input)
      input?.consumers.add(node)
    }
    for (const [index, output] of parts.outputs.entries()) this.setOutput(node, index, output)
    return node
  }

  /** Adds a node with one new output and returns that. */
  addOperator(parts: Omit<NodeParts, 'outputs'>, output: string, type: Partial<TensorType> = {}): GraphTensor {
    const tensor = this.addTensor(output, type)
    this.addNode({ ...parts, outputs: [tensor] })
    return tensor
  }

  /** Says that subgraphs of the node read the tensor by its name. */
  addCapture(node: GraphNode, tensor: GraphTensor): void {
    node.captured.add(tensor)
    tensor.consumers.add(node)
  }

  setInput(node: GraphNode, index: number, tensor: GraphTensor | null): void {
    const before = node.inputs[index] ?? null
    while (node.inputs.length < index) node.inputs.push(null)
    node.inputs[index] = tensor
    if (before !== null) this.#forget(node, before)
    if (tensor !== null) tensor.consumers.add(node)
    // Inputs that are left out at the end are not written at all.
    while (node.inputs.length > 0 && node.inputs[node.inputs.length - 1] === null && tensor === null) node.inputs.pop()
  }

  setInputs(node: GraphNode, tensors: readonly (GraphTensor | null)[]): void {
    const before = node.inputs.splice(0)
    for (const [index, tensor] of tensors.entries()) this.setInput(node, index, tensor)
    for (const tensor of before) if (tensor !== null) this.#forget(node, tensor)
  }

  /** The tensor must not have a producer, unless it is another output of the same node being moved. */
  setOutput(node: GraphNode, index: number, tensor: GraphTensor | null): void {
    if (tensor !== null && (tensor.producer !== null || tensor.constant !== null || tensor.isGraphInput)) {
      throw bug(`${tensor.name} would have two sources`)
    }
    while (node.outputs.length < index) node.outputs.push(null)
    const before = node.outputs[index] ?? null
    if (before !== null) before.producer = null
    node.outputs[index] = tensor
    if (tensor !== null) tensor.producer = node
  }

  /** Takes a node out. Its outputs stay, without a producer: give them another, or `removeTensor` them. */
  removeNode(node: GraphNode): void {
    const read = [...node.inputs, ...node.captured]
    node.inputs.length = 0
    node.captured.clear()
    for (const tensor of read) tensor?.consumers.delete(node)
    for (const output of node.outputs) if (output !== null) output.producer = null
    node.outputs.length = 0
    this.#nodes.delete(node)
  }

  /** Takes a tensor out that nobody writes or reads. */
  removeTensor(tensor: GraphTensor): void {
    if (tensor.producer !== null || tensor.consumers.size > 0 || tensor.isGraphInput || tensor.isGraphOutput) {
      throw bug(`${tensor.name} is in use`)
    }
    this.#tensors.delete(tensor.name)
  }

  /** Takes a node out, with those of its outputs that nobody reads. */
  deleteNode(node: GraphNode): void {
    const outputs = [...node.outputs]
    this.removeNode(node)
    for (const output of outputs) if (output !== null && isUnused(output)) this.removeTensor(output)
  }

  /**
   * Whoever read `from` reads `to`; outputs of the graph and subgraphs keep their tensor, since they know it by name.
   *
   * @param keep readers that stay as they are
   */
  replaceUses(from: GraphTensor, to: GraphTensor, keep: ReadonlySet<GraphNode> = new Set()): void {
    for (const { node, index } of from.uses) if (!keep.has(node)) this.setInput(node, index, to)
  }

  /**
   * Puts an operator with one input and one output between a tensor and readers of it.
   *
   * @param uses which; default all nodes. Outputs of the graph and subgraphs go on reading the tensor itself
   * @returns the operator's output
   */
  insertAfter(
    tensor: GraphTensor,
    parts: Omit<NodeParts, 'inputs' | 'outputs'> & { moreInputs?: readonly (GraphTensor | null)[] },
    uses: readonly { node: GraphNode; index: number }[] = tensor.uses,
  ): GraphTensor {
    const { moreInputs = [], ...rest } = parts
    const output = this.addOperator({ ...rest, inputs: [tensor, ...moreInputs] }, `${tensor.name}_${parts.type}`, {
      elementType: tensor.elementType,
      shape: tensor.shape,
    })
    for (const { node, index } of uses) {
      if (node.inputs[index] !== tensor) throw bug(`input ${index} of ${node.label} is not ${tensor.name}`)
      this.setInput(node, index, output)
    }
    return output
  }

  /** Gives the outputs of a node, and with them its readers, to another node, and takes the first out. */
  replaceNode(node: GraphNode, parts: Omit<NodeParts, 'outputs'>): GraphNode {
    const outputs = [...node.outputs]
    this.removeNode(node)
    return this.addNode({ name: node.name, ...parts, outputs })
  }

  /** Refused (BUG) for what the outside, or a subgraph, knows by name, and for names that are taken. */
  renameTensor(tensor: GraphTensor, name: string): void {
    if (tensor.name === name) return
    if (tensor.isGraphInput || tensor.isGraphOutput || tensor.isOuter || tensor.isCaptured) {
      throw bug(`${tensor.name} is known by its name`)
    }
    if (name === '' || this.#tensors.has(name) || this.reservedNames.has(name)) throw bug(`the name "${name}" is taken`)
    this.#tensors.delete(tensor.name)
    tensor.name = name
    this.#tensors.set(name, tensor)
  }

  #forget(node: GraphNode, tensor: GraphTensor): void {
    if (!node.inputs.includes(tensor) && !node.captured.has(tensor)) tensor.consumers.delete(node)
  }
}

/** True where neither a node, a subgraph nor the outside reads a tensor, and the outside does not write it. */
export function isUnused(tensor: GraphTensor): boolean {
  return tensor.consumers.size === 0 && !tensor.isGraphOutput && !tensor.isGraphInput
}

function bug(reason: string): Error {
  return engineryError('BUG', { reason: `editing the graph: ${reason}` })
}
