import { type InspectOptions, inspect, types } from 'node:util'
import { describeList, describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError } from '../errors/enginery-error.js'
import { fromNative } from '../errors/from-native.js'
import { requireArgument } from '../errors/require-argument.js'
import { loadOpenVino } from '../native/load-addon.js'
import type { NativeMemory } from '../native/openvino-addon.js'
import { toFloat32 } from './convert-elements.js'
import {
  arrayLengthOf,
  byteLengthOf,
  createElementArray,
  type ElementArray,
  type ElementType,
  elementTypeNames,
  elementTypes,
  type FixedSizeElementType,
  isElementType,
} from './element-type.js'
import { countElements, parseShape } from './shape.js'
import { type ArrayElementType, adoptArray, type TensorArray } from './tensor-array.js'

/** Where the elements are: memory that engines read and write in place, a bare buffer, or the array itself. */
export type TensorSource = NativeMemory | ArrayBuffer | null

// JavaScript knows no private constructors: what was not called with this came from outside.
const fromWithin = Symbol('within the class')

// Filled in by the class itself, which alone can reach its private fields; tensor-internals.ts says what they do.
let wrapSource: <T extends ElementType>(
  type: T,
  shape: readonly number[],
  size: number,
  source: TensorSource,
  data: ElementArray<T> | null,
) => Tensor<T>
let nativeMemoryOf: (tensor: Tensor) => NativeMemory | null
let beginWrite: (tensor: Tensor) => boolean
let endWrite: (tensor: Tensor) => void
let isBeingWritten: (tensor: Tensor) => boolean
let isTensor: (value: unknown) => value is Tensor

export { beginWrite, endWrite, isBeingWritten, isTensor, nativeMemoryOf, wrapSource }

/**
 * Elements of one type in a shape, row-major and densely packed.
 *
 * **Who owns what.** A tensor from {@link Tensor.allocate} and the larger outputs of engines live in native memory, which engines
 * read and write in place. It belongs to whoever holds the tensor, its `data` or the buffer under it: nothing is reused
 * while any of these is reachable. When all are collected, or at once with {@link Tensor.release}, the
 * memory goes back to a pool, and the next output takes it from there. A tensor from {@link Tensor.from} is a view of
 * the caller's array: it sees later changes of the array.
 *
 * While an inference is running, the tensors given as its `outputs` must not be read, nor native inputs written.
 */
export class Tensor<T extends ElementType = ElementType> {
  readonly type: T
  readonly shape: readonly number[]
  /** Number of elements; 1 for a scalar, whose shape is empty. */
  readonly size: number

  #source: TensorSource
  #data: ElementArray<T> | null
  #writing = false
  #released = false

  /** Checks no more than who calls. Code outside this room uses the functions below or `tensor-internals.ts`. */
  private constructor(
    key: symbol,
    type: T,
    shape: readonly number[],
    size: number,
    source: TensorSource,
    data: ElementArray<T> | null,
  ) {
    if (key !== fromWithin) throw constructed(key, type, shape)
    this.type = type
    this.shape = shape
    this.size = size
    this.#source = source
    this.#data = data
  }

  static {
    wrapSource = (type, shape, size, source, data) => new Tensor(fromWithin, type, shape, size, source, data)
    nativeMemoryOf = (tensor) => {
      if (tensor.#released) throw releasedError(tensor, nativeMemoryOf)
      return tensor.#nativeMemory()
    }
    beginWrite = (tensor) => {
      if (tensor.#writing) return false
      tensor.#writing = true
      return true
    }
    endWrite = (tensor) => {
      tensor.#writing = false
    }
    isBeingWritten = (tensor) => tensor.#writing
    isTensor = (value): value is Tensor => typeof value === 'object' && value !== null && #source in value
  }

  /**
   * A tensor of zeros (empty strings for `string`) in native memory, aligned to 64 bytes: the kind that inference
   * takes without a copy. Its buffer cannot be transferred to a worker: Node copies it
   * there, or refuses.
   *
   * @throws TENSOR_TYPE_INVALID, TENSOR_SHAPE_INVALID, OUT_OF_MEMORY, ADDON_NOT_FOUND, ADDON_LOAD_FAILED
   * @example const frame = Tensor.allocate('f32', [1, 3, 640, 640])
   */
  static allocate<T extends ElementType>(type: T, shape: readonly number[]): Tensor<T> {
    if (!isElementType(type)) throw unknownType(type, Tensor.allocate)
    const checked = parseShape(shape, Tensor.allocate)
    const size = countElements(checked)
    if (type === 'string') return new Tensor(fromWithin, type, checked, size, null, createElementArray(type as T, size))
    return new Tensor(
      fromWithin,
      type,
      checked,
      size,
      allocateMemory(byteLengthOf(type as FixedSizeElementType, size), true, Tensor.allocate),
      null,
    )
  }

  /**
   * A tensor over an array, without a copy. The shape defaults to one dimension; the type to that of the
   * array, and is needed where an array may hold several: `f16` and `bf16` are a `Uint16Array` of raw bits,
   * `bool`, `i4` and `u4` a `Uint8Array`.
   *
   * @throws TENSOR_TYPE_INVALID, TENSOR_SHAPE_INVALID, TENSOR_DATA_INVALID (kind or length of the array), TENSOR_DETACHED
   * @example Tensor.from(new Float32Array([1, 2, 3, 4]), [2, 2])
   */
  static from<A extends TensorArray>(data: A, shape?: readonly number[]): Tensor<ArrayElementType<A>>
  static from<T extends ElementType>(data: TensorArray, shape: readonly number[] | undefined, type: T): Tensor<T>
  static from(data: TensorArray, shape?: readonly number[], type?: ElementType): Tensor {
    if (type !== undefined && !isElementType(type)) throw unknownType(type, Tensor.from)
    const adopted = adoptArray(data, shape === undefined ? undefined : parseShape(shape, Tensor.from), type, Tensor.from)
    return new Tensor(fromWithin, adopted.type, adopted.shape, adopted.size, null, adopted.data)
  }

  /**
   * A copy in native memory of its own.
   *
   * @throws OPTION_INVALID, TENSOR_RELEASED, TENSOR_DETACHED, and as {@link Tensor.allocate}
   */
  static copyOf<T extends ElementType>(tensor: Tensor<T>): Tensor<T> {
    requireArgument(isTensor(tensor), 'a Tensor', tensor, 'tensor', Tensor.copyOf)
    const { type, shape, size, data } = tensor
    if (Array.isArray(data)) return new Tensor(fromWithin, type, shape, size, null, data.slice() as ElementArray<T>)
    const copy = Tensor.allocate(type, shape)
    // The same class on both sides, which the union of all classes hides.
    ;(copy.data as Uint8Array).set(data as Uint8Array)
    return copy
  }

  /**
   * The elements, the same array every time: raw bits for `f16` and `bf16`, two elements a byte for `i4` and `u4`.
   *
   * @throws TENSOR_RELEASED after release(), TENSOR_DETACHED where the buffer under it was transferred or resized
   */
  get data(): ElementArray<T> {
    const data = this.#data ?? this.#view()
    if (data.length !== arrayLengthOf(this.type, this.size)) throw this.#detached()
    return data
  }

  /**
   * The values as float32; for `f32` the data itself, not a copy.
   *
   * @throws TENSOR_RELEASED, TENSOR_DETACHED, TENSOR_TYPE_INVALID for `string`
   */
  toFloat32(): Float32Array {
    return toFloat32(this.type as FixedSizeElementType, this.data as ElementArray<FixedSizeElementType>, {
      elementCount: this.size,
    })
  }

  /** Bytes of the elements; 0 for strings, which have no fixed size. */
  get byteLength(): number {
    return this.type === 'string' ? 0 : byteLengthOf(this.type as FixedSizeElementType, this.size)
  }

  /** True where engines read and write the memory in place. */
  get isNative(): boolean {
    return this.#nativeMemory() !== null
  }

  get released(): boolean {
    return this.#released
  }

  /**
   * Gives the memory back for reuse now, not when it is collected. `data` taken before becomes empty where the memory is
   * native. An inference that still reads the tensor finishes first. Releasing twice is fine.
   *
   * @throws TENSOR_IN_USE while a running inference writes to it
   */
  release(): void {
    if (this.#writing) throw engineryError('TENSOR_IN_USE', { what: describeTensor(this) }, { caller: this.release })
    if (this.#released) return
    const memory = this.#nativeMemory()
    this.#released = true
    this.#source = null
    this.#data = null
    memory?.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  [inspect.custom](_depth: number, options: InspectOptions, show: typeof inspect): string {
    if (this.#released) return `${describeTensor(this)} (released)`
    let data: unknown
    try {
      data = this.data
    } catch {
      return `${describeTensor(this)} (detached)`
    }
    return `${describeTensor(this)}${this.isNative ? ' native' : ''} ${show(data, { ...options, maxArrayLength: Math.min(options.maxArrayLength ?? 12, 12) })}`
  }

  #nativeMemory(): NativeMemory | null {
    const source = this.#source
    return source === null || types.isArrayBuffer(source) ? null : source
  }

  #view(): ElementArray<T> {
    const source = this.#source
    if (source === null) throw releasedError(this, dataGetter)
    const { array } = elementTypes[this.type] as {
      array: new (buffer: ArrayBuffer, offset: number, length: number) => ElementArray<T>
    }
    const buffer = types.isArrayBuffer(source) ? source : source.buffer
    if (buffer.byteLength < this.byteLength) throw this.#detached()
    this.#data = new array(buffer, 0, arrayLengthOf(this.type, this.size))
    return this.#data
  }

  #detached(): Error {
    return engineryError('TENSOR_DETACHED', { what: describeTensor(this) }, { caller: dataGetter })
  }
}

const dataGetter = Object.getOwnPropertyDescriptor(Tensor.prototype, 'data')?.get as Caller

function constructed(...given: unknown[]): Error {
  const end = given.indexOf(undefined)
  const received = given.slice(0, end < 0 ? given.length : end).map(describeValue)
  return engineryError('TENSOR_CONSTRUCTED', { received: received.join(', ') }, { caller: Tensor })
}

function releasedError(tensor: Tensor, caller: Caller): Error {
  return engineryError('TENSOR_RELEASED', { type: tensor.type, shape: tensor.shape }, { caller })
}

function describeTensor(tensor: Tensor): string {
  return `Tensor ${tensor.type}[${describeList(tensor.shape)}]`
}

function unknownType(type: unknown, caller: Caller): Error {
  return engineryError('TENSOR_TYPE_INVALID', { expected: elementTypeNames, received: describeValue(type) }, { caller })
}

export function allocateMemory(byteLength: number, zero: boolean, caller: Caller): NativeMemory {
  const { Memory } = loadOpenVino()
  try {
    return new Memory(byteLength, zero)
  } catch (error) {
    throw fromNative(error, { caller })
  }
}
