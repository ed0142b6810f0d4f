import { WireType } from './wire-type.js'

/** A part of the message that the parser needs in memory before it can go on. */
export interface WindowRequest {
  readonly offset: number
  readonly length: number
}

/** Parsing, suspended wherever bytes are missing: run by whoever can read them. */
export type Parsing<Result> = Generator<WindowRequest, Result, void>

/** The bytes are no message of the kind that was expected. */
export class WireError extends Error {}

export interface WireField {
  readonly number: number
  readonly type: WireType
  /** Where the field's value ends. */
  readonly end: number
}

/** Longest string that is read; names and paths are far shorter, so a longer one is garbage. */
export const longestString = 1 << 20

/** No field's tag and length take more. */
const longestHeader = 20

/**
 * Walks over a protobuf message of any size while only a window of it is in memory.
 *
 * The reader of @bufbuild/protobuf wants the whole message in one array, and arrays end at 4 GiB (2 GiB of ONNX is
 * common); this one steps over weights without loading them. Every length is checked against the message around it before it is used.
 */
export class WireCursor {
  /** From the start of the message. */
  position = 0
  #window: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(readonly size: number) {}

  /** Answers a request. */
  load(offset: number, window: Uint8Array): void {
    this.#start = offset
    this.#window = window
  }

  /** The next field before `end`, or null there. Leaves the position at the field's value. */
  *next(end: number): Parsing<WireField | null> {
    if (this.position >= end) return null
    const ahead = Math.min(longestHeader, end - this.position)
    if (!this.#holds(ahead)) yield { offset: this.position, length: ahead }
    const tag = this.#varint(end)
    const number = Math.floor(tag / 8)
    const type = (tag % 8) as WireType
    if (number < 1 || number > 0x1fffffff) throw new WireError(`field number ${number} at byte ${this.position}`)
    return { number, type, end: this.#valueEnd(type, end) }
  }

  /** As {@link next}, beyond a field, whether its value was read or not. */
  nextAfter(field: WireField, end: number): Parsing<WireField | null> {
    this.position = field.end
    return this.next(end)
  }

  /** Value of a Varint field as a signed 64-bit number. */
  *integer(field: WireField): Parsing<number> {
    expectType(field, WireType.Varint)
    const length = field.end - this.position
    if (!this.#holds(length)) yield { offset: this.position, length }
    return this.#varint(field.end)
  }

  /** Values of a repeated Varint field, packed or not; at most `most` of them. */
  *integers(field: WireField, most: number, into: number[]): Parsing<void> {
    if (field.type === WireType.LengthDelimited) {
      const length = field.end - this.position
      if (length > longestString) throw new WireError(`a list of ${length} bytes at byte ${this.position}`)
      if (!this.#holds(length)) yield { offset: this.position, length }
      while (this.position < field.end) into.push(this.#varint(field.end))
    } else {
      into.push(yield* this.integer(field))
    }
    if (into.length > most) throw new WireError(`more than ${most} values at byte ${this.position}`)
  }

  *string(field: WireField): Parsing<string> {
    expectType(field, WireType.LengthDelimited)
    const length = field.end - this.position
    if (length > longestString) throw new WireError(`a text of ${length} bytes at byte ${this.position}`)
    if (!this.#holds(length)) yield { offset: this.position, length }
    const from = this.position - this.#start
    const bytes = this.#window.subarray(from, from + length)
    this.position = field.end
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  #holds(length: number): boolean {
    return this.position >= this.#start && this.position + length <= this.#start + this.#window.length
  }

  #valueEnd(type: number, end: number): number {
    const { position } = this
    switch (type) {
      case WireType.Varint: {
        this.#varint(end)
        const after = this.position
        this.position = position
        return after
      }
      case WireType.Bit64:
        return this.#within(position + 8, end)
      case WireType.Bit32:
        return this.#within(position + 4, end)
      case WireType.LengthDelimited: {
        const length = this.#varint(end)
        if (length < 0) throw new WireError(`a negative length at byte ${position}`)
        return this.#within(this.position + length, end)
      }
      default:
        // Groups (3, 4) were never used by these formats.
        throw new WireError(`wire type ${type} at byte ${position}`)
    }
  }

  #within(valueEnd: number, end: number): number {
    if (valueEnd <= end) return valueEnd
    throw new WireError(
      end === this.size
        ? `cut short: what begins at byte ${this.position} ends at byte ${valueEnd}, the file at ${end}`
        : `what begins at byte ${this.position} is longer than the message around it`,
    )
  }

  // Exact up to 2^53. What is larger gets rounded, and no length or dimension of that size passes the checks on it.
  #varint(end: number): number {
    const start = this.position
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) throw new WireError(`a number at byte ${start} has no end`)
      const byte = this.#window[this.position++ - this.#start] as number
      value += (byte & 0x7f) * scale
      // Ten bytes are a negative number in two's complement, in which a float64 would lose the low bits.
      if (byte < 0x80) return i === 9 ? this.#signed(start) : value
      scale *= 128
    }
    throw new WireError(`a number at byte ${start} is longer than 10 bytes`)
  }

  #signed(start: number): number {
    let value = 0n
    for (let i = 0; i < 10; i++) value |= BigInt((this.#window[start - this.#start + i] as number) & 0x7f) << BigInt(7 * i)
    return Number(BigInt.asIntN(64, value))
  }
}

function expectType(field: WireField, type: WireType): void {
  if (field.type !== type) throw new WireError(`field ${field.number} has wire type ${field.type}, expected ${type}`)
}
