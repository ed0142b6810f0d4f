import type { Port } from '../../engine/backend.js'
import { engineryError } from '../../errors/enginery-error.js'
import { fromFloat32 } from '../../tensor/convert-elements.js'
import { elementTypes, type FixedSizeElementType } from '../../tensor/element-type.js'
import { countElements } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'

/**
 * A tensor of reproducible random values for an input: floats in [0, 1), 8-bit and 4-bit integers over their whole range,
 * wider integers and booleans 0 or 1, because these are mostly indices, lengths and masks.
 *
 * @throws USAGE_INVALID for text
 */
export function randomTensor(port: Port, shape: readonly number[], seed: number): Tensor {
  if (port.type === 'string') {
    throw engineryError('USAGE_INVALID', {
      reason: `--random-input: input ${port.name} takes text, which is not made up; pass it with --input`,
    })
  }
  const type = port.type as FixedSizeElementType
  const { kind, bits } = elementTypes[type] as { kind: string; bits: number }
  const next = randomNumbers(seed ^ hashName(port.name))
  const values = new Float32Array(countElements(shape))
  const span = kind === 'float' ? null : bits <= 8 && kind !== 'boolean' ? 2 ** bits : 2
  const lowest = kind === 'signed' && bits <= 8 ? -(2 ** (bits - 1)) : 0
  for (let i = 0; i < values.length; i++) values[i] = span === null ? next() : lowest + Math.floor(next() * span)
  const tensor = Tensor.allocate(type, shape)
  ;(tensor.data as Uint8Array).set(fromFloat32(type, values) as unknown as Uint8Array)
  return tensor
}

/** Numbers in [0, 1) by xorshift32 with 24 bits each: the same on every machine, and exact in float32. */
function randomNumbers(seed: number): () => number {
  // Zero is the one state that this generator never leaves.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 8) / 2 ** 24
  }
}

// Inputs of one shape must not all get the same values. FNV-1a.
function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash
}
