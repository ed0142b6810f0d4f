/**
 * Results of an evaluation on disk, one line of JSON a sample, appended as they come: what makes a run resumable.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import type { TaskResult } from './tasks/task.js'

/** What results depend on, all digests or names; those of another run are not mixed in. */
export type ResultsKey = Readonly<
  Record<'model' | 'device' | 'precision' | 'versions' | 'engine' | 'data' | 'preprocess' | 'task', string>
>

/** What a model made of one sample. */
export interface SampleOutcome {
  readonly id: string
  readonly result: TaskResult
  /** Values of the outputs that are NaN or infinite. */
  readonly nonFinite: number
}

const format = 'enginery-results/1'

const headSchema = z.object({ format: z.string(), key: z.record(z.string(), z.string()) })
const lineSchema = z.object({ id: z.string(), nonFinite: z.int().min(0), result: z.looseObject({ task: z.string() }) })

/** Outcomes of one model, those of an earlier run included. */
export class ResultStore {
  /** By sample. */
  readonly outcomes: Map<string, SampleOutcome>
  readonly #file: FileHandle | undefined
  readonly #path: string
  #last: Promise<void> = Promise.resolve()
  #failure: unknown

  private constructor(outcomes: Map<string, SampleOutcome>, file?: FileHandle, path = '') {
    this.outcomes = outcomes
    this.#file = file
    this.#path = path
  }

  /** Keeps outcomes in memory only. */
  static inMemory(): ResultStore {
    return new ResultStore(new Map())
  }

  /**
   * Opens or makes the file. A last line that was cut off, as a run that was killed leaves it, is dropped.
   *
   * @throws RESULTS_MISMATCH where the file holds results of something else, naming what differs
   * @throws RESULTS_INVALID, FILE_NOT_WRITTEN
   */
  static async open(path: string, key: ResultsKey): Promise<ResultStore> {
    try {
      await mkdir(dirname(path), { recursive: true })
      const file = await open(path, 'a+')
      try {
        return new ResultStore(await takeUp(file, path, key), file, path)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (cause) {
      throw notWritten(cause, path)
    }
  }

  /**
   * Keeps an outcome. Lines are written one after the other.
   *
   * @throws FILE_NOT_WRITTEN where an earlier line could not be written: a long run ends then, not after its last sample
   */
  add(outcome: SampleOutcome): void {
    if (this.#failure !== undefined) throw notWritten(this.#failure, this.#path)
    this.outcomes.set(outcome.id, outcome)
    if (!this.#file) return
    const line = `${JSON.stringify({ ...outcome, result: encodeResult(outcome.result) })}\n`
    this.#last = this.#last
      // Behind a line that was cut off, none could be read.
      .then(() => (this.#failure === undefined ? this.#file?.appendFile(line) : undefined))
      .catch((error) => {
        this.#failure ??= error
      })
  }

  /** @throws FILE_NOT_WRITTEN where a line could not be written */
  async flush(): Promise<void> {
    await this.#last
    if (this.#failure !== undefined) throw notWritten(this.#failure, this.#path)
  }

  async close(): Promise<void> {
    await this.#last
    await this.#file?.close()
  }
}

function notWritten(cause: unknown, path: string): Error {
  if (isEngineryError(cause)) return cause
  return engineryError('FILE_NOT_WRITTEN', { path, reason: explainFileFailure(cause) }, { cause })
}

async function takeUp(file: FileHandle, path: string, key: ResultsKey): Promise<Map<string, SampleOutcome>> {
  const outcomes = new Map<string, SampleOutcome>()
  let number = 0
  let whole = 0
  for await (const { line, end } of readWholeLines(file)) {
    number++
    whole = end
    if (number === 1) {
      compareKeys(readHead(line, path), key, path)
      continue
    }
    const outcome = readLine(line, path, number)
    outcomes.set(outcome.id, outcome)
  }
  if (whole < (await file.stat()).size) await file.truncate(whole)
  if (number === 0) await file.appendFile(`${JSON.stringify({ format, key })}\n`)
  return outcomes
}

/** A long run makes files that are larger than any string, and would take long to parse in one go. */
const chunkBytes = 2 ** 20

/** Lines that end; `end` is where the next one begins, in bytes. */
async function* readWholeLines(file: FileHandle): AsyncGenerator<{ readonly line: string; readonly end: number }> {
  let rest: Uint8Array = new Uint8Array(0)
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(chunkBytes), 0, chunkBytes, position)
    if (bytesRead === 0) return
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    const from = position - rest.length
    let start = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, start)) {
      yield { line: bytes.toString('utf8', start, at), end: from + at + 1 }
      start = at + 1
    }
    rest = bytes.subarray(start)
    position += bytesRead
  }
}

function readHead(line: string, path: string): Readonly<Record<string, string>> {
  const head = headSchema.safeParse(parseJson(line))
  if (!head.success || head.data.format !== format) {
    throw engineryError('RESULTS_INVALID', { path, line: 1, reason: `expected a first line with format ${format}` })
  }
  return head.data.key
}

function compareKeys(found: Readonly<Record<string, string>>, key: ResultsKey, path: string): void {
  const differing = Object.entries(key).filter(([name, value]) => found[name] !== value)
  if (differing.length === 0) return
  const shorten = (value: string | undefined) => (value === undefined ? 'nothing' : value.slice(0, 40))
  const reason = differing.map(([name, value]) => `${name} (there ${shorten(found[name])}, now ${shorten(value)})`).join(', ')
  throw engineryError('RESULTS_MISMATCH', { path, reason })
}

function readLine(text: string, path: string, line: number): SampleOutcome {
  const parsed = lineSchema.safeParse(parseJson(text))
  if (!parsed.success) throw engineryError('RESULTS_INVALID', { path, line, reason: 'expected the outcome of a sample' })
  const { id, nonFinite, result } = parsed.data
  return { id, nonFinite, result: decodeResult(result as unknown as TaskResult) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// JSON has no NaN and no infinity.
function encodeResult(result: TaskResult): object {
  if (result.task !== 'embedding') return result
  return { ...result, vector: Array.from(result.vector, (value) => (Number.isFinite(value) ? value : String(value))) }
}

function decodeResult(result: TaskResult): TaskResult {
  return result.task === 'embedding' ? { ...result, vector: Float32Array.from(result.vector, Number) } : result
}
