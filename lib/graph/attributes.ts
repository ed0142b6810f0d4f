import type { AttributeMessage, GraphMessage, TensorMessage } from '../model/onnx-messages.js'
import { attributeTypes } from '../model/onnx-messages.js'

/** An attribute of a node. The message is what is written; it is a value, never edited in place. */
export type AttributeValue = AttributeMessage

const nothing = { floats: [], ints: [], strings: [], tensors: [], graphs: [] }

/** Makes attributes: `attribute.int('axis', 1)`. */
export const attribute = {
  int: (name: string, int: number): AttributeValue => ({ ...nothing, name, int, type: attributeTypes.int }),
  ints: (name: string, ints: readonly number[]): AttributeValue => ({ ...nothing, name, ints, type: attributeTypes.ints }),
  float: (name: string, float: number): AttributeValue => ({ ...nothing, name, float, type: attributeTypes.float }),
  floats: (name: string, floats: readonly number[]): AttributeValue => ({
    ...nothing,
    name,
    floats,
    type: attributeTypes.floats,
  }),
  graph: (name: string, graph: GraphMessage): AttributeValue => ({ ...nothing, name, graph, type: attributeTypes.graph }),
  string: (name: string, text: string): AttributeValue => ({
    ...nothing,
    name,
    string: Buffer.from(text, 'utf8'),
    type: attributeTypes.string,
  }),
  tensor: (name: string, tensor: TensorMessage): AttributeValue => ({ ...nothing, name, tensor, type: attributeTypes.tensor }),
}

/** Graphs in an attribute: the branches of If, the body of Loop and Scan. */
export function subgraphsOf(value: AttributeValue): readonly GraphMessage[] {
  return value.graph === undefined ? value.graphs : [value.graph, ...value.graphs]
}
