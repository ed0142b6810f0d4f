import type { Statistics } from '../../calibration/statistic-points.js'
import { attribute } from '../../graph/attributes.js'
import { Constant } from '../../graph/constant.js'
import { type Graph, isUnused } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { fromFloat32 } from '../../tensor/convert-elements.js'
import type { SkippedNode } from '../quantizer.js'
import { chooseHalfNodes, isQuantizer } from './choose-half-nodes.js'
import { type HalfType, isDataInput } from './half-operators.js'

export interface HalfOptions {
  readonly type: HalfType
  /** Of tensors by name, as far as they were observed: what comes near the end of the type stays float32. */
  readonly ranges?: Statistics | undefined
  /** Inputs and outputs of the graph stay float32; default true. */
  readonly keepInputsAndOutputs?: boolean | undefined
  /** Nodes that stay float32, each with the reason. */
  readonly ignored?: ReadonlyMap<GraphNode, string> | undefined
}

export interface HalfResult {
  /** Labels of the nodes that compute in half precision, quantizers left out. */
  readonly half: readonly string[]
  /** Nodes that compute in float32 still. */
  readonly float: readonly SkippedNode[]
  /** Casts that were added. */
  readonly casts: number
}

// As ONNX numbers them.
const typeNumbers = { f32: 1, f16: 10, bf16: 16 } as const

/**
 * Makes a float32 graph one that computes in half precision where that is right, for engines that take the types of a model
 * at their word. Weights are stored in the type; casts stand where half and float meet, one for each tensor and direction.
 *
 * Quantizers around which all is half have scales in the type, and nothing stands between them and the layer that computes
 * on their integers.
 *
 * The graph is changed, and must be of opset 13 or later; `shapes` are its own.
 */
export function convertToHalf(graph: Graph, shapes: InferredShapes, options: HalfOptions): HalfResult {
  const { type, ranges = new Map(), keepInputsAndOutputs = true, ignored = new Map() } = options
  const { half, float } = chooseHalfNodes(graph, shapes, type, ranges, ignored, !keepInputsAndOutputs)
  const labels = [...half].filter((node) => !isQuantizer(node)).map(({ label }) => label)
  const converter = new HalfConverter(graph, shapes, type, half)
  if (!keepInputsAndOutputs) converter.retypeInputs()
  for (const node of half) converter.readHalf(node)
  for (const node of half) converter.writeHalf(node)
  if (!keepInputsAndOutputs) converter.retypeOutputs()
  return { half: labels, float, casts: converter.casts }
}

class HalfConverter {
  casts = 0
  /** In half precision: by the tensor that had float32. */
  readonly #halves = new Map<GraphTensor, GraphTensor>()
  readonly #halfInputs = new Set<GraphTensor>()

  constructor(
    readonly graph: Graph,
    readonly shapes: InferredShapes,
    readonly type: HalfType,
    readonly half: ReadonlySet<GraphNode>,
  ) {}

  /** Inputs of the graph are half from now on; who reads them in float32 gets a cast. */
  retypeInputs(): void {
    for (const input of this.graph.inputs) {
      if (!this.#isFloat(input)) continue
      input.elementType = this.type
      this.#halfInputs.add(input)
      // Before anything else is changed, so that only nodes which stay float read the cast.
      const uses = input.uses.filter(({ node, index }) => !this.half.has(node) || !isDataInput(node, index))
      if (uses.length > 0) this.#castFor(input, 'f32', uses)
    }
  }

  readHalf(node: GraphNode): void {
    for (const [index, input] of [...node.inputs].entries()) {
      if (input === null || !this.#isFloat(input) || !isDataInput(node, index) || this.#halfInputs.has(input)) continue
      // What another half node writes becomes half where it is written.
      if (input.producer !== null && this.half.has(input.producer)) continue
      this.graph.setInput(node, index, this.#halfOf(input))
      if (isUnused(input) && input.constant !== null) this.graph.removeTensor(input)
    }
  }

  writeHalf(node: GraphNode): void {
    for (const [index, output] of [...node.outputs].entries()) {
      if (output === null || !this.#isFloat(output)) continue
      const uses = output.uses.filter(({ node: reader, index: at }) => !this.half.has(reader) || !isDataInput(reader, at))
      if (!output.isGraphOutput && !output.isCaptured) {
        output.elementType = this.type
        if (uses.length > 0) this.#castFor(output, 'f32', uses)
        continue
      }
      // The outside knows the tensor by its name and type, so the node writes another.
      const written = this.graph.addTensor(`${output.name}_${this.type}`, { elementType: this.type, shape: output.shape })
      for (const use of output.uses)
        if (this.half.has(use.node) && isDataInput(use.node, use.index)) this.graph.setInput(use.node, use.index, written)
      this.graph.setOutput(node, index, null)
      this.graph.setOutput(node, index, written)
      this.#cast(written, output, 'f32')
    }
  }

  /** Outputs of the graph, under their names, in half precision. */
  retypeOutputs(): void {
    for (const output of this.graph.outputs) {
      if (!this.#isFloat(output) || output.isGraphInput || output.isCaptured) continue
      const { producer } = output
      if (producer === null) continue
      const source = producer.inputs[0] ?? null
      if (producer.is('Cast') && source?.elementType === this.type && output.uses.length === 0) {
        // A cast that was added to keep it float32: the node before it writes the output itself.
        const writer = source.producer as GraphNode
        const at = writer.outputs.indexOf(source)
        this.graph.removeNode(producer)
        this.graph.setOutput(writer, at, null)
        this.graph.setOutput(writer, at, output)
        this.graph.replaceUses(source, output)
        this.graph.removeTensor(source)
        this.casts--
      } else {
        const at = producer.outputs.indexOf(output)
        const written = this.graph.addTensor(`${output.name}_f32`, { elementType: 'f32', shape: output.shape })
        this.graph.replaceUses(output, written)
        this.graph.setOutput(producer, at, null)
        this.graph.setOutput(producer, at, written)
        this.#cast(written, output, this.type)
      }
      output.elementType = this.type
    }
  }

  #isFloat(tensor: GraphTensor): boolean {
    return (tensor.constant?.elementType ?? this.shapes.get(tensor)?.elementType) === 'f32'
  }

  #halfOf(tensor: GraphTensor): GraphTensor {
    const known = this.#halves.get(tensor)
    if (known !== undefined) return known
    const { constant } = tensor
    const made =
      constant === null
        ? this.#castTo(tensor, this.type)
        : this.graph.addConstant(`${tensor.name}_${this.type}`, this.#round(constant))
    this.#halves.set(tensor, made)
    return made
  }

  #round(constant: Constant): Constant {
    return Constant.of(this.type, constant.shape, fromFloat32(this.type, constant.values() as Float32Array))
  }

  #castFor(tensor: GraphTensor, type: 'f32' | HalfType, uses: readonly { node: GraphNode; index: number }[]): void {
    const cast = this.#castTo(tensor, type)
    for (const { node, index } of uses) this.graph.setInput(node, index, cast)
  }

  #castTo(tensor: GraphTensor, type: 'f32' | HalfType): GraphTensor {
    const cast = this.graph.addTensor(`${tensor.name}_${type}`, { elementType: type, shape: tensor.shape })
    this.#cast(tensor, cast, type)
    return cast
  }

  #cast(from: GraphTensor, to: GraphTensor, type: 'f32' | HalfType): void {
    this.casts++
    this.graph.addNode({
      type: 'Cast',
      name: `${to.name}_Cast`,
      inputs: [from],
      outputs: [to],
      attributes: [attribute.int('to', typeNumbers[type])],
    })
  }
}
