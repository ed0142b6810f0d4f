import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Dataset } from '../../dataset/annotations.js'
import { canonicalJson } from '../../engine/engine-digest.js'
import { localIdentity } from '../../engine/openvino/engine-identity.js'
import { ResultStore } from '../../evaluation/result-store.js'
import type { Candidate } from '../../evaluation/run-samples.js'
import { createDecoder, type TaskInput } from '../../evaluation/tasks/create-decoder.js'
import type { Engine } from '../../inference/engine.js'
import type { Logger } from '../../logging/logger.js'
import { createPreprocessor, type Preprocessor } from '../../preprocess/create-preprocessor.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { requireSoleInput } from '../calibration/sole-input.js'
import { evaluateOptionInvalid } from './evaluate-option-invalid.js'
import { type CandidateEngine, openCandidate, type SharedEngineOptions } from './open-candidate.js'

/** A model of an evaluation: open, with what its results are made with and where they are kept. */
export interface OpenedCandidate extends Candidate {
  /** File name, made unique. */
  readonly name: string
  /** Null for an engine of the caller's, who closes it. */
  readonly path: string | null
  /** Samples that an earlier run has done. */
  readonly resumed: number
}

export interface OpenCandidatesOptions {
  readonly models: readonly (string | Engine)[]
  readonly data: Dataset
  readonly preprocess: PreprocessDescription | undefined
  readonly preprocessIntoModel: boolean
  readonly task: TaskInput
  readonly engine: SharedEngineOptions
  readonly results: string | undefined
  readonly signal: AbortSignal | undefined
  readonly logger: Logger | undefined
  readonly onOpened: (count: number) => void
}

/**
 * Opens the models one after the other, and the files of their results. What was opened is closed again where one fails.
 *
 * @throws as openCandidate; OPTION_INVALID; the PREPROCESS_, DECODE_ and RESULTS_ codes
 */
export async function openCandidates(options: OpenCandidatesOptions): Promise<OpenedCandidate[]> {
  const { data, preprocess, preprocessIntoModel: intoModel, task, engine: shared } = options
  const engines: CandidateEngine[] = []
  const candidates: OpenedCandidate[] = []
  try {
    for (const model of options.models) {
      const { signal, logger } = options
      options.onOpened(engines.length)
      engines.push(await openCandidate(model, { options: shared, pictures: preprocess, intoModel, signal, logger }))
    }
    const names = uniqueNames(engines)
    for (const [index, each] of engines.entries()) {
      const { engine, path, pictures } = each
      const call = { caller: openCandidates, name: 'evaluate', option: 'preprocess', of: 'a model' }
      const preprocessor = pictures && createPreprocessor(pictures, requireSoleInput(engine, call))
      const decode = createDecoder(task, each.metadata)
      const name = names[index] as string
      const store = await openStore(options.results, name, each, { data, preprocessor, task, engine: shared })
      const resumed = data.samples.filter(({ id }) => store.outcomes.has(id)).length
      candidates.push({ engine, path, name, decode, store, preprocessor, resumed })
    }
    return candidates
  } catch (error) {
    await Promise.allSettled(candidates.map(({ store }) => store.close()))
    await closeEngines(engines)
    throw error
  }
}

export async function closeCandidates(candidates: readonly OpenedCandidate[]): Promise<void> {
  await Promise.allSettled(candidates.map(({ store }) => store.close()))
  await closeEngines(candidates)
}

async function closeEngines(engines: readonly { readonly engine: Engine; readonly path: string | null }[]): Promise<void> {
  for (const { engine, path } of engines) if (path !== null) await engine.close()
}

interface StoredRun {
  readonly data: Dataset
  readonly preprocessor: Preprocessor | undefined
  readonly task: TaskInput
  readonly engine: SharedEngineOptions
}

async function openStore(
  folder: string | undefined,
  name: string,
  { digest, engine }: CandidateEngine,
  { data, preprocessor, task, engine: options }: StoredRun,
): Promise<ResultStore> {
  if (folder === undefined) return ResultStore.inMemory()
  if (digest === null)
    throw evaluateOptionInvalid('results', 'expected models by path: an engine that is open has no digest to tell it by')
  if (task.decoder === 'custom')
    throw evaluateOptionInvalid('results', 'expected a task by name: a function cannot be told from another')
  if (data.digest === '')
    throw evaluateOptionInvalid('results', 'expected data in files: nothing tells whether an iterable gives the same as before')
  const { shapes, preprocess, properties } = options
  const { device, precision } = await engine.describe()
  // Another version may compute or decode otherwise.
  const { versions } = await localIdentity(device)
  return ResultStore.open(join(folder, `${name}.results.jsonl`), {
    model: digest,
    device,
    precision,
    versions: Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', '),
    engine: digestOf({ shapes, preprocess, properties }),
    data: data.digest,
    preprocess: preprocessor?.digest ?? 'none',
    task: digestOf(task),
  })
}

function digestOf(options: object): string {
  return createHash('sha256').update(canonicalJson(options)).digest('hex')
}

function uniqueNames(opened: readonly CandidateEngine[]): string[] {
  const taken = new Set<string>()
  return opened.map(({ path }, index) => {
    const own = path === null ? `engine-${index + 1}` : basename(path)
    let name = own
    for (let count = 2; taken.has(name); count++) name = `${own}-${count}`
    taken.add(name)
    return name
  })
}
