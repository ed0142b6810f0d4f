/**
 * What engine code needs of tensors and users do not get: no checks, for hot paths.
 */
import type { NativeMemory } from '../native/openvino-addon.js'
import type { ElementArray, ElementType } from './element-type.js'
import { allocateMemory, type Tensor, wrapSource } from './tensor.js'

export {
  /** Marks a tensor as being written by an inference; false, and nothing marked, where one is at it already. */
  beginWrite,
  endWrite,
  /** Whether an inference has it for an output. */
  isBeingWritten,
  /** True for tensors of this copy of the package. */
  isTensor,
  /** The memory that native code takes in place; null for a tensor over an array. @throws TENSOR_RELEASED */
  nativeMemoryOf,
} from './tensor.js'

/**
 * A tensor over memory that begins with its elements. `shape` is taken as it is: share one frozen array per port.
 * The typed array over it is made when `data` is first read.
 */
export function wrapMemory<T extends ElementType>(
  memory: NativeMemory | ArrayBuffer,
  type: T,
  shape: readonly number[],
  size: number,
): Tensor<T> {
  return wrapSource(type, shape, size, memory, null)
}

/** A tensor over an array that is known to fit. */
export function wrapArray<T extends ElementType>(
  data: ElementArray<T>,
  type: T,
  shape: readonly number[],
  size: number,
): Tensor<T> {
  return wrapSource(type, shape, size, null, data)
}

/** The bytes under a view, in native memory of their own. @throws OUT_OF_MEMORY, TENSOR_DETACHED */
export function copyToNative(view: ArrayBufferView): NativeMemory {
  const memory = allocateMemory(view.byteLength, false, copyToNative)
  new Uint8Array(memory.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  return memory
}
