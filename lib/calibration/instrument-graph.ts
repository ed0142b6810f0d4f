import { attribute } from '../graph/attributes.js'
import { cloneGraph } from '../graph/clone-graph.js'
import { Constant } from '../graph/constant.js'
import type { Graph } from '../graph/graph.js'
import type { GraphTensor } from '../graph/graph-tensor.js'
import { onnxFromGraph } from '../graph/onnx-from-graph.js'
import { removeDeadNodes } from '../graph/remove-dead-nodes.js'
import type { InferredShapes } from '../graph/shapes/infer-shapes.js'
import { type TensorFacts, unknownFacts } from '../graph/shapes/rule.js'
import type { LoadedModel } from '../model/onnx-file.js'
import type { Reduction } from './plan-reductions.js'

/** A model that writes statistics of its tensors in place of its outputs, or beside them. */
export interface InstrumentedModel {
  readonly model: LoadedModel
  /** Names of the inputs that are left: engines drop those that nothing needs, and then refuse them. */
  readonly inputs: readonly string[]
  /** Names of all outputs. */
  readonly outputs: readonly string[]
  /** The output with all reductions; null where there are none. */
  readonly vector: string | null
  /** Where each reduction's values begin in the vector. */
  readonly offsets: ReadonlyMap<Reduction, number>
  readonly vectorLength: number
  /** Outputs by the name of the tensor that they show whole. */
  readonly exposed: ReadonlyMap<string, string>
  /** Outputs by the name of the graph's own output that they are; empty where these were not to be kept. */
  readonly own: ReadonlyMap<string, string>
}

const operators = { min: 'ReduceMin', max: 'ReduceMax', mean: 'ReduceMean', square: 'ReduceMean' } as const

/** The opset in which ReduceMin, ReduceMax and ReduceMean take their axes as an input. */
const axesAreInputs = 18

/**
 * Makes that model. The graph is not changed; nodes that only its own outputs need are not in it.
 *
 * All reductions leave in one vector, because every output costs the way into JavaScript. They are joined while they
 * still have their dimensions: a Reshape for each would be many nodes to compile.
 *
 * @param exposed names of tensors that leave the model whole
 */
export function instrumentGraph(
  graph: Graph,
  shapes: InferredShapes,
  reductions: readonly Reduction[],
  exposed: readonly string[],
  { keepsOutputs = false }: { readonly keepsOutputs?: boolean } = {},
): InstrumentedModel {
  const copy = cloneGraph(graph)
  for (const output of [...copy.outputs]) copy.removeOutput(output)
  const factsOf = (name: string) => shapes.get(graph.tensors.get(name) as GraphTensor) ?? unknownFacts
  const builder = new VectorBuilder(copy, factsOf)
  for (const reduction of reductions) builder.add(reduction)
  const vector = builder.finish()
  const outputs = new Map<string, string>()
  for (const name of exposed) outputs.set(name, expose(copy, name, factsOf(name)).name)
  const own = new Map(keepsOutputs ? graph.outputs.map(({ name }) => [name, keepOutput(copy, name).name]) : [])
  removeDeadNodes(copy)
  for (const input of [...copy.inputs]) if (input.consumers.size === 0) copy.removeInput(input)
  return {
    model: onnxFromGraph(copy),
    inputs: copy.inputs.map(({ name }) => name),
    outputs: [...new Set([...(vector === null ? [] : [vector.name]), ...outputs.values(), ...own.values()])],
    vector: vector?.name ?? null,
    offsets: builder.offsets,
    vectorLength: builder.length,
    exposed: outputs,
    own,
  }
}

/** As it is, whatever its type; what no node writes cannot be an output, so a copy is. */
function keepOutput(graph: Graph, name: string): GraphTensor {
  const tensor = graph.tensors.get(name) as GraphTensor
  const shown =
    tensor.producer !== null ? tensor : graph.addOperator({ type: 'Identity', inputs: [tensor] }, `${name}_kept`, tensor)
  if (!shown.isGraphOutput) graph.addOutput(shown)
  return shown
}

function expose(graph: Graph, name: string, { elementType, shape }: TensorFacts): GraphTensor {
  const tensor = graph.tensors.get(name) as GraphTensor
  // Cast also in front of what is f32: an input, or a tensor of unknown type, cannot be an output as it is.
  const shown =
    tensor.producer !== null && elementType === 'f32'
      ? tensor
      : graph.addOperator({ type: 'Cast', inputs: [tensor], attributes: [attribute.int('to', 1)] }, `${name}_shown`, {
          elementType: 'f32',
          shape,
        })
  graph.addOutput(shown)
  return shown
}

interface Part {
  readonly reduction: Reduction
  readonly tensor: GraphTensor
}

class VectorBuilder {
  readonly offsets = new Map<Reduction, number>()
  length = 0
  /** Parts of equal rank that differ in length along one axis alone, by both. */
  readonly #groups = new Map<string, { axis: number; parts: Part[] }>()
  /** Results that are vectors already, or must be made such one by one. */
  readonly #single: Part[] = []
  readonly #constants = new Map<string, GraphTensor>()

  constructor(
    readonly graph: Graph,
    readonly factsOf: (tensor: string) => TensorFacts,
  ) {}

  add(reduction: Reduction): void {
    const { shape, elementType } = this.factsOf(reduction.tensor)
    const { kind, axis } = reduction
    const whole = this.graph.tensors.get(reduction.tensor) as GraphTensor
    const source = kind === 'square' ? this.#square(whole, elementType) : whole
    // Unknown or no dimensions: all elements at once, without naming axes.
    const rank = shape?.length ?? 0
    const axes = shape === null ? null : [...shape.keys()].filter((index) => index !== axis && shape[index] !== 1)
    let tensor = source
    if (axes === null || axes.length > 0) {
      const axesInput = axes !== null && this.graph.opset >= axesAreInputs
      tensor = this.graph.addOperator(
        {
          type: operators[kind],
          inputs: axesInput ? [source, this.#ints(axes)] : [source],
          attributes: [
            attribute.int('keepdims', axes === null ? 0 : 1),
            ...(axes !== null && !axesInput ? [attribute.ints('axes', axes)] : []),
          ],
        },
        `${whole.name}_${kind}`,
      )
    }
    const part = { reduction, tensor: elementType === 'f32' || kind === 'square' ? tensor : this.#toFloat(tensor) }
    if (rank < 2) {
      this.#single.push(part)
      return
    }
    const along = axis ?? 1
    const key = `${rank} ${along}`
    const group = this.#groups.get(key) ?? { axis: along, parts: [] }
    group.parts.push(part)
    this.#groups.set(key, group)
  }

  // Squares of half-precision numbers leave its range.
  #square(tensor: GraphTensor, elementType: string | null): GraphTensor {
    const float = elementType === 'f32' ? tensor : this.#toFloat(tensor)
    return this.graph.addOperator({ type: 'Mul', inputs: [float, float] }, `${tensor.name}_squared`)
  }

  finish(): GraphTensor | null {
    const vectors: GraphTensor[] = []
    for (const { axis, parts } of [...this.#groups.values(), ...this.#single.map((part) => ({ axis: 0, parts: [part] }))]) {
      for (const { reduction } of parts) this.#place(reduction)
      vectors.push(
        this.#flatten(
          this.#concat(
            parts.map(({ tensor }) => tensor),
            axis,
          ),
        ),
      )
    }
    if (vectors.length === 0) return null
    const vector = this.#concat(vectors, 0)
    vector.elementType = 'f32'
    this.graph.addOutput(vector)
    return vector
  }

  #place(reduction: Reduction): void {
    this.offsets.set(reduction, this.length)
    this.length += reduction.length
  }

  #toFloat(tensor: GraphTensor): GraphTensor {
    return this.graph.addOperator({ type: 'Cast', inputs: [tensor], attributes: [attribute.int('to', 1)] }, `${tensor.name}_f32`)
  }

  #concat(inputs: readonly GraphTensor[], axis: number): GraphTensor {
    const [first, second] = inputs
    if (first !== undefined && second === undefined) return first
    return this.graph.addOperator({ type: 'Concat', inputs, attributes: [attribute.int('axis', axis)] }, 'statistics_joined')
  }

  #flatten(tensor: GraphTensor): GraphTensor {
    return this.graph.addOperator({ type: 'Reshape', inputs: [tensor, this.#ints([-1])] }, 'statistics_vector')
  }

  #ints(values: readonly number[]): GraphTensor {
    const key = values.join()
    const constant = this.#constants.get(key) ?? this.graph.addConstant('statistics_axes', Constant.ints(values))
    this.#constants.set(key, constant)
    return constant
  }
}
