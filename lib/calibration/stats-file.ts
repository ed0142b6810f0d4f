import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { replaceFile } from '../model/replace-file.js'
import type { CollectedStatistics } from './collect-statistics.js'
import type { AnsweredOutput, FloatAnswers } from './float-answers.js'
import type { TensorStatistics } from './statistic-points.js'
import { type StatisticsIdentity, type StatsHeader, statsHeaderSchema, type TensorEntry } from './stats-header.js'

/** Statistics with what they were made from. */
export interface StoredStatistics extends Omit<CollectedStatistics, 'passes'> {
  readonly identity: StatisticsIdentity
  readonly answers?: FloatAnswers | undefined
}

// Eight bytes, then the length of the header, the header as JSON, the numbers (little endian), and the SHA-256 of all of it.
const magic = Buffer.from('ENGSTAT1', 'latin1')
const prefixBytes = magic.length + 4
const digestBytes = 32

/**
 * Writes a `.stats` file; a reader sees the old file or the new one.
 *
 * @throws FILE_NOT_WRITTEN
 */
export async function writeStatistics(path: string, stored: StoredStatistics): Promise<void> {
  const bytes = encodeStatistics(stored)
  await replaceFile(path, async (file) => {
    await file.writeFile(bytes)
  })
}

/**
 * Reads a `.stats` file.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, STATISTICS_INVALID
 */
export async function readStatistics(path: string): Promise<StoredStatistics> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw engineryError('FILE_NOT_FOUND', { path }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
  return decodeStatistics(bytes, path)
}

export function encodeStatistics(stored: StoredStatistics): Buffer {
  const { identity, sampleCount, shapes, skipped, warnings, convergence, statistics, answers } = stored
  const entries = [...statistics].map(([name, tensor]) => describeTensor(name, tensor))
  const header: StatsHeader = {
    identity,
    sampleCount,
    shapes: shapes as StatsHeader['shapes'],
    skipped: skipped as StatsHeader['skipped'],
    warnings: warnings as StatsHeader['warnings'],
    convergence,
    tensors: entries,
    ...(answers && { answers: describeAnswers(answers) }),
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8')
  const prefix = Buffer.alloc(prefixBytes)
  magic.copy(prefix)
  prefix.writeUInt32LE(json.length, magic.length)
  const arrays = [...[...statistics.values()].flatMap(arraysOf), ...arraysOfAnswers(answers)]
  const parts = [prefix, json, ...arrays.map(bytesOf)]
  const content = Buffer.concat(parts)
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

/** True where bytes begin as a file of statistics does. */
export function isStatisticsFile(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length))
}

/** @throws STATISTICS_INVALID */
export function decodeStatistics(bytes: Uint8Array, path: string): StoredStatistics {
  const refuse = (reason: string, cause?: unknown) => engineryError('STATISTICS_INVALID', { path, reason }, { cause })
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < prefixBytes + digestBytes) throw refuse(`it has ${buffer.length} bytes`)
  if (!buffer.subarray(0, magic.length).equals(magic))
    throw refuse('it does not begin as a file of statistics of this version does')
  const content = buffer.subarray(0, buffer.length - digestBytes)
  if (!createHash('sha256').update(content).digest().equals(buffer.subarray(content.length))) {
    throw refuse('its checksum is not that of its bytes')
  }
  const start = prefixBytes + buffer.readUInt32LE(magic.length)
  if (start > content.length) throw refuse('it ends within its header')
  let json: unknown
  try {
    json = JSON.parse(content.toString('utf8', prefixBytes, start))
  } catch (error) {
    throw refuse(`its header is no JSON: ${(error as Error).message}`, error)
  }
  const parsed = statsHeaderSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refuse(`its header: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`, parsed.error)
  }
  const { tensors, answers, ...rest } = parsed.data
  const reader = new NumberReader(content, start, refuse)
  const statistics = new Map(tensors.map((entry) => [entry.name, readTensor(entry, reader)]))
  const answered = answers && readAnswers(answers, reader)
  if (!reader.isAtEnd) throw refuse('it has more numbers than its header says')
  return { ...rest, statistics, ...(answered && { answers: answered }) }
}

type AnswersHeader = NonNullable<StatsHeader['answers']>

function describeAnswers({ most, inferences, scale }: FloatAnswers): AnswersHeader {
  const described = inferences.map(({ inputs, outputs }) => ({
    inputs,
    outputs: [...outputs].map(([name, { shape, isWhole, values }]) => ({
      name,
      shape,
      isWhole,
      isDouble: values instanceof Float64Array,
    })),
  }))
  return { most, inferences: described, scale }
}

function arraysOfAnswers(answers: FloatAnswers | undefined): (Float32Array | Float64Array)[] {
  return (answers?.inferences ?? []).flatMap(({ outputs }) => [...outputs.values()].map(({ values }) => values))
}

function readAnswers({ most, inferences, scale }: AnswersHeader, reader: NumberReader): FloatAnswers {
  const readOutput = ({ shape, isWhole, isDouble }: AnswersHeader['inferences'][number]['outputs'][number]): AnsweredOutput => {
    const elements = shape.reduce((product, length) => product * length, 1)
    return { shape, isWhole, values: isDouble ? reader.doubles(elements) : reader.floats(elements) }
  }
  const read = inferences.map(({ inputs, outputs }) => ({
    inputs,
    outputs: new Map(outputs.map((output) => [output.name, readOutput(output)])),
  }))
  return { most, inferences: read, scale }
}

function describeTensor(
  name: string,
  { range, channelRange, channelMean, channelSpread, histogram, quantiles }: TensorStatistics,
): TensorEntry {
  return {
    name,
    ...(range && { range: { samples: range.minima.length } }),
    ...(channelRange && { channelRange: { axis: channelRange.axis, channels: channelRange.minima.length } }),
    ...(channelMean && { channelMean: { axis: channelMean.axis, channels: channelMean.means.length } }),
    ...(channelSpread && {
      channelSpread: {
        axis: channelSpread.axis,
        channels: channelSpread.squares.length,
        samples: channelSpread.minima.length / channelSpread.squares.length,
      },
    }),
    ...(histogram && {
      histogram: { exponent: Math.log2(histogram.width), first: histogram.first, bins: histogram.counts.length },
    }),
    ...(quantiles && { quantiles: { lower: quantiles.lower, upper: quantiles.upper, samples: quantiles.low.length } }),
  }
}

/** In the order in which {@link readTensor} reads them. */
function arraysOf({
  range,
  channelRange,
  channelMean,
  channelSpread,
  histogram,
  quantiles,
}: TensorStatistics): (Float32Array | Float64Array)[] {
  return [
    ...(range ? [range.minima, range.maxima] : []),
    ...(channelRange ? [channelRange.minima, channelRange.maxima] : []),
    ...(channelMean ? [channelMean.means] : []),
    ...(channelSpread ? [channelSpread.minima, channelSpread.maxima, channelSpread.squares] : []),
    ...(histogram ? [histogram.counts] : []),
    ...(quantiles ? [quantiles.low, quantiles.high] : []),
  ]
}

function readTensor(entry: TensorEntry, reader: NumberReader): TensorStatistics {
  const { range, channelRange, channelMean, channelSpread, histogram, quantiles } = entry
  return {
    ...(range && { range: { minima: reader.floats(range.samples), maxima: reader.floats(range.samples) } }),
    ...(channelRange && {
      channelRange: {
        axis: channelRange.axis,
        minima: reader.floats(channelRange.channels),
        maxima: reader.floats(channelRange.channels),
      },
    }),
    ...(channelMean && { channelMean: { axis: channelMean.axis, means: reader.doubles(channelMean.channels) } }),
    ...(channelSpread && {
      channelSpread: {
        axis: channelSpread.axis,
        minima: reader.floats(channelSpread.channels * channelSpread.samples),
        maxima: reader.floats(channelSpread.channels * channelSpread.samples),
        squares: reader.doubles(channelSpread.channels),
      },
    }),
    ...(histogram && {
      histogram: { width: 2 ** histogram.exponent, first: histogram.first, counts: reader.doubles(histogram.bins) },
    }),
    ...(quantiles && {
      quantiles: {
        lower: quantiles.lower,
        upper: quantiles.upper,
        low: reader.floats(quantiles.samples),
        high: reader.floats(quantiles.samples),
      },
    }),
  }
}

function bytesOf(values: Float32Array | Float64Array): Buffer {
  const bytes = Buffer.from(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength) as ArrayBuffer)
  return isBigEndian ? swap(bytes, values.BYTES_PER_ELEMENT) : bytes
}

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0

function swap(bytes: Buffer, size: number): Buffer {
  return size === 4 ? bytes.swap32() : bytes.swap64()
}

class NumberReader {
  #position: number

  constructor(
    readonly content: Buffer,
    start: number,
    readonly refuse: (reason: string) => Error,
  ) {
    this.#position = start
  }

  get isAtEnd(): boolean {
    return this.#position === this.content.length
  }

  floats(count: number): Float32Array {
    return new Float32Array(this.#take(count, 4))
  }

  doubles(count: number): Float64Array {
    return new Float64Array(this.#take(count, 8))
  }

  /** A copy: numbers in a file need not be aligned. */
  #take(count: number, size: number): ArrayBuffer {
    const end = this.#position + count * size
    if (end > this.content.length) throw this.refuse('it has fewer numbers than its header says')
    const copy = Uint8Array.prototype.slice.call(this.content, this.#position, end)
    this.#position = end
    if (isBigEndian) swap(Buffer.from(copy.buffer), size)
    return copy.buffer as ArrayBuffer
  }
}
