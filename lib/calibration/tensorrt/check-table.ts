import { type ScannedTable, scanCalibrationTable, type TableProblemKind } from './calibration-table.js'
import { type CalibrationAlgorithm, calibrationAlgorithms, lastMajorWithTables, shorten } from './table-header.js'
import { digestTable, type TableManifest } from './table-manifest.js'

/** What a table is needed for. Only what is named is compared. */
export interface TableExpectation {
  /** SHA-256 of the float model with all its files. */
  readonly model?: string | undefined
  /** Digest of the samples, or their name; null: nothing tells them. */
  readonly data?: string | null | undefined
  readonly preprocess?: string | null | undefined
  readonly algorithm?: CalibrationAlgorithm | undefined
  /** Of the TensorRT that will read it. */
  readonly major?: number | undefined
  /** Tensors that need a scale. */
  readonly tensors?: Iterable<string> | undefined
  /** Tensors that may have one besides. */
  readonly others?: ReadonlySet<string> | undefined
}

export type TableFindingKind =
  | TableProblemKind
  | 'model'
  | 'data'
  | 'preprocess'
  | 'algorithm'
  | 'major'
  | 'missing'
  | 'unknown'
  | 'changed'
  | 'unaccounted'

export interface TableFinding {
  readonly kind: TableFindingKind
  /** `problem`: the table is not to be used as it is; `note`: worth knowing. */
  readonly level: 'problem' | 'note'
  /** From 1; null where it is not about a line. */
  readonly line: number | null
  /** Those it is about; empty where it is about the whole. */
  readonly tensors: readonly string[]
  readonly text: string
}

export interface CheckedTable extends Pick<ScannedTable, 'table'> {
  /** Problems first. */
  readonly findings: readonly TableFinding[]
}

/**
 * Holds a table against what it is needed for, before TensorRT sees it: TensorRT itself uses a stale one without a word, and
 * takes what is no hexadecimal number for one.
 *
 * @param manifest null where the table has none: then nothing tells whether it is stale
 */
export function checkCalibrationTable(
  bytes: Uint8Array,
  manifest: TableManifest | null,
  expected: TableExpectation = {},
): CheckedTable {
  const { table, problems } = scanCalibrationTable(bytes)
  const findings: TableFinding[] = problems.map(({ kind, line, tensor, reason }) => ({
    kind,
    level: 'problem',
    line,
    tensors: tensor === null ? [] : [tensor],
    text: `line ${line}: ${reason}`,
  }))
  const add = (kind: TableFindingKind, text: string, rest: Partial<TableFinding> = {}) =>
    findings.push({ kind, level: 'problem', line: null, tensors: [], text, ...rest })
  if (manifest !== null) compareManifest(digestTable(bytes), manifest, expected, add)
  else if (expected.model !== undefined || expected.data !== undefined || expected.preprocess !== undefined) {
    add('unaccounted', 'it has no manifest: nothing tells of which model and data it is', { level: 'note' })
  }
  if (table !== null) {
    const { algorithm, major } = expected
    if (algorithm !== undefined && table.algorithm !== algorithm) {
      add(
        'algorithm',
        `${calibrationAlgorithms[algorithm]} is needed, its header says ${calibrationAlgorithms[table.algorithm]}`,
        { line: 1 },
      )
    }
    if (major !== undefined && major > lastMajorWithTables) {
      add('major', `TensorRT ${major} has no calibrators and reads no tables: there the model is quantized instead`, { line: 1 })
    } else if (major !== undefined && table.major !== major) {
      const found = table.major === null ? `the version ${table.version}` : `major ${table.major} (${table.version})`
      add('major', `a table of TensorRT ${major} is needed, its header says ${found}`, { line: 1 })
    }
    if (expected.tensors !== undefined) compareTensors(table.scales, expected, findings, add)
  }
  return { table, findings: [...findings.filter(isProblem), ...findings.filter((finding) => !isProblem(finding))] }
}

export function isProblem({ level }: TableFinding): boolean {
  return level === 'problem'
}

type Add = (kind: TableFindingKind, text: string, rest?: Partial<TableFinding>) => void

function compareManifest(
  found: TableManifest['table'],
  { table, model, data, preprocess }: TableManifest,
  expected: TableExpectation,
  add: Add,
): void {
  if (found.sha256 !== table.sha256) {
    add('changed', `its bytes are not those that its manifest was written for (${found.bytes} bytes now, ${table.bytes} then)`)
  }
  if (expected.model !== undefined && expected.model !== model.sha256) {
    add('model', `it is of another model: ${expected.model} is needed, its manifest says ${model.sha256}`)
  }
  if (expected.data !== undefined && expected.data !== data) {
    add('data', `it is of other samples: ${JSON.stringify(expected.data)} is needed, its manifest says ${JSON.stringify(data)}`)
  }
  if (expected.preprocess !== undefined && expected.preprocess !== preprocess) {
    const says = `${JSON.stringify(expected.preprocess)} is needed, its manifest says ${JSON.stringify(preprocess)}`
    add('preprocess', `it is of samples that were prepared otherwise: ${says}`)
  }
}

const mostNamed = 8

/** Names that TensorRT's ONNX parser gives to what is in no file. */
const addedByParser = /^(?:\(Unnamed Layer\* \d+\) |ONNXTRT_)/

function compareTensors(
  scales: ReadonlyMap<string, number>,
  expected: TableExpectation,
  before: readonly TableFinding[],
  add: Add,
): void {
  const needed = new Set(expected.tensors)
  // A tensor whose line cannot be used is told of already.
  const told = new Set(before.flatMap(({ tensors }) => tensors))
  const missing = [...needed].filter((name) => !scales.has(name) && !told.has(name))
  const others = [...scales.keys()].filter((name) => !needed.has(name))
  const unknown = others.filter((name) => !expected.others?.has(name) && !addedByParser.test(name))
  if (missing.length > 0) add('missing', `it has no scale for ${listed(missing)}`, { tensors: missing })
  if (unknown.length > 0) {
    add('unknown', `nothing in the model is called ${listed(unknown)}`, { level: 'note', tensors: unknown })
  }
  // TensorRT gives up then, in place of leaving layers float.
  const isForeign = needed.size > 0 && scales.size > 0 && others.length === scales.size
  if (isForeign) add('model', 'none of its tensors is one of the model: it is of another')
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).map(shorten).join(', ')
  return `${names.length} tensor${names.length === 1 ? '' : 's'}: ${shown}${names.length > mostNamed ? ', ...' : ''}`
}
