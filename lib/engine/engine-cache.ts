import { mkdir, readdir, readFile, rename, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { type Logger, logSafely, silentLogger } from '../logging/logger.js'
import { hashFile } from '../model/hash-file.js'
import {
  formatManifest,
  removeQuietly,
  temporaryName,
  temporaryPathFor,
  type VerifiedEngine,
  verifyBlob,
  type WriteBlob,
  writeFileAtomically,
} from './engine-file.js'
import { createManifest, type EngineManifest, type ManifestContent, parseManifest } from './manifest.js'

export interface CacheOptions {
  readonly dir: string
  /** Engines not used for longest are removed when all together exceed this; 4 GiB unless told. */
  readonly maxBytes?: number | undefined
  /** Throw CACHE_UNUSABLE where the folder cannot be used, in place of a warning. */
  readonly required?: boolean | undefined
  readonly logger?: Logger | undefined
}

const defaultMaxBytes = 4 * 2 ** 30

/** Whoever wrote a file this long ago and did not finish is not at it any more. */
const staleAfterMilliseconds = 60 * 60 * 1000

// The cache's own files; nothing else in the folder is ever touched.
const manifestName = /^([0-9a-f]{64})\.json$/
const blobName = /^([0-9a-f]{64})-[0-9a-f]{16}\.blob$/

/**
 * A folder of built engines, shared by any number of processes and worker threads, each of which may be killed at any time.
 *
 * An entry is a manifest `<key>.json` and the blob that it describes, `<key>-<start of the blob's SHA-256>.blob`. Both are written under
 * temporary names; the rename of the manifest, which comes last, is what makes an entry. Writers of the same
 * key therefore never mix, and whoever comes last wins with an equal engine.
 */
export class EngineCache {
  readonly dir: string
  readonly #maxBytes: number
  readonly #required: boolean
  readonly #logger: Logger

  constructor(options: CacheOptions) {
    this.dir = resolve(options.dir)
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes
    this.#required = options.required ?? false
    this.#logger = options.logger ?? silentLogger
  }

  /**
   * The engine of a key, its bytes verified; null where there is none. A damaged entry is removed, with a warning. The file may
   * still vanish before it is read (another process makes room): then {@link discard} it and build.
   */
  async lookup(key: string): Promise<VerifiedEngine | null> {
    const manifestPath = this.#manifestPath(key)
    try {
      const text = await readFile(manifestPath, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      })
      if (text === null) return null
      const manifest = parseManifest(text, manifestPath)
      const path = this.#blobPath(key, manifest)
      await verifyBlob(path, manifest.blob)
      await this.#touch(manifestPath)
      return { path, manifest }
    } catch (error) {
      if (isEngineryError(error) && error.code !== 'FILE_NOT_READ') await this.discard(key, error)
      else this.#report(error)
      return null
    }
  }

  /** Removes an entry that turned out to be of no use. */
  async discard(key: string, reason: unknown): Promise<void> {
    const why = reason instanceof Error ? reason.message : String(reason)
    logSafely(this.#logger, 'warn', `engine cache ${this.dir}: entry ${key.slice(0, 12)} is removed and built again: ${why}`)
    await removeQuietly(this.#manifestPath(key))
    for (const name of await this.#list()) {
      if (blobName.exec(name)?.[1] === key) await removeQuietly(join(this.dir, name))
    }
  }

  /**
   * Adds an engine, then makes room. Null, with a warning, where it could not be stored.
   *
   * @throws CACHE_UNUSABLE only if the cache is required
   */
  async store(key: string, writeBlob: WriteBlob, content: ManifestContent): Promise<VerifiedEngine | null> {
    const manifestPath = this.#manifestPath(key)
    const temporary = temporaryPathFor(join(this.dir, `${key}.blob`))
    try {
      await mkdir(this.dir, { recursive: true })
      await writeBlob(temporary)
      const manifest = createManifest(content, await hashFile(temporary))
      if (manifest.blob.bytes > this.#maxBytes) {
        const sizes = `${manifest.blob.bytes} bytes, more than the ${this.#maxBytes} that all may have`
        logSafely(this.#logger, 'warn', `engine cache ${this.dir}: the engine is not kept: it has ${sizes}`)
        return null
      }
      const path = this.#blobPath(key, manifest)
      await rename(temporary, path)
      await writeFileAtomically(manifestPath, formatManifest(manifest))
      await this.#makeRoom(key)
      return { path, manifest }
    } catch (error) {
      this.#report(error)
      return null
    } finally {
      await removeQuietly(temporary)
    }
  }

  /** Removes every entry and every leftover, whoever made them. Other files in the folder stay. */
  async clear(): Promise<void> {
    const names = (await this.#list()).filter(
      (name) => manifestName.test(name) || blobName.test(name) || temporaryName.test(name),
    )
    // Manifests first: without one, a blob is no entry any more.
    for (const name of names.sort((a) => (manifestName.test(a) ? -1 : 1))) await removeQuietly(join(this.dir, name))
  }

  /** Says once and early that the folder is of no use, and clears up what killed processes left behind. */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.dir, { recursive: true })
      await this.#removeLeftovers()
    } catch (error) {
      this.#report(error)
    }
  }

  #manifestPath(key: string): string {
    return join(this.dir, `${key}.json`)
  }

  #blobPath(key: string, manifest: EngineManifest): string {
    return join(this.dir, `${key}-${manifest.blob.sha256.slice(0, 16)}.blob`)
  }

  async #list(): Promise<string[]> {
    return readdir(this.dir).catch(() => [])
  }

  async #touch(path: string): Promise<void> {
    const now = new Date()
    // A folder that may only be read still gives hits; it just does not learn from them.
    await utimes(path, now, now).catch(() => undefined)
  }

  async #removeLeftovers(): Promise<void> {
    const names = await readdir(this.dir)
    const referenced = new Set<string>()
    for (const name of names) {
      const key = manifestName.exec(name)?.[1]
      if (key !== undefined) referenced.add((await this.#referencedBlob(key)) ?? '')
    }
    for (const name of names) {
      const isLeftover = temporaryName.test(name) || (blobName.test(name) && !referenced.has(join(this.dir, name)))
      if (isLeftover && (await this.#isStale(name))) await removeQuietly(join(this.dir, name))
    }
  }

  async #referencedBlob(key: string): Promise<string | null> {
    try {
      const path = this.#manifestPath(key)
      return this.#blobPath(key, parseManifest(await readFile(path, 'utf8'), path))
    } catch {
      return null
    }
  }

  async #isStale(name: string): Promise<boolean> {
    const facts = await stat(join(this.dir, name)).catch(() => null)
    return facts !== null && Date.now() - facts.mtimeMs > staleAfterMilliseconds
  }

  // The entry just stored stays, also where a clock that runs back makes it look old.
  async #makeRoom(newest: string): Promise<void> {
    const blobs = new Map<string, { names: string[]; bytes: number; used: number }>()
    const names = await this.#list()
    for (const name of names) {
      const key = blobName.exec(name)?.[1]
      if (key === undefined) continue
      const entry = blobs.get(key) ?? { names: [], bytes: 0, used: await this.#lastUse(key, name) }
      const facts = await stat(join(this.dir, name)).catch(() => null)
      entry.names.push(name)
      entry.bytes += facts?.size ?? 0
      blobs.set(key, entry)
    }
    let total = [...blobs.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    for (const [key, entry] of [...blobs].sort(([, a], [, b]) => a.used - b.used)) {
      if (total <= this.#maxBytes) return
      if (key === newest) continue
      await removeQuietly(this.#manifestPath(key))
      for (const name of entry.names) await removeQuietly(join(this.dir, name))
      total -= entry.bytes
      logSafely(this.#logger, 'debug', `engine cache ${this.dir}: entry ${key.slice(0, 12)} makes room: ${entry.bytes} bytes`)
    }
  }

  // A blob without a manifest was written a moment ago by somebody else, or is a leftover: its own age tells.
  async #lastUse(key: string, blob: string): Promise<number> {
    const facts = await stat(this.#manifestPath(key))
      .catch(() => stat(join(this.dir, blob)))
      .catch(() => null)
    return facts?.mtimeMs ?? 0
  }

  #report(error: unknown): void {
    const reason = isEngineryError(error) ? error.message : explainFileFailure(error)
    const unusable = engineryError('CACHE_UNUSABLE', { path: this.dir, reason }, { cause: error })
    if (this.#required) throw unusable
    logSafely(this.#logger, 'warn', `${unusable.message}. Engines are built and not kept.`)
  }
}

/**
 * Opens, and makes, a folder of built engines.
 *
 * @throws CACHE_UNUSABLE only with `required`
 */
export async function openCache(options: CacheOptions): Promise<EngineCache> {
  const cache = new EngineCache(options)
  await cache.prepare()
  return cache
}
