import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { hashFile } from '../model/hash-file.js'
import { createManifest, type EngineManifest, type ManifestContent, manifestPathOf, parseManifest } from './manifest.js'

/** Writes an engine's bytes to a path of its own: a new file, which is renamed afterwards. */
export type WriteBlob = (path: string) => Promise<void>

/** Temporary names of ours, so that leftovers of a killed process can be told from other files. */
export const temporaryName = /\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.tmp$/

/** A name in the same folder that nobody else uses: renaming it into place is atomic. */
export function temporaryPathFor(path: string): string {
  return `${path}.${randomUUID()}.tmp`
}

/**
 * Writes a file by way of a temporary one that is flushed and renamed: readers see the old contents or the new, and a
 * failure leaves the old.
 */
export async function writeFileAtomically(path: string, contents: string): Promise<void> {
  const temporary = temporaryPathFor(path)
  try {
    await writeFile(temporary, contents, { flag: 'wx', flush: true })
    await rename(temporary, path)
  } catch (error) {
    await removeQuietly(temporary)
    throw error
  }
}

/**
 * Saves an engine and its manifest beside it. Both are complete on disk before either appears under its name; after any
 * failure the files of before are unchanged and nothing is left behind.
 *
 * @throws FILE_NOT_WRITTEN; what `writeBlob` throws
 */
export async function saveEngineFiles(path: string, writeBlob: WriteBlob, content: ManifestContent): Promise<EngineManifest> {
  const target = resolve(path)
  const manifestPath = manifestPathOf(target)
  const blobTemporary = temporaryPathFor(target)
  const manifestTemporary = temporaryPathFor(manifestPath)
  try {
    await refuseOtherThanFiles(target, manifestPath)
    await writeBlob(blobTemporary)
    await flush(blobTemporary)
    const manifest = createManifest(content, await hashFile(blobTemporary))
    await writeFile(manifestTemporary, formatManifest(manifest), { flag: 'wx', flush: true })
    await replaceBoth([blobTemporary, target], [manifestTemporary, manifestPath])
    await flushFolder(dirname(target))
    return manifest
  } catch (error) {
    await Promise.all([removeQuietly(blobTemporary), removeQuietly(manifestTemporary)])
    throw asWriteFailure(path, blobTemporary, error)
  }
}

export function formatManifest(manifest: EngineManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

// Renaming over it would also replace a device such as /dev/null.
async function refuseOtherThanFiles(...paths: string[]): Promise<void> {
  for (const path of paths) {
    const facts = await stat(path).catch(() => null)
    if (facts === null || facts.isFile()) continue
    if (facts.isDirectory()) throw engineryError('FILE_NOT_WRITTEN', { path, reason: 'there is a folder of that name' })
    throw engineryError('FILE_NOT_WRITTEN', { path, reason: 'what is there is no regular file' })
  }
}

type Replacement = readonly [temporary: string, target: string]

// Two renames cannot be one. A second name for the old blob lets it come back if the manifest cannot be renamed; a
// process killed between the two leaves a blob that the old manifest does not describe, which reading finds out.
async function replaceBoth(blob: Replacement, manifest: Replacement): Promise<void> {
  const backup = temporaryPathFor(blob[1])
  const hasBackup = await keepSecondName(blob[1], backup)
  try {
    await rename(...blob)
    try {
      await rename(...manifest)
    } catch (error) {
      if (hasBackup) await rename(backup, blob[1])
      else await removeQuietly(blob[1])
      throw error
    }
  } finally {
    if (hasBackup) await removeQuietly(backup)
  }
}

async function keepSecondName(path: string, second: string): Promise<boolean> {
  try {
    await link(path, second)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    // Some file systems have no links.
    try {
      await copyFile(path, second, constants.COPYFILE_FICLONE)
    } catch (copyError) {
      await removeQuietly(second)
      throw copyError
    }
    return true
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

// Makes the new names themselves durable. Not every platform can open a folder, and the data is safe without it.
async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch {}
}

export async function removeQuietly(path: string): Promise<boolean> {
  return unlink(path).then(
    () => true,
    () => false,
  )
}

function asWriteFailure(path: string, temporary: string, error: unknown): Error {
  if (isEngineryError(error, 'FILE_NOT_WRITTEN')) {
    // Raised for the temporary file, whose name means nothing to the caller.
    const reason = String(error.details.reason).replaceAll(temporary, path)
    return engineryError('FILE_NOT_WRITTEN', { path, reason }, { cause: error.cause ?? error, engineLog: error.engineLog })
  }
  if (isEngineryError(error)) return error
  return engineryError('FILE_NOT_WRITTEN', { path, reason: explainFileFailure(error) }, { cause: error })
}

/** A saved engine whose bytes are those that its manifest describes. */
export interface VerifiedEngine {
  /** Absolute path of the engine's bytes. */
  readonly path: string
  readonly manifest: EngineManifest
}

/**
 * Reads and checks a saved engine: the bytes are hashed before any engine sees them, because damaged ones can
 * end the process.
 *
 * @throws ENGINE_NOT_FOUND, MANIFEST_MISSING, MANIFEST_INVALID, ENGINE_CORRUPT, FILE_NOT_READ
 */
export async function readEngineFiles(path: string): Promise<VerifiedEngine> {
  const manifest = await readManifest(path)
  const absolute = resolve(path)
  await verifyBlob(absolute, manifest.blob, path)
  return { path: absolute, manifest }
}

/**
 * The manifest of a saved engine, without looking at its bytes.
 *
 * @throws ENGINE_NOT_FOUND, MANIFEST_MISSING, MANIFEST_INVALID, ENGINE_CORRUPT (empty), FILE_NOT_READ
 */
export async function readManifest(path: string): Promise<EngineManifest> {
  const absolute = resolve(path)
  const facts = await stat(absolute).catch((error: unknown) => {
    if (isMissing(error)) throw engineryError('ENGINE_NOT_FOUND', { path }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  })
  if (!facts.isFile()) throw engineryError('ENGINE_NOT_FOUND', { path: `${path} (a folder)` })
  const manifestPath = manifestPathOf(absolute)
  let text: string
  try {
    text = await readFile(manifestPath, 'utf8')
  } catch (error) {
    const shown = join(dirname(path), basename(manifestPath))
    if (isMissing(error)) throw engineryError('MANIFEST_MISSING', { path, manifestPath: shown }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path: shown, reason: explainFileFailure(error) }, { cause: error })
  }
  return parseManifest(text, manifestPathOf(path))
}

/** @throws ENGINE_CORRUPT, ENGINE_NOT_FOUND, FILE_NOT_READ */
export async function verifyBlob(path: string, expected: EngineManifest['blob'], shownPath = path): Promise<void> {
  let found: EngineManifest['blob']
  try {
    const { size } = await stat(path)
    if (size !== expected.bytes) {
      const reason = `it has ${size} bytes, its manifest says ${expected.bytes}`
      throw engineryError('ENGINE_CORRUPT', { path: shownPath, reason })
    }
    found = await hashFile(path)
  } catch (error) {
    if (isEngineryError(error)) throw error
    if (isMissing(error)) throw engineryError('ENGINE_NOT_FOUND', { path: shownPath }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path: shownPath, reason: explainFileFailure(error) }, { cause: error })
  }
  if (found.sha256 !== expected.sha256) {
    const reason = `its SHA-256 is ${found.sha256}, its manifest says ${expected.sha256}`
    throw engineryError('ENGINE_CORRUPT', { path: shownPath, reason })
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
