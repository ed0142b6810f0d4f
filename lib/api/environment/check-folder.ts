import { access, constants, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { explainFileFailure } from '../../errors/explain-file-failure.js'

export interface FolderReport {
  /** What it is for. */
  readonly purpose: string
  readonly path: string
  readonly exists: boolean
  /** True where it can be written, or, not being there yet, created. */
  readonly writable: boolean
  readonly files: number
  readonly bytes: number
  readonly reason: string | null
}

/** Whether a folder can be used, and what lies in it. Creates nothing. */
export async function checkFolder(purpose: string, path: string): Promise<FolderReport> {
  const absolute = resolve(path)
  const nothing = { purpose, path: absolute, files: 0, bytes: 0 }
  try {
    if (!(await stat(absolute)).isDirectory()) {
      return { ...nothing, exists: true, writable: false, reason: 'it is not a folder' }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      return { ...nothing, exists: false, writable: false, reason: explainFileFailure(error) }
    }
    const reason = await whyNotWritable(await closestExisting(absolute))
    return { ...nothing, exists: false, writable: reason === null, reason }
  }
  const reason = await whyNotWritable(absolute)
  return { purpose, path: absolute, exists: true, writable: reason === null, reason, ...(await measureFolder(absolute)) }
}

async function whyNotWritable(path: string): Promise<string | null> {
  try {
    await access(path, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return explainFileFailure(error)
  }
}

async function closestExisting(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const exists = await access(folder).then(
      () => true,
      () => false,
    )
    if (exists || folder === dirname(folder)) return folder
  }
}

async function measureFolder(path: string): Promise<{ files: number; bytes: number }> {
  let files = 0
  let bytes = 0
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    // A file may be gone by now: another process cleans up.
    const facts = await stat(join(path, entry.name)).catch(() => null)
    if (!facts) continue
    files++
    bytes += facts.size
  }
  return { files, bytes }
}
