import { engineryError } from '../errors/enginery-error.js'
import { loadChunk } from '../model/encode-message.js'
import { blameModel } from '../model/onnx-file.js'
import type { TensorMessage } from '../model/onnx-messages.js'
import { onnxElementTypes } from '../model/onnx-types.js'
import { decodeTensorValues, describeTensor } from '../model/tensor-values.js'
import { type ElementArray, type ElementType, isElementType } from '../tensor/element-type.js'
import { countElements } from '../tensor/shape.js'

/**
 * A tensor whose elements are known: weights, biases, shapes. Never edited: an edit is a new constant. Elements are
 * decoded when asked for, and those that lie in another file are read each time, so keep them while they are needed.
 */
export class Constant {
  readonly #message: TensorMessage | null
  readonly #values: ElementArray | null

  private constructor(
    /** As in {@link onnxElementTypes}; some have no array of ours, and then no {@link values}. */
    readonly elementType: string,
    readonly shape: readonly number[],
    message: TensorMessage | null,
    values: ElementArray | null,
  ) {
    this.#message = message
    this.#values = values
  }

  /** Throws WireError where the message is no tensor. */
  static fromMessage(message: TensorMessage): Constant {
    const { type, shape } = describeTensor(message)
    return new Constant(type, shape, message, null)
  }

  static of<T extends ElementType>(elementType: T, shape: readonly number[], values: ElementArray<T>): Constant {
    return new Constant(elementType, shape, null, values)
  }

  /** The usual way to write axes, lengths and the like: a vector of i64. */
  static ints(values: readonly number[]): Constant {
    return Constant.of('i64', [values.length], BigInt64Array.from(values, toBigint))
  }

  /** Number of elements. */
  get elements(): number {
    return countElements(this.shape)
  }

  /**
   * The elements. A view on the bytes of the model where possible: not to be written to.
   *
   * @throws MODEL_CORRUPT, MODEL_UNSUPPORTED for types without an array, and what reading external weights throws
   */
  values(): ElementArray {
    if (this.#values !== null) return this.#values
    const message = this.#message as TensorMessage
    const values = decodeBlamed(message)
    if (values === null) {
      const reason = `the elements of tensor ${message.name ?? ''} have the type ${this.elementType}`
      throw engineryError('MODEL_UNSUPPORTED', { model: 'The model', reason })
    }
    return values
  }

  /** True where {@link values} has an answer. */
  get isReadable(): boolean {
    return isElementType(this.elementType)
  }

  /** Elements as numbers; 64-bit ones beyond 2^53 are rounded. Null for text and half-precision types. */
  numbers(): Float32Array | Float64Array | readonly number[] | null {
    if (!this.isReadable || ['string', 'f16', 'bf16', 'i4', 'u4'].includes(this.elementType)) return null
    const values = this.values()
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Array.from(values, Number)
    if (values instanceof Float32Array || values instanceof Float64Array) return values
    return Array.from(values as Int32Array)
  }

  /** The tensor as it is written under a name. */
  toMessage(name: string): TensorMessage {
    if (this.#message !== null) return this.#message.name === name ? this.#message : { ...this.#message, name }
    const values = this.#values as ElementArray
    return {
      dimensions: this.shape,
      dataType: onnxElementTypes.findIndex((type) => type.name === this.elementType),
      floatData: [],
      int32Data: [],
      int64Data: [],
      doubleData: [],
      uint64Data: [],
      externalData: [],
      name,
      ...(Array.isArray(values)
        ? { stringData: values.map((text) => Buffer.from(text, 'utf8')) }
        : { stringData: [], rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }),
    }
  }

  /** The bytes as they lie in the file, for digests; null for text and for elements in lists of their own kind. */
  rawBytes(): Uint8Array | null {
    const raw = this.toMessage('').rawData
    return raw === undefined ? null : loadChunk(raw)
  }
}

function decodeBlamed(message: TensorMessage): ElementArray | null {
  try {
    return decodeTensorValues(message)
  } catch (error) {
    throw blameModel('The model', error)
  }
}

function toBigint(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return BigInt(Math.max(value, -(2 ** 63)))
}
