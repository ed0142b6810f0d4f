import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import { requireObject } from '../../errors/require-argument.js'
import { yaml } from '../../model/yaml-parser.js'
import { type ImportedPreprocess, refuseImport } from './imported-preprocess.js'
import { isAboutLabels, type PaddleState, paddleOperators } from './paddle-operators.js'

const source = "Paddle's preprocessing"

/**
 * Where Paddle's projects write their list of operators: `infer_cfg.yml` of PaddleDetection, `inference.yml` of
 * PaddleX, PaddleClas and PaddleOCR, and the readers that PaddleDetection and PaddleSlim evaluate with.
 */
const places: readonly (readonly string[])[] = [
  ['Preprocess'],
  ['PreProcess', 'transform_ops'],
  ['Infer', 'transforms'],
  ['EvalReader', 'sample_transforms'],
  ['TestReader', 'sample_transforms'],
  ['reader', 'sample_transforms'],
  ['reader', 'transform_ops'],
  ['DataLoader', 'Eval', 'dataset', 'transform_ops'],
  ['Eval', 'dataset', 'transforms'],
]

export interface ImportPaddleOptions {
  /** Where the list is, for example `RecPreProcess.transform_ops`. Default: the first of the usual places. */
  readonly section?: string
}

/**
 * Reads the operators of Paddle's deployment and reader files.
 *
 * @param config the text of the YAML file, or what it parses to; also the list of operators itself
 * @throws PREPROCESS_IMPORT_FAILED, naming the operator or key that is not understood
 */
export function importPaddlePreprocess(config: unknown, options: ImportPaddleOptions = {}): ImportedPreprocess {
  requireObject(options, 'an object', '(options)', importPaddlePreprocess)
  const document = typeof config === 'string' ? parseYaml(config) : config
  const operators = findOperators(document, options.section)
  const notes: string[] = []
  const state: Omit<PaddleState, 'refuse'> = { draft: { layout: 'NHWC', color: 'RGB' }, notes, normalized: false }
  for (const operator of operators) applyOperator(operator, state as PaddleState)
  if (state.draft.resize === undefined) state.draft.resize = { mode: 'none' }
  return { description: state.draft, notes }
}

function applyOperator(operator: unknown, state: PaddleState): void {
  const [name, params] = readOperator(operator)
  const known = Object.hasOwn(paddleOperators, name) ? paddleOperators[name] : undefined
  if (known === undefined) {
    if (isAboutLabels(name)) return
    throw refuseImport(source, `the operator ${name} is not understood; expected ${Object.keys(paddleOperators).join(', ')}`)
  }
  const refuse = (reason: string): never => {
    throw refuseImport(source, `${name}: ${reason}`)
  }
  const unknown = Object.keys(params).find((key) => !known.keys.includes(key))
  if (unknown !== undefined) refuse(`the key ${unknown} is not understood; expected ${known.keys.join(', ') || 'none'}`)
  if (state.normalized && /Resize|Crop/.test(name)) refuse('expected it before NormalizeImage: pixels are resized as bytes')
  // The state outlives the operator; what it refuses is this operator's.
  Object.assign(state, { refuse })
  known.apply(params, state)
}

// `- Resize: {...}` or, as exported, `- type: Resize` beside its parameters.
function readOperator(operator: unknown): [name: string, params: Record<string, unknown>] {
  if (typeof operator === 'string') return [operator, {}]
  if (isRecord(operator)) {
    if (typeof operator.type === 'string') {
      const { type, ...params } = operator
      return [type as string, params]
    }
    const [entry, ...more] = Object.entries(operator)
    if (entry !== undefined && more.length === 0 && (entry[1] === null || isRecord(entry[1]))) return [entry[0], entry[1] ?? {}]
  }
  throw refuseImport(
    source,
    `expected an operator such as "Resize: {...}" or "type: Resize", received ${describeValue(operator)}`,
  )
}

function findOperators(document: unknown, section: string | undefined): unknown[] {
  if (Array.isArray(document)) return document
  const candidates = section === undefined ? places : [section.split('.')]
  for (const path of candidates) {
    const found = at(document, path)
    if (!Array.isArray(found)) continue
    const batch = at(document, [...path.slice(0, -1), 'batch_transforms'])
    return path.at(-1) === 'sample_transforms' && Array.isArray(batch) ? [...found, ...batch] : found
  }
  const expected = candidates.map((path) => path.join('.')).join(', ')
  throw refuseImport(source, `expected a list of operators at ${expected}; received ${describeValue(document)}`)
}

function at(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseYaml(text: string): unknown {
  try {
    // Tags such as `!TrainReader` are PaddleDetection's own and mean a plain mapping.
    return yaml().parse(text, { logLevel: 'error' })
  } catch (cause) {
    const reason = `it is no YAML: ${(cause as Error).message.split('\n')[0]}`
    throw engineryError('PREPROCESS_IMPORT_FAILED', { source, reason }, { cause })
  }
}
