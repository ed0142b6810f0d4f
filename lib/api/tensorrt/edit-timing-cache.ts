import { readFile } from 'node:fs/promises'
import { types } from 'node:util'
import { z } from 'zod'
import { unsupported } from '../../engine/tensorrt/builder-settings.js'
import { type OpenedTensorRt, openTensorRt, requireBuilder } from '../../engine/tensorrt/open-library.js'
import { TimingCacheFile } from '../../engine/tensorrt/timing-cache-file.js'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { bytesSchema } from '../../errors/option-schemas.js'
import { parseOptions } from '../../errors/parse-options.js'
import { replaceFile } from '../../model/replace-file.js'
import type { NativeTimingReport } from '../../native/tensorrt-addon.js'
import { timingIdentity } from './timing-caches.js'

const path = z.string().min(1)
const key = z.string().regex(/^0x[0-9a-fA-F]{32}$/, 'expected 0x and 32 hexadecimal digits')
const tactic = z.string().regex(/^0x[0-9a-fA-F]{1,16}$/, 'expected 0x and up to 16 hexadecimal digits')

const whose = {
  library: path.default('tensorrt').describe('which TensorRT: tensorrt, or the path of its core library'),
  device: z.int().min(0).default(0).describe('number of the GPU'),
  signal: z.instanceof(AbortSignal).optional(),
}

const readSchema = z.strictObject({ cache: z.union([path, bytesSchema]), ...whose })

const editSchema = readSchema.extend({
  changes: z
    .array(
      z.union([
        z.strictObject({ key, tactic, milliseconds: z.number().min(0).optional().describe('default: as it was') }),
        z.strictObject({ key, remove: z.literal(true) }),
      ]),
    )
    .min(1),
  output: path.optional().describe('file for the changed cache; default: the one that was read'),
})

export type ReadTimingCacheOptions = z.input<typeof readSchema>
export type EditTimingCacheOptions = z.input<typeof editSchema>
export type TimingCacheChange = EditTimingCacheOptions['changes'][number]

/** What TensorRT measured for a layer in one form. */
export interface TimingCacheEntry {
  /** TensorRT's own: 0x and 32 hexadecimal digits. */
  readonly key: string
  /** The kernel that was quickest: 0x and 16 hexadecimal digits. */
  readonly tactic: string
  /** That it took. */
  readonly milliseconds: number
}

export interface EditedTimingCache {
  /** After the changes. */
  readonly entries: readonly TimingCacheEntry[]
  /** The changed cache, in TensorRT's own bytes. */
  readonly bytes: Uint8Array
  /** Where it was written; null where it came as bytes and no file was named. */
  readonly output: string | null
}

/**
 * Entries of a timing cache, as TensorRT tells of them: 10.8 and later on the machine with the GPU. TensorRT-RTX has no timing caches.
 *
 * @throws OPTION_INVALID, FILE_NOT_READ, TIMING_CACHE_INVALID, TENSORRT_OPTION_UNSUPPORTED; the TENSORRT_ codes of opening the library
 * @example
 * const entries = await readTimingCache({ cache: 'timing.cache' })
 */
export async function readTimingCache(options: ReadTimingCacheOptions): Promise<readonly TimingCacheEntry[]> {
  const { cache, library: choice, device } = parseOptions(readSchema, options, readTimingCache)
  const library = await openLibrary(choice, device)
  return (await ask(library, await readBytes(cache), [], device, nameOf(cache))).entries
}

/**
 * Lets builds that come later choose other tactics: sets them for keys of a timing cache, or takes entries out, which are then
 * measured again. A build takes them with `builder.editableTimingCache`. All changes are made or none.
 *
 * @throws OPTION_INVALID, FILE_NOT_FOUND, FILE_NOT_READ, FILE_NOT_WRITTEN, TIMING_CACHE_INVALID, TIMING_CACHE_BUSY,
 * TIMING_CACHE_CHANGE_REFUSED, TENSORRT_OPTION_UNSUPPORTED; the TENSORRT_ codes of opening the library; ABORTED
 * @example
 * await editTimingCache({ cache: 'timing.cache', changes: [{ key: '0x6d53b9...', remove: true }] })
 */
export async function editTimingCache(options: EditTimingCacheOptions): Promise<EditedTimingCache> {
  const settings = parseOptions(editSchema, options, editTimingCache)
  const { cache, changes, device, output, signal } = settings
  const library = await openLibrary(settings.library, device)
  const name = nameOf(cache)
  let entries: readonly TimingCacheEntry[] = []
  const change = async (bytes: Uint8Array) => {
    const before = new Map((await ask(library, bytes, [], device, name)).entries.map((entry) => [entry.key, entry]))
    // TensorRT 10.15 says yes to keys that it does not have, and changes nothing.
    const unknown = changes.filter((one) => !before.has(one.key.toLowerCase())).map((one) => one.key)
    if (unknown.length > 0) throw changeRefused(name, unknown)
    const native = changes.map((one) => {
      if ('remove' in one) return { key: one.key }
      const measured = before.get(one.key.toLowerCase()) as TimingCacheEntry
      return { key: one.key, tactic: one.tactic, milliseconds: one.milliseconds ?? measured.milliseconds }
    })
    const report = await ask(library, bytes, native, device, name)
    if (report.refused.length > 0) throw changeRefused(name, report.refused)
    entries = report.entries
    return new Uint8Array(report.bytes as ArrayBuffer)
  }
  if (typeof cache === 'string' && output === undefined) {
    let bytes = new Uint8Array(0)
    const file = new TimingCacheFile({ path: cache, identity: timingIdentity(library, device), signal })
    await file.replace(async (stored) => {
      bytes = await change(stored)
      return bytes
    })
    return { entries, bytes, output: cache }
  }
  const bytes = await change(await readBytes(cache))
  if (output !== undefined) await replaceFile(output, async (file) => void (await file.writeFile(bytes)))
  return { entries, bytes, output: output ?? null }
}

async function openLibrary(choice: string, device: number): Promise<OpenedTensorRt> {
  const library = await openTensorRt(choice)
  if (library.line === 'rtx')
    throw unsupported(library, 'timing caches', 'It measures nothing when it builds: there is nothing to edit.')
  requireBuilder(library, device)
  return library
}

async function ask(
  library: OpenedTensorRt,
  bytes: Uint8Array,
  changes: Parameters<OpenedTensorRt['addon']['editTimingCache']>[1],
  device: number,
  name: string,
): Promise<NativeTimingReport> {
  try {
    return await library.addon.editTimingCache(bytes, changes, device)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'TRT_UNSUPPORTED')
      throw unsupported(library, 'timing caches that tell of their entries', `Use TensorRT 10.8 or later: ${message}.`)
    if (code === 'TRT_TIMING_CACHE')
      throw engineryError('TIMING_CACHE_INVALID', { path: name, reason: message }, { cause: error })
    throw error
  }
}

function changeRefused(name: string, keys: readonly string[]) {
  return engineryError('TIMING_CACHE_CHANGE_REFUSED', { path: name, keys: keys.join(', ') })
}

async function readBytes(cache: string | Uint8Array): Promise<Uint8Array> {
  if (typeof cache !== 'string') return cache
  return await readFile(cache).catch((error: unknown) => {
    throw engineryError('FILE_NOT_READ', { path: cache, reason: explainFileFailure(error) }, { cause: error })
  })
}

function nameOf(cache: string | Uint8Array): string {
  return types.isUint8Array(cache) ? `of ${cache.length} bytes` : (cache as string)
}
