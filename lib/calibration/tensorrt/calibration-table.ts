import { readFile } from 'node:fs/promises'
import { types } from 'node:util'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { requireArgument, requireObject } from '../../errors/require-argument.js'
import { replaceFile } from '../../model/replace-file.js'
import { explainScale, scaleFromHex, scaleToHex } from './scale-hex.js'
import { type CalibrationAlgorithm, formatTableHeader, parseTableHeader, shorten } from './table-header.js'

/**
 * What a calibrator of TensorRT found out: a scale for each tensor. TensorRT, trtexec and Polygraphy write the same text,
 * and so does {@link encodeCalibrationTable}.
 */
export interface CalibrationTable {
  /** As the header has it: `8503`, `101501`. */
  readonly version: string
  /** Of TensorRT; null where the version does not tell. */
  readonly major: number | null
  readonly algorithm: CalibrationAlgorithm
  /** By tensor, in the order of the file: an element is the integer times this. The range is 127 times it, on both sides. */
  readonly scales: ReadonlyMap<string, number>
  /** The lines of the file that it came from, so that what was not changed is written as it was; absent for a new one. */
  readonly source?: readonly TableLine[] | undefined
}

/** A line of a file, with what it means. */
export interface TableLine {
  readonly text: string
  /** `\n`, `\r\n`, or nothing behind the last line. */
  readonly end: string
  /** Null for the header and for empty lines. */
  readonly tensor: string | null
}

export type TableProblemKind =
  | 'empty'
  | 'encoding'
  | 'header'
  | 'line'
  | 'not-hex'
  | 'zero'
  | 'nan'
  | 'infinite'
  | 'negative'
  | 'duplicate'

/** Something that makes a file, or a line of it, useless. */
export interface TableProblem {
  readonly kind: TableProblemKind
  /** From 1. */
  readonly line: number
  readonly tensor: string | null
  readonly reason: string
}

export interface ScannedTable {
  /** What can be read, without the lines that have a problem; null where not even the header can. */
  readonly table: CalibrationTable | null
  readonly problems: readonly TableProblem[]
}

/** Longer ones are no tables: networks have thousands of tensors, not millions. */
const mostBytes = 1 << 28

/**
 * Reads a table, written by whomever.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ; CALIBRATION_TABLE_INVALID for the first thing wrong, with its line;
 * `details.problems` lists all
 */
export async function readCalibrationTable(path: string): Promise<CalibrationTable> {
  return parseCalibrationTable(await readTableBytes(path), path)
}

/**
 * Writes a table; a reader sees the old file or the new one. What was read from a file and not changed has the same bytes.
 *
 * @throws FILE_NOT_WRITTEN; CALIBRATION_TABLE_INVALID for scales or names that no table can hold
 */
export async function writeCalibrationTable(path: string, table: CalibrationTable): Promise<void> {
  const bytes = encodeCalibrationTable(table, path)
  await replaceFile(path, async (file) => {
    await file.writeFile(bytes)
  })
}

/** @throws FILE_NOT_FOUND, FILE_NOT_READ */
export async function readTableBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw engineryError('FILE_NOT_FOUND', { path }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
}

/** @throws CALIBRATION_TABLE_INVALID */
export function parseCalibrationTable(bytes: Uint8Array, path = 'The table'): CalibrationTable {
  requireArgument(types.isUint8Array(bytes), 'the bytes of a calibration table', bytes, 'bytes', parseCalibrationTable)
  const { table, problems } = scanCalibrationTable(bytes)
  const [first] = problems
  if (first === undefined && table !== null) return table
  const { line, reason } = first as TableProblem
  throw engineryError('CALIBRATION_TABLE_INVALID', { path, line, reason }, { details: { problems } })
}

/** Reads what can be read, and says what can not. */
export function scanCalibrationTable(bytes: Uint8Array): ScannedTable {
  const problem = (kind: TableProblemKind, line: number, reason: string): ScannedTable => ({
    table: null,
    problems: [{ kind, line, tensor: null, reason }],
  })
  if (bytes.length > mostBytes) return problem('line', 1, `expected at most ${mostBytes} bytes, received ${bytes.length}`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return problem('encoding', 1, 'expected UTF-8 text')
  }
  if (text.trim() === '') return problem('empty', 1, 'it is empty')
  const [first, ...rest] = splitLines(text) as [SplitLine, ...SplitLine[]]
  const header = parseTableHeader(first.text)
  if (typeof header === 'string') return problem('header', 1, header)
  const scales = new Map<string, number>()
  const source: TableLine[] = [{ ...first, tensor: null }]
  const problems: TableProblem[] = []
  for (const [index, { text, end }] of rest.entries()) {
    const entry = parseLine(text)
    const line = index + 2
    if (entry === null) source.push({ text, end, tensor: null })
    else if ('kind' in entry) problems.push({ ...entry, line })
    else if (scales.has(entry.tensor) && !Object.is(scales.get(entry.tensor), entry.scale)) {
      const reason = `${shorten(entry.tensor)} has another scale than before: ${entry.scale}, not ${scales.get(entry.tensor)}`
      problems.push({ kind: 'duplicate', line, tensor: entry.tensor, reason })
    } else {
      scales.set(entry.tensor, entry.scale)
      source.push({ text, end, tensor: entry.tensor })
    }
  }
  return { table: { ...header, scales, source }, problems }
}

/**
 * The bytes of a table. Lines that came from a file and still say the same are kept as they are.
 *
 * @throws CALIBRATION_TABLE_INVALID for scales or names that no table can hold
 */
export function encodeCalibrationTable(table: CalibrationTable, path = 'The table'): Buffer {
  requireObject(table, 'a calibration table', 'table', encodeCalibrationTable)
  requireArgument(types.isMap(table.scales), 'a calibration table with its scales', table, 'table', encodeCalibrationTable)
  const { source, scales } = table
  const end = source?.[0]?.end || '\n'
  const header = formatTableHeader(table)
  const lines: string[] = []
  const written = new Set<string>()
  const [first, ...rest] = source ?? []
  lines.push(first === undefined || first.text !== header ? header : first.text, first === undefined ? end : first.end)
  for (const { text, end, tensor } of rest) {
    const scale = tensor === null ? undefined : scales.get(tensor)
    if (tensor !== null && scale === undefined) continue
    if (tensor !== null) written.add(tensor)
    const before = tensor === null ? null : parseLine(text)
    const isSame = before === null || ('scale' in before && Object.is(before.scale, scale))
    lines.push(isSame ? text : formatLine(tensor as string, scale as number, path, written.size + 1), end)
  }
  for (const [tensor, scale] of scales) {
    if (written.has(tensor)) continue
    if (lines.at(-1) === '') lines[lines.length - 1] = end
    written.add(tensor)
    lines.push(formatLine(tensor, scale, path, written.size + 1), end)
  }
  return Buffer.from(lines.join(''), 'utf8')
}

interface SplitLine {
  readonly text: string
  readonly end: string
}

function splitLines(text: string): SplitLine[] {
  const lines: SplitLine[] = []
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at)
    if (feed === -1) {
      lines.push({ text: text.slice(at), end: '' })
      break
    }
    const isCarried = feed > at && text[feed - 1] === '\r'
    lines.push({ text: text.slice(at, isCarried ? feed - 1 : feed), end: isCarried ? '\r\n' : '\n' })
    at = feed + 1
  }
  return lines
}

/** Null for an empty line. Names may hold colons and spaces: the number is behind the last colon. */
function parseLine(text: string): { tensor: string; scale: number } | Omit<TableProblem, 'line'> | null {
  if (text.trim() === '') return null
  const colon = text.lastIndexOf(':')
  if (colon <= 0) {
    const reason = `expected "tensor: scale in hexadecimal digits", received ${JSON.stringify(shorten(text))}`
    return { kind: 'line', tensor: null, reason }
  }
  const tensor = text.slice(0, colon)
  const digits = text.slice(colon + 1).trim()
  const scale = scaleFromHex(digits)
  if (scale === null) {
    const reason = `${shorten(tensor)}: expected the 8 hexadecimal digits of a float32, received ${JSON.stringify(shorten(digits))}`
    return { kind: 'not-hex', tensor, reason }
  }
  const kind = explainScale(scale)
  if (kind === null) return { tensor, scale }
  return { kind, tensor, reason: `${shorten(tensor)}: expected a scale above zero, received ${digits}, which is ${scale}` }
}

function formatLine(tensor: string, scale: number, path: string, line: number): string {
  const refuse = (reason: string) => engineryError('CALIBRATION_TABLE_INVALID', { path, line, reason })
  if (tensor === '' || /[\r\n]/.test(tensor))
    throw refuse(`a name without line breaks is needed, received ${JSON.stringify(tensor)}`)
  const kind = explainScale(Math.fround(scale))
  if (kind !== null) throw refuse(`${shorten(tensor)}: expected a scale above zero in float32, received ${scale}`)
  return `${tensor}: ${scaleToHex(scale)}`
}
