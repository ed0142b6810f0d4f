import { TextDecoder } from 'node:util'
import { WireError } from './wire-cursor.js'
import { WireType } from './wire-type.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads fields of a protobuf message that is in memory. Positions count from the start of the bytes, whatever their
 * length: the reader of @bufbuild/protobuf counts in 32 bits. Every length is checked against the message around it.
 */
export class WireReader {
  position = 0
  readonly #view: DataView

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Number and wire type of the next field. */
  tag(end: number): { number: number; wire: number } {
    const at = this.position
    const tag = this.varint(end)
    const number = Math.floor(tag / 8)
    if (number < 1 || number > 0x1fffffff) throw new WireError(`field number ${number} at byte ${at}`)
    return { number, wire: tag % 8 }
  }

  /** Where a value of this wire type ends; leaves the position at its first byte, behind its length. */
  valueEnd(wire: number, end: number): number {
    const at = this.position
    switch (wire) {
      case WireType.Varint: {
        this.varint(end)
        const after = this.position
        this.position = at
        return after
      }
      case WireType.Bit64:
        return this.#within(at + 8, end)
      case WireType.Bit32:
        return this.#within(at + 4, end)
      case WireType.LengthDelimited: {
        const length = this.varint(end)
        if (length < 0) throw new WireError(`a negative length at byte ${at}`)
        return this.#within(this.position + length, end)
      }
      default:
        // Groups (3, 4) were never used by these formats.
        throw new WireError(`wire type ${wire} at byte ${at}`)
    }
  }

  /** A signed 64-bit number; rounded beyond 2^53. */
  varint(end: number): number {
    const start = this.position
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) throw new WireError(`a number at byte ${start} has no end`)
      const byte = this.bytes[this.position++] as number
      value += (byte & 0x7f) * scale
      // Ten bytes are a negative number in two's complement, in which a float64 would lose the low bits.
      if (byte < 0x80) return i === 9 ? this.#signed(start) : value
      scale *= 128
    }
    throw new WireError(`a number at byte ${start} is longer than 10 bytes`)
  }

  float(): number {
    const value = this.#view.getFloat32(this.position, true)
    this.position += 4
    return value
  }

  double(): number {
    const value = this.#view.getFloat64(this.position, true)
    this.position += 8
    return value
  }

  string(end: number): string {
    const bytes = this.bytes.subarray(this.position, end)
    try {
      return utf8.decode(bytes)
    } catch {
      throw new WireError(`a name at byte ${this.position} that is no text`)
    }
  }

  #signed(start: number): number {
    let value = 0n
    for (let i = 0; i < 10; i++) value |= BigInt((this.bytes[start + i] as number) & 0x7f) << BigInt(7 * i)
    return Number(BigInt.asIntN(64, value))
  }

  #within(valueEnd: number, end: number): number {
    if (valueEnd <= end) return valueEnd
    throw new WireError(
      end === this.bytes.length
        ? `cut short: what begins at byte ${this.position} ends at byte ${valueEnd}, the file at ${end}`
        : `what begins at byte ${this.position} is longer than the message around it`,
    )
  }
}
