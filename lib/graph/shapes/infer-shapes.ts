import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { Dimension, GraphTensor, Shape } from '../graph-tensor.js'
import { sortNodes } from '../sort-nodes.js'
import { factsOfConstant } from './constant-facts.js'
import { elementwiseRules } from './elementwise-rules.js'
import { layoutRules } from './layout-rules.js'
import { type RuleInput, type ShapeRules, type TensorFacts, unknownFacts } from './rule.js'
import { selectionRules } from './selection-rules.js'
import { windowRules } from './window-rules.js'

const rules: ShapeRules = { ...elementwiseRules, ...windowRules, ...layoutRules, ...selectionRules }

const mostDimensions = 64

export type InferredShapes = ReadonlyMap<GraphTensor, TensorFacts>

export interface InferOptions {
  /** Lengths that inputs will have, by name: then what the file states of other tensors no longer counts. */
  readonly inputs?: Readonly<Record<string, readonly number[]>>
}

/**
 * Element types and shapes of all tensors, as far as they follow from the inputs and constants; lengths may be symbols,
 * and what cannot be said is null. Where nothing follows, what the file states is believed. The graph is not changed.
 *
 * @throws MODEL_CORRUPT for a circle in the graph
 */
export function inferShapes(graph: Graph, options: InferOptions = {}): InferredShapes {
  const found = new Map<GraphTensor, TensorFacts>()
  const areStatedShapesTrue = options.inputs === undefined
  for (const tensor of graph.tensors.values()) {
    if (tensor.constant !== null) found.set(tensor, factsOfConstant(tensor.constant))
    else if (tensor.producer === null) {
      const shape = (Object.hasOwn(options.inputs ?? {}, tensor.name) ? options.inputs?.[tensor.name] : undefined) ?? tensor.shape
      found.set(tensor, { elementType: tensor.elementType, shape, value: null })
    }
  }
  for (const node of sortNodes(graph)) {
    const inferred = inferNode(node, graph.opset, found)
    for (const [index, output] of node.outputs.entries()) {
      if (output === null) continue
      const facts = clean({ ...unknownFacts, ...inferred[index] })
      const stated = areStatedShapesTrue ? output.shape : null
      found.set(output, {
        elementType: facts.elementType ?? output.elementType,
        shape: completeShape(facts.shape, stated),
        value: facts.value,
      })
    }
  }
  return found
}

/** Writes what {@link inferShapes} finds into the tensors of the graph. */
export function annotateShapes(graph: Graph, options: InferOptions = {}): InferredShapes {
  const found = inferShapes(graph, options)
  for (const [tensor, { elementType, shape }] of found) {
    if (tensor.isGraphInput || tensor.constant !== null) continue
    tensor.elementType = elementType
    tensor.shape = shape
  }
  return found
}

function inferNode(node: GraphNode, opset: number, found: InferredShapes): readonly Partial<TensorFacts>[] {
  const rule = node.domain === '' && Object.hasOwn(rules, node.type) ? rules[node.type] : undefined
  if (rule === undefined) return []
  const factsOf = (index: number) => {
    const tensor = node.inputs[index]
    return tensor ? (found.get(tensor) ?? unknownFacts) : unknownFacts
  }
  const input: RuleInput = {
    node,
    opset,
    input: factsOf,
    has: (index) => (node.inputs[index] ?? null) !== null,
    numbers: (index) => {
      const { value } = factsOf(index)
      if (value !== null) return value.every((length) => typeof length === 'number') ? (value as readonly number[]) : null
      const constant = node.inputs[index]?.constant ?? null
      const numbers = constant !== null && constant.elements <= 64 ? constant.numbers() : null
      return numbers && Array.from(numbers)
    },
  }
  return rule(input)
}

// Attributes of a damaged file may make any number of anything.
function clean({ elementType, shape, value }: TensorFacts): TensorFacts {
  if (shape === null || shape.length > mostDimensions) return { elementType, shape: null, value: null }
  return { elementType, shape: shape.map(cleanLength), value }
}

function cleanLength(length: Dimension): Dimension {
  return typeof length === 'number' && !(Number.isSafeInteger(length) && length >= 0) ? null : length
}

function completeShape(inferred: Shape | null, stated: Shape | null): Shape | null {
  if (inferred === null) return stated
  if (stated === null || stated.length !== inferred.length) return inferred
  return inferred.map((length, axis) => length ?? (stated[axis] as Dimension))
}
