import { randomUUID } from 'node:crypto'
import { link, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Who holds a lock, as its file says. */
interface Owner {
  readonly pid: number
  readonly host: string
  /** When the process began, in the system's own unit: tells it from a later one with the same number. Null: unknown. */
  readonly began: string | null
  /** Tells one lock from every other. */
  readonly token: string
}

/** A lock that is held. */
export interface HeldLock {
  /** False once somebody took it for abandoned. */
  isStillHeld(): Promise<boolean>
  release(): Promise<void>
}

/** Nobody got hold of it in time. */
export class LockTimeout extends Error {
  constructor(
    readonly owner: string,
    readonly seconds: number,
  ) {
    super(`held by ${owner}`)
  }
}

export interface LockOptions {
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds after which a lock is abandoned whose owner cannot be looked at: of another machine, or a damaged file. */
  readonly abandonedAfter: number
  readonly signal?: AbortSignal | undefined
}

// Between processes of one machine, work under the lock takes milliseconds.
const [shortestWait, longestWait] = [5, 200]
const breakingTakes = 10_000

/**
 * Takes a lock between processes and threads: a file that only one can create. A lock whose process is gone is taken over.
 *
 * @throws LockTimeout; the signal's reason; what the file system throws, where the lock cannot be written at all
 */
export async function takeLock(path: string, { timeout, abandonedAfter, signal }: LockOptions): Promise<HeldLock> {
  const own: Owner = { pid: process.pid, host: hostname(), began: await startOf(process.pid), token: randomUUID() }
  const start = performance.now()
  for (let wait = shortestWait; ; wait = Math.min(wait * 2, longestWait)) {
    signal?.throwIfAborted()
    if (await create(path, JSON.stringify(own))) return hold(path, own)
    if (await breakAbandoned(path, abandonedAfter)) continue
    const waited = performance.now() - start
    if (waited >= timeout) throw new LockTimeout(describeOwner(await readOwner(path)), Math.round(waited / 100) / 10)
    // Those who wait together ask at different times.
    await sleep(wait * (0.5 + Math.random()))
  }
}

function hold(path: string, { token }: Owner): HeldLock {
  const isStillHeld = async () => (await readOwner(path))?.token === token
  return {
    isStillHeld,
    async release() {
      if (await isStillHeld()) await unlink(path).catch(() => undefined)
    },
  }
}

/** False where it is there already. It appears with its text: an empty lock would tell nobody whose it is. */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await link(temporary, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // Some file systems have no links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS' || code === 'EMLINK') return await createAndWrite(path, text)
    throw error
  } finally {
    await unlink(temporary).catch(() => undefined)
  }
}

async function createAndWrite(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** True where the lock was abandoned and is gone now. */
async function breakAbandoned(path: string, abandonedAfter: number): Promise<boolean> {
  if (!(await isAbandoned(path, abandonedAfter))) return false
  // Two that see an abandoned lock must not both remove one: the second would remove the new lock of the first.
  const breaking = `${path}.breaking`
  if (!(await create(breaking, String(process.pid)))) {
    const age = await ageOf(breaking)
    if (age !== null && age > breakingTakes) await unlink(breaking).catch(() => undefined)
    return false
  }
  try {
    if (!(await isAbandoned(path, abandonedAfter))) return false
    await unlink(path).catch(() => undefined)
    return true
  } finally {
    await unlink(breaking).catch(() => undefined)
  }
}

async function isAbandoned(path: string, abandonedAfter: number): Promise<boolean> {
  const owner = await readOwner(path)
  if (owner === null || owner.host !== hostname()) {
    // A file that was created a moment ago has no text yet.
    const age = await ageOf(path)
    return age !== null && age > abandonedAfter
  }
  const began = await startOf(owner.pid)
  if (began !== null && owner.began !== null) return began !== owner.began
  return !isAlive(owner.pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process may not be signalled, and lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Null where there is no such process, or no `/proc`. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name of the program, in parentheses, may hold anything; the 20th field behind it is the start.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null
    const isWhole = Number.isInteger(owner?.pid) && (owner?.pid ?? 0) > 0 && typeof owner?.host === 'string'
    return isWhole ? (owner as Owner) : null
  } catch {
    return null
  }
}

async function ageOf(path: string): Promise<number | null> {
  const facts = await stat(path).catch(() => null)
  return facts && Date.now() - facts.mtimeMs
}

function describeOwner(owner: Owner | null): string {
  if (owner === null) return 'somebody'
  return owner.host === hostname() ? `process ${owner.pid}` : `process ${owner.pid} of ${owner.host}`
}
