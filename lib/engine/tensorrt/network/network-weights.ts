import { types } from 'node:util'
import { z } from 'zod'
import { describeValue } from '../../../errors/describe-value.js'
import { isTensor, type Tensor } from '../../../tensor/tensor.js'
import { type NetworkType, networkTypes } from './layer-names.js'

/**
 * Numbers that a layer holds: an array, whose elements have the type of their class (`Float32Array`: `f32`; a plain array too), or
 * a {@link Tensor}, which says its type itself (`f16`, `bf16`). They are not copied before the network is built: leave them
 * as they are until then.
 */
export type NetworkWeights = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array | readonly number[] | Tensor

/** Weights as a network holds them. */
export interface ResolvedWeights {
  readonly type: NetworkType
  readonly count: number
  readonly data: Uint8Array
  /** Of weights that have one: a Tensor. */
  readonly shape: readonly number[] | null
}

const byTag: Readonly<Record<string, NetworkType>> = {
  Float32Array: 'f32',
  Int8Array: 'i8',
  Uint8Array: 'u8',
  Int32Array: 'i32',
  BigInt64Array: 'i64',
}

const isPlain = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')

export const weightsSchema = z.custom<NetworkWeights>(
  (value) => isWeights(value),
  'expected weights: a Float32Array, another typed array that TensorRT has a type for, an array of numbers, or a Tensor',
)

function isWeights(value: unknown): boolean {
  if (isTensor(value)) return (networkTypes as readonly string[]).includes(value.type)
  return isPlain(value) || (types.isTypedArray(value) && tagOf(value) in byTag)
}

// Not `instanceof`: test runners load this package into a context with classes of its own.
const tagOf = (value: NodeJS.TypedArray): string => value[Symbol.toStringTag] ?? ''

/** The bytes of weights that {@link weightsSchema} took, without copying those of arrays. */
export function resolveWeights(weights: NetworkWeights): ResolvedWeights {
  if (isTensor(weights)) {
    const { type, size, shape } = weights
    return { type: type as NetworkType, count: size, data: bytesOf(weights.data as NodeJS.TypedArray), shape }
  }
  if (isPlain(weights)) return { type: 'f32', count: weights.length, data: bytesOf(Float32Array.from(weights)), shape: null }
  const array = weights as Float32Array
  return { type: byTag[tagOf(array)] as NetworkType, count: array.length, data: bytesOf(array), shape: null }
}

/** For messages: `12 of f32`. */
export function describeWeights(weights: ResolvedWeights | undefined): string {
  return weights === undefined ? describeValue(weights) : `${weights.count} of ${weights.type}`
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
