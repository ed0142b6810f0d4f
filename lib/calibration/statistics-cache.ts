import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isEngineryError } from '../errors/enginery-error.js'
import { type Logger, logSafely, silentLogger } from '../logging/logger.js'
import { readStatistics, type StoredStatistics, writeStatistics } from './stats-file.js'
import type { StatisticsIdentity } from './stats-header.js'

export interface StatisticsCacheOptions {
  readonly dir: string
  /** Files not used for longest are removed when all together exceed this; 1 GiB unless told. */
  readonly maxBytes?: number | undefined
  readonly logger?: Logger | undefined
}

const defaultMaxBytes = 2 ** 30

// The cache's own files; nothing else in the folder is ever touched.
const fileName = /^[0-9a-f]{64}\.stats$/

/**
 * A folder of `.stats` files named by what they depend on, shared by any number of processes. It never makes a call
 * fail: what cannot be read or written is said to the logger, and the statistics are collected.
 */
export class StatisticsCache {
  readonly dir: string
  readonly #maxBytes: number
  readonly #logger: Logger

  constructor({ dir, maxBytes = defaultMaxBytes, logger = silentLogger }: StatisticsCacheOptions) {
    this.dir = resolve(dir)
    this.#maxBytes = maxBytes
    this.#logger = logger
  }

  async lookup(identity: StatisticsIdentity): Promise<StoredStatistics | null> {
    const path = this.#pathOf(identity)
    try {
      const stored = await readStatistics(path)
      const now = new Date()
      // A folder that may only be read still gives hits.
      await utimes(path, now, now).catch(() => undefined)
      return stored
    } catch (error) {
      if (isEngineryError(error, 'FILE_NOT_FOUND')) return null
      if (isEngineryError(error, 'STATISTICS_INVALID')) await rm(path, { force: true }).catch(() => undefined)
      this.#report(error)
      return null
    }
  }

  async store(stored: StoredStatistics): Promise<void> {
    const path = this.#pathOf(stored.identity)
    try {
      await mkdir(this.dir, { recursive: true })
      await writeStatistics(path, stored)
      await this.#makeRoom(path)
    } catch (error) {
      this.#report(error)
    }
  }

  #pathOf(identity: StatisticsIdentity): string {
    return join(this.dir, `${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}.stats`)
  }

  async #makeRoom(newest: string): Promise<void> {
    const files: { path: string; bytes: number; used: number }[] = []
    for (const name of (await readdir(this.dir)).filter((name) => fileName.test(name))) {
      const path = join(this.dir, name)
      const facts = await stat(path).catch(() => null)
      if (facts !== null) files.push({ path, bytes: facts.size, used: facts.mtimeMs })
    }
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { path, bytes } of files.sort((a, b) => a.used - b.used)) {
      if (total <= this.#maxBytes) return
      if (path === newest) continue
      await rm(path, { force: true })
      total -= bytes
    }
  }

  #report(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    logSafely(this.#logger, 'warn', `cache of statistics ${this.dir}: ${reason}. The statistics are collected.`)
  }
}
