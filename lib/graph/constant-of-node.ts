import { Constant } from './constant.js'
import type { GraphNode } from './graph-node.js'

/** What a Constant node holds; null for text, sparse tensors and nodes of other types. */
export function constantOfNode(node: GraphNode): Constant | null {
  if (!node.is('Constant')) return null
  const { attributes } = node
  const tensor = attributes.get('value')?.tensor
  if (tensor !== undefined) return Constant.fromMessage(tensor)
  const [int, float] = [attributes.get('value_int')?.int, attributes.get('value_float')?.float]
  if (int !== undefined) return Constant.of('i64', [], Constant.ints([int]).values() as BigInt64Array)
  if (float !== undefined) return Constant.of('f32', [], Float32Array.of(float))
  const [ints, reals] = [attributes.get('value_ints')?.ints, attributes.get('value_floats')?.floats]
  if (ints !== undefined) return Constant.ints(ints)
  return reals === undefined ? null : Constant.of('f32', [reals.length], Float32Array.from(reals))
}
