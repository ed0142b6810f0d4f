import type { FieldEntry, MessageTable } from './onnx-fields.js'
import type { Chunk, OnnxMessage } from './onnx-messages.js'
import { WireError } from './wire-cursor.js'
import { WireReader } from './wire-reader.js'
import { WireType } from './wire-type.js'

// No real model comes near; a file of garbage that claims more must not fill the memory or the stack.
const mostEntries = 1_000_000
const deepestMessage = 192

/** The bytes that a message was read from: what was not edited is written as it came. */
const origins = new WeakMap<OnnxMessage, Chunk>()

/** Bytes that a message was decoded from; null for one made here. */
export function originOf(message: OnnxMessage): Chunk | null {
  return origins.get(message) ?? null
}

/** Says which bytes a message stands for that was put together of parts. Answers with the message. */
export function rememberOrigin<T extends OnnxMessage>(message: T, origin: Chunk): T {
  origins.set(message, origin)
  return message
}

/**
 * Reads a message. Its `bytes`, and those of all messages inside, are views on `bytes`, which must not change any more.
 *
 * @param depth of messages around it
 * @throws WireError
 */
export function decodeMessage<T extends OnnxMessage>(table: MessageTable<T>, bytes: Uint8Array, depth = 0): T {
  return decodeRange(new WireReader(bytes), table, bytes.length, depth)
}

type Collected = Record<string, unknown> & { unknown?: Uint8Array[] }

function decodeRange<T extends OnnxMessage>(reader: WireReader, table: MessageTable<T>, end: number, depth: number): T {
  if (depth > deepestMessage) throw new WireError(`messages nested deeper than ${deepestMessage}`)
  const start = reader.position
  const message: Collected = {}
  for (const { key, kind } of table.fields) {
    if (isList(kind)) message[key] = []
  }
  while (reader.position < end) {
    const at = reader.position
    const { number, wire } = reader.tag(end)
    const valueEnd = reader.valueEnd(wire, end)
    const field = table.byNumber.get(number)
    if (field === undefined) {
      message.unknown ??= []
      append(message.unknown, reader.bytes.subarray(at, valueEnd), table)
    } else decodeField(reader, table, field, wire, valueEnd, message, depth)
    reader.position = valueEnd
  }
  origins.set(message, reader.bytes.subarray(start, end))
  return message as unknown as T
}

function isList(kind: FieldEntry['kind']): boolean {
  return (
    kind === 'elements' || kind === 'blobs' || kind === 'ints' || kind === 'floats' || kind === 'strings' || kind === 'messages'
  )
}

function append(list: unknown[], item: unknown, table: MessageTable<OnnxMessage>): void {
  if (list.length >= mostEntries) throw new WireError(`a ${table.name} with more than ${mostEntries} entries of one kind`)
  list.push(item)
}

function decodeField(
  reader: WireReader,
  table: MessageTable<OnnxMessage>,
  { key, number, kind, inside }: FieldEntry,
  wire: number,
  end: number,
  message: Collected,
  depth: number,
): void {
  const expectWire = (...expected: number[]) => {
    if (!expected.includes(wire)) throw new WireError(`field ${number} of a ${table.name} has wire type ${wire}`)
  }
  const list = message[key] as unknown[]
  switch (kind) {
    case 'string':
    case 'strings': {
      expectWire(WireType.LengthDelimited)
      const text = reader.string(end)
      if (kind === 'string') message[key] = text
      else append(list, text, table)
      break
    }
    case 'bytes':
    case 'blobs': {
      expectWire(WireType.LengthDelimited)
      const bytes = reader.bytes.subarray(reader.position, end)
      if (kind === 'bytes') message[key] = bytes
      else append(list, bytes, table)
      break
    }
    case 'int':
      expectWire(WireType.Varint)
      message[key] = reader.varint(end)
      break
    case 'ints':
      expectWire(WireType.Varint, WireType.LengthDelimited)
      while (reader.position < end) append(list, reader.varint(end), table)
      break
    case 'float':
      expectWire(WireType.Bit32)
      message[key] = reader.float()
      break
    case 'floats':
      expectWire(WireType.Bit32, WireType.LengthDelimited)
      if ((end - reader.position) % 4 !== 0) throw new WireError(`a list of numbers at byte ${reader.position} is cut short`)
      while (reader.position < end) append(list, reader.float(), table)
      break
    case 'elements':
      append(list, { wire, bytes: reader.bytes.subarray(reader.position, end) }, table)
      break
    case 'message':
    case 'messages': {
      expectWire(WireType.LengthDelimited)
      const part = decodeRange(reader, (inside as NonNullable<typeof inside>)(), end, depth + 1)
      if (kind === 'messages') append(list, part, table)
      else if (message[key] === undefined) message[key] = part
      // Protobuf would merge the two; no writer of models does that.
      else throw new WireError(`a ${table.name} has its field ${number} twice`)
      break
    }
  }
}
