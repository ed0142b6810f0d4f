import { originOf } from './decode-message.js'
import type { FieldEntry, MessageTable } from './onnx-fields.js'
import type { Chunk, OnnxMessage, PackedElements } from './onnx-messages.js'
import { WireType } from './wire-type.js'

// Smaller ones are copied together: a write per piece would cost more than the copy.
const longestCopied = 1 << 12

/**
 * The bytes of a message in pieces. Weights are not copied: a piece may be a view on what they were read from.
 */
export function encodeMessage<T extends OnnxMessage>(table: MessageTable<T>, message: T): Chunk[] {
  const writer = new ChunkWriter()
  writeMessage(writer, table, message)
  return writer.finish()
}

/** Length of all pieces together. */
export function lengthOfChunks(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

/** All pieces in one array. */
export function joinChunks(chunks: readonly Chunk[]): Uint8Array {
  const joined = new Uint8Array(lengthOfChunks(chunks))
  let position = 0
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) joined.set(chunk, position)
    else chunk.readInto(joined.subarray(position, position + chunk.length), 0)
    position += chunk.length
  }
  return joined
}

// A write or a round of a digest costs little beside so much.
const pieceBytes = 1 << 20

/**
 * The bytes of all pieces in their order, of which at most a mebibyte is in memory that was not there before.
 *
 * @returns arrays that may be overwritten when the next is asked for
 */
export function* piecesOf(chunks: Iterable<Chunk>): Generator<Uint8Array> {
  let buffer: Uint8Array | null = null
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) yield chunk
    else {
      for (let from = 0; from < chunk.length; from += pieceBytes) {
        buffer ??= new Uint8Array(pieceBytes)
        const piece = buffer.subarray(0, Math.min(pieceBytes, chunk.length - from))
        chunk.readInto(piece, from)
        yield piece
      }
    }
  }
}

export function loadChunk(chunk: Chunk): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : chunk.load()
}

function writeMessage<T extends OnnxMessage>(writer: ChunkWriter, table: MessageTable<T>, message: T): void {
  const origin = originOf(message)
  if (origin !== null) {
    writer.bytes(origin)
    return
  }
  for (const field of table.fields) {
    const value = (message as Record<string, unknown>)[field.key]
    if (value === undefined) continue
    if (Array.isArray(value)) for (const item of value) writeField(writer, field, item)
    else writeField(writer, field, value)
  }
  for (const bytes of message.unknown ?? []) writer.bytes(bytes)
}

function writeField(writer: ChunkWriter, { number, kind, inside }: FieldEntry, value: unknown): void {
  switch (kind) {
    case 'string':
    case 'strings':
      writer.delimited(number, Buffer.from(value as string, 'utf8'))
      break
    case 'bytes':
    case 'blobs':
      writer.delimited(number, value as Chunk)
      break
    case 'int':
    case 'ints':
      writer.varint(number * 8 + WireType.Varint)
      writer.varint(value as number)
      break
    case 'float':
    case 'floats':
      writer.varint(number * 8 + WireType.Bit32)
      writer.float(value as number)
      break
    case 'elements': {
      const { wire, bytes } = value as PackedElements
      writer.varint(number * 8 + wire)
      if (wire === WireType.LengthDelimited) writer.varint(bytes.length)
      writer.bytes(bytes)
      break
    }
    case 'message':
    case 'messages': {
      const chunks = encodeMessage((inside as NonNullable<typeof inside>)(), value as OnnxMessage)
      writer.varint(number * 8 + WireType.LengthDelimited)
      writer.varint(lengthOfChunks(chunks))
      for (const chunk of chunks) writer.bytes(chunk)
      break
    }
  }
}

class ChunkWriter {
  readonly #chunks: Chunk[] = []
  #open: Uint8Array = new Uint8Array(256)
  #used = 0

  finish(): Chunk[] {
    this.#flush()
    return this.#chunks
  }

  bytes(chunk: Chunk): void {
    if (!(chunk instanceof Uint8Array) || chunk.length > longestCopied) {
      this.#flush()
      this.#chunks.push(chunk)
      return
    }
    this.#reserve(chunk.length)
    this.#open.set(chunk, this.#used)
    this.#used += chunk.length
  }

  delimited(number: number, chunk: Chunk): void {
    this.varint(number * 8 + WireType.LengthDelimited)
    this.varint(chunk.length)
    this.bytes(chunk)
  }

  /** A signed 64-bit number; what is beyond the largest becomes the largest. */
  varint(value: number): void {
    this.#reserve(10)
    let rest = value
    if (!Number.isSafeInteger(value) || value < 0) {
      let big = BigInt.asUintN(64, value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(Math.max(value, -(2 ** 63))))
      while (big >= 0x80n) {
        this.#open[this.#used++] = Number(big & 0x7fn) | 0x80
        big >>= 7n
      }
      rest = Number(big)
    }
    while (rest >= 0x80) {
      this.#open[this.#used++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#open[this.#used++] = rest
  }

  float(value: number): void {
    this.#reserve(4)
    new DataView(this.#open.buffer).setFloat32(this.#used, value, true)
    this.#used += 4
  }

  #reserve(length: number): void {
    if (this.#used + length <= this.#open.length) return
    const larger = new Uint8Array(Math.max(this.#open.length * 2, this.#used + length))
    larger.set(this.#open.subarray(0, this.#used))
    this.#open = larger
  }

  #flush(): void {
    if (this.#used === 0) return
    this.#chunks.push(this.#open.subarray(0, this.#used))
    this.#open = new Uint8Array(256)
    this.#used = 0
  }
}
