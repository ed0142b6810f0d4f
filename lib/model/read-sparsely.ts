import { type FileHandle, open } from 'node:fs/promises'
import { engineryError } from '../errors/enginery-error.js'
import { decodeMessage, rememberOrigin } from './decode-message.js'
import { FileRange, isSameFile } from './file-range.js'
import { graphTable, modelTable, tensorTable } from './onnx-fields.js'
import type { Chunk, ModelMessage, TensorMessage } from './onnx-messages.js'
import { parseFile } from './parse-file.js'
import { type Parsing, type WireCursor, WireError, type WireField } from './wire-cursor.js'
import { WireType } from './wire-type.js'

// Shorter ones would take longer to open the file for than to keep.
const shortestInFile = 1 << 16

/**
 * A model of which the large weights stay in the file: only what is around them is read. The same messages as of
 * {@link decodeMessage}, with `rawData` that is lazy.
 *
 * @returns null where there are no such weights, and for whatever is odd or cannot be read: who reads the whole file then
 * finds out what is wrong with it
 */
export async function readSparsely(path: string): Promise<ModelMessage | null> {
  try {
    const file = await open(path)
    try {
      const stamp = await file.stat({ bigint: true })
      if (!stamp.isFile()) return null
      const layout = await parseFile(file, findLargeTensors)
      if (layout === null) return null
      const changed = () => engineryError('MODEL_CHANGED', { model: path })
      const lazy = ({ start, end }: Span) =>
        new FileRange(path, { offset: start, length: end - start }, { explainEnd: changed, stamp })
      const model = await assemble(file, layout, lazy)
      return isSameFile(stamp, await file.stat({ bigint: true })) ? model : null
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof WireError || error instanceof RangeError || isFromFileSystem(error)) return null
    throw error
  }
}

function isFromFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

/** Bytes of the file from `start` up to, not including, `end`. */
interface Span {
  readonly start: number
  readonly end: number
}

/** A field: `start` is that of its tag, `value` that of what is behind its length. */
interface FieldSpan extends Span {
  readonly value: number
}

interface LargeTensor extends FieldSpan {
  /** Place among the initializers. */
  readonly index: number
  readonly rawData: FieldSpan
}

interface Layout extends Span {
  readonly graph: FieldSpan
  readonly tensors: readonly LargeTensor[]
}

const fieldNumbers = { graph: 7, initializer: 5, rawData: 9 } as const

function* findLargeTensors(cursor: WireCursor): Parsing<Layout | null> {
  let found: Layout | null = null
  yield* eachPart(cursor, cursor.size, fieldNumbers.graph, function* (field, graph) {
    if (found !== null) throw new WireError('two graphs')
    found = { start: 0, end: cursor.size, graph, tensors: yield* findInGraph(cursor, field) }
  })
  return found === null || (found as Layout).tensors.length === 0 ? null : found
}

function* findInGraph(cursor: WireCursor, graph: WireField): Parsing<LargeTensor[]> {
  const tensors: LargeTensor[] = []
  let index = 0
  yield* eachPart(cursor, graph.end, fieldNumbers.initializer, function* (field, span) {
    const rawData = yield* findRawData(cursor, field)
    if (rawData !== null && rawData.end - rawData.value >= shortestInFile) tensors.push({ ...span, index, rawData })
    index++
  })
  return tensors
}

function* findRawData(cursor: WireCursor, tensor: WireField): Parsing<FieldSpan | null> {
  let found: FieldSpan | null = null
  // biome-ignore lint/correctness/useYield: of the kind that visits have to be
  yield* eachPart(cursor, tensor.end, fieldNumbers.rawData, function* (_field, span) {
    if (found !== null) throw new WireError('raw data that is there twice')
    found = span
  })
  return found
}

/** Visits the parts of one number in the message that the cursor stands in. What is no part has another wire type. */
function* eachPart(
  cursor: WireCursor,
  end: number,
  number: number,
  visit: (field: WireField, span: FieldSpan) => Parsing<void>,
): Parsing<void> {
  let start = cursor.position
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    const span = { start, value: cursor.position, end: field.end }
    start = field.end
    if (field.number === number && field.type === WireType.LengthDelimited) yield* visit(field, span)
  }
}

/** Decodes what is around the large weights, part by part, and puts the parts where they belong. */
async function assemble(file: FileHandle, layout: Layout, lazy: (span: Span) => Chunk): Promise<ModelMessage> {
  const { graph, tensors } = layout
  const model = decodeMessage(modelTable, await readAround(file, layout, [graph]))
  const inGraph = decodeMessage(graphTable, await readAround(file, { start: graph.value, end: graph.end }, tensors), 1)
  const large: [number, TensorMessage][] = []
  for (const { index, value, end, rawData } of tensors) {
    const around = decodeMessage(tensorTable, await readAround(file, { start: value, end }, [rawData]), 2)
    const tensor = { ...around, rawData: lazy({ start: rawData.value, end: rawData.end }) }
    large.push([index, rememberOrigin(tensor, lazy({ start: value, end }))])
  }
  const merged = mergeByIndex(inGraph.initializers, large)
  const whole = rememberOrigin({ ...inGraph, initializers: merged }, lazy({ start: graph.value, end: graph.end }))
  return rememberOrigin({ ...model, graph: whole }, lazy(layout))
}

function mergeByIndex(small: readonly TensorMessage[], large: readonly [number, TensorMessage][]): TensorMessage[] {
  const merged: TensorMessage[] = []
  let taken = 0
  for (const [index, tensor] of large) {
    while (merged.length < index) merged.push(small[taken++] as TensorMessage)
    merged.push(tensor)
  }
  return [...merged, ...small.slice(taken)]
}

/** The bytes of a span without those of the gaps, which are in order and within it. */
async function readAround(file: FileHandle, { start, end }: Span, gaps: readonly Span[]): Promise<Uint8Array> {
  const length = gaps.reduce((rest, gap) => rest - (gap.end - gap.start), end - start)
  const bytes = new Uint8Array(length)
  let done = 0
  let from = start
  for (const gap of [...gaps, { start: end, end }]) {
    while (from < gap.start) {
      const { bytesRead } = await file.read(bytes, done, Math.min(gap.start - from, 1 << 30), from)
      if (bytesRead === 0) throw new WireError('cut short while it was read')
      done += bytesRead
      from += bytesRead
    }
    from = gap.end
  }
  return bytes
}
