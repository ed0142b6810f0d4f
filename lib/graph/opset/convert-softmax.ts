import { attribute } from '../attributes.js'
import { resolveAxis } from '../shapes/rule.js'
import type { Conversion } from './operator-converters.js'

/**
 * Before opset 13 a Softmax took all axes from `axis` on together, as one; since then it takes one axis alone. Where the
 * axes behind are missing or of length 1 the two agree; elsewhere the tensor is made flat, and gets its shape back.
 */
export function convertSoftmax({ graph, node, from, shapes }: Conversion): string | null {
  if (from >= 13) return null
  const [input, output] = [node.inputs[0] ?? null, node.outputs[0] ?? null]
  if (input === null || output === null) return 'it lacks its input or output'
  const stated = node.int('axis', 1)
  const shape = shapes.get(input)?.shape ?? null
  const axis = shape === null ? null : resolveAxis(stated, shape.length)
  if (shape !== null && axis === null) return `axis ${stated} is none of the ${shape.length} of its input`
  if (stated === -1 || (shape !== null && axis !== null && shape.slice(axis + 1).every((length) => length === 1))) {
    node.attributes.set('axis', attribute.int('axis', stated))
    return null
  }
  const { elementType } = input
  const lengths = graph.addOperator({ type: 'Shape', inputs: [input] }, `${output.name}_shape`, { elementType: 'i64' })
  const flat = graph.addOperator(
    { type: 'Flatten', attributes: [attribute.int('axis', stated)], inputs: [input] },
    `${output.name}_flat`,
    { elementType },
  )
  const normalized = graph.addTensor(`${output.name}_${node.type}`, { elementType })
  graph.setInput(node, 0, flat)
  graph.setOutput(node, 0, normalized)
  node.attributes.set('axis', attribute.int('axis', 1))
  graph.addNode({ type: 'Reshape', inputs: [normalized, lengths], outputs: [output] })
  return null
}
