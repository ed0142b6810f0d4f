import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { abortedError } from '../../errors/unless-aborted.js'
import { type Logger, logSafely, silentLogger } from '../../logging/logger.js'
import { replaceFile } from '../../model/replace-file.js'
import { type HeldLock, LockTimeout, takeLock } from './file-lock.js'

const noteSchema = z.object({
  kind: z.literal('enginery-timing-cache'),
  noteVersion: z.literal(1),
  /** SHA-256 of TensorRT's bytes in the file beside this one: those that are being written, and those of before. */
  digests: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(2),
  /** What measurements depend on: library, version, GPU, ... */
  identity: z.record(z.string(), z.string()),
})

type TimingCacheNote = z.output<typeof noteSchema>

export interface TimingCacheOptions {
  /** TensorRT's own bytes, as trtexec's `--timingCacheFile`; `path.json` says whose they are, `path.lock` who writes. */
  readonly path: string
  /** What measurements depend on. A file of another identity is as good as none. */
  readonly identity: Readonly<Record<string, string>>
  /** Milliseconds to wait for others who write; default 30 s. */
  readonly lockTimeout?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly logger?: Logger | undefined
}

export interface StoredTimings {
  /** Empty where there is nothing that can be used. */
  readonly bytes: Uint8Array
  /** `sound`: ours and whole; `foreign`: written by another program, to be judged by TensorRT; the others have no bytes. */
  readonly state: 'sound' | 'foreign' | 'absent' | 'other-identity' | 'damaged'
  /** In words, for states without bytes. */
  readonly reason: string | null
}

/**
 * Brings two timing caches together: TensorRT's `combine`. Null where it refuses one of them.
 *
 * @param stored bytes of the file
 * @param added bytes that a build left
 */
export type MergeTimings = (stored: Uint8Array, added: Uint8Array) => Promise<Uint8Array | null> | Uint8Array | null

const defaultLockTimeout = 30_000
const abandonedAfter = 120_000

/**
 * A timing cache that any number of processes and threads build with at the same time: read without a lock, since files
 * appear whole; written under one, after what others wrote meanwhile was merged in.
 */
export class TimingCacheFile {
  readonly path: string
  readonly #options: TimingCacheOptions
  readonly #logger: Logger

  constructor(options: TimingCacheOptions) {
    this.path = resolve(options.path)
    this.#options = options
    this.#logger = options.logger ?? silentLogger
  }

  /**
   * What a build may begin with. What is damaged or of something else is said to the logger and not given.
   *
   * @throws FILE_NOT_READ
   */
  async read(): Promise<StoredTimings> {
    let stored = await this.#read()
    // Two files cannot be read at once: whoever reads while others write looks again.
    for (let tries = 0; stored.state === 'damaged' && tries < 5; tries++) {
      await sleep(5 * 2 ** tries)
      stored = await this.#read()
    }
    if (stored.reason !== null && stored.state !== 'absent') {
      logSafely(this.#logger, 'warn', `timing cache ${this.path}: ${stored.reason}. All is measured again.`)
    }
    return stored
  }

  /**
   * Adds what a build measured to the file. Answers whether the file changed.
   *
   * @throws FILE_NOT_WRITTEN, TIMING_CACHE_BUSY, ABORTED; TIMING_CACHE_INVALID where `merge` gives nothing; what it throws
   */
  async add(measured: Uint8Array, merge: MergeTimings): Promise<boolean> {
    if (measured.length === 0) return false
    return await this.#locked(async (lock) => {
      const { bytes, state } = await this.#read()
      const stored = state === 'sound' || state === 'foreign' ? bytes : null
      if (stored !== null && Buffer.compare(stored, measured) === 0 && state === 'sound') return false
      const merged = stored === null ? measured : await this.#merge(stored, measured, merge, state === 'foreign')
      if (state === 'sound' && Buffer.compare(bytes, merged) === 0) return false
      // Work that took minutes may have been taken for abandoned: then somebody else writes now.
      if (!(await lock.isStillHeld())) {
        throw engineryError('TIMING_CACHE_BUSY', { path: this.path, owner: 'another process', seconds: 0, lock: this.#lockPath })
      }
      await this.#write(merged, state === 'sound' ? bytes : null)
      return true
    })
  }

  /**
   * Puts other bytes in the place of the file's, which nobody writes meanwhile. A file without a note stays one.
   *
   * @throws FILE_NOT_FOUND, FILE_NOT_READ, FILE_NOT_WRITTEN, TIMING_CACHE_BUSY, ABORTED; TIMING_CACHE_INVALID where it is damaged or of
   * something else; what `change` throws
   */
  async replace(change: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void> {
    await this.#locked(async (lock) => {
      const { bytes, state, reason } = await this.#read()
      if (state === 'absent') throw engineryError('FILE_NOT_FOUND', { path: this.path })
      if (state !== 'sound' && state !== 'foreign')
        throw engineryError('TIMING_CACHE_INVALID', { path: this.path, reason: String(reason) })
      const changed = await change(bytes)
      if (!(await lock.isStillHeld())) {
        throw engineryError('TIMING_CACHE_BUSY', { path: this.path, owner: 'another process', seconds: 0, lock: this.#lockPath })
      }
      if (state === 'sound') await this.#write(changed, bytes)
      else await replaceFile(this.path, async (file) => void (await file.writeFile(changed)))
    })
  }

  get #lockPath(): string {
    return `${this.path}.lock`
  }

  async #merge(stored: Uint8Array, measured: Uint8Array, merge: MergeTimings, isForeign: boolean): Promise<Uint8Array> {
    const merged = await merge(stored, measured)
    if (merged !== null && merged.length > 0) return merged
    const reason = 'TensorRT does not combine it with new measurements'
    // What is not ours is never replaced without being asked to.
    if (isForeign)
      throw engineryError('TIMING_CACHE_INVALID', { path: this.path, reason: `${reason}; it was written by another program` })
    logSafely(this.#logger, 'warn', `timing cache ${this.path}: ${reason}. It is replaced.`)
    return measured
  }

  async #locked<T>(work: (lock: HeldLock) => Promise<T>): Promise<T> {
    const { lockTimeout = defaultLockTimeout, signal } = this.#options
    let lock: HeldLock
    try {
      lock = await takeLock(this.#lockPath, { timeout: lockTimeout, abandonedAfter, signal })
    } catch (error) {
      if (signal?.aborted) throw abortedError('Waiting for the timing cache', signal)
      if (error instanceof LockTimeout) {
        const { owner, seconds } = error
        throw engineryError('TIMING_CACHE_BUSY', { path: this.path, owner, seconds, lock: this.#lockPath }, { cause: error })
      }
      throw engineryError('FILE_NOT_WRITTEN', { path: this.#lockPath, reason: explainFileFailure(error) }, { cause: error })
    }
    try {
      return await work(lock)
    } finally {
      await lock.release()
    }
  }

  async #read(): Promise<StoredTimings> {
    const none = (state: StoredTimings['state'], reason: string) => ({ bytes: new Uint8Array(0), state, reason })
    const bytes = await readIfThere(this.path)
    if (bytes === null) return none('absent', 'there is none')
    const text = await readIfThere(`${this.path}.json`)
    if (bytes.length === 0) return none('damaged', 'it is empty')
    if (text === null) return { bytes, state: 'foreign', reason: null }
    const note = parseTimingCacheNote(text.toString('utf8'))
    if (typeof note === 'string') return none('damaged', `its note cannot be used: ${note}`)
    if (!note.digests.includes(digest(bytes))) return none('damaged', 'its bytes are not those that its note was written for')
    const different = differences(this.#options.identity, note.identity)
    if (different !== null) return none('other-identity', different)
    return { bytes, state: 'sound', reason: null }
  }

  async #write(bytes: Uint8Array, before: Uint8Array | null): Promise<void> {
    const note: TimingCacheNote = {
      kind: 'enginery-timing-cache',
      noteVersion: 1,
      // The note comes first and holds for both, so that a process that is killed in between breaks nothing.
      digests: [digest(bytes), ...(before === null ? [] : [digest(before)])],
      identity: { ...this.#options.identity },
    }
    await replaceFile(`${this.path}.json`, async (file) => {
      await file.writeFile(`${JSON.stringify(note, null, 2)}\n`)
    })
    await replaceFile(this.path, async (file) => {
      await file.writeFile(bytes)
    })
  }
}

/** The note beside a timing cache; else what is wrong with it. */
export function parseTimingCacheNote(text: string): TimingCacheNote | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return `it is no JSON: ${(error as Error).message}`
  }
  const parsed = noteSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`
}

function differences(expected: Readonly<Record<string, string>>, found: Readonly<Record<string, string>>): string | null {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter((name) => expected[name] !== found[name])
  if (names.length === 0) return null
  const show = (value: string | undefined) => value ?? 'nothing'
  return `it is of something else: ${names.map((name) => `${name} ${show(found[name])}, here ${show(expected[name])}`).join('; ')}`
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
}
