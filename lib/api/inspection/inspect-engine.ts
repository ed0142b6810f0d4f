import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readManifest, verifyBlob } from '../../engine/engine-file.js'
import { type EngineManifest, manifestPathOf } from '../../engine/manifest.js'
import { type EngineryErrorJson, isEngineryError } from '../../errors/enginery-error.js'
import { requireText } from '../../errors/require-argument.js'
import type { EngineDescription } from '../../inference/engine.js'
import { loadEngine } from '../engines/load-engine.js'

export interface EngineInspection {
  readonly kind: 'engine'
  readonly path: string
  /** The engine's bytes, then its manifest. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  readonly bytes: number
  /** What it was built from and for. The bytes were compared with it. */
  readonly manifest: EngineManifest
  /** The engine as loaded here; null where that was not asked for or failed. */
  readonly description: EngineDescription | null
  /** Why it does not load here. */
  readonly loadError: EngineryErrorJson | null
}

export interface InspectEngineOptions {
  /** Load it, to list its layers; default true. */
  load?: boolean | undefined
  signal?: AbortSignal | undefined
}

/**
 * What a saved engine is. One that does not fit this machine is described by its manifest, with the reason.
 *
 * @throws OPTION_INVALID, ENGINE_NOT_FOUND, ENGINE_CORRUPT, MANIFEST_MISSING, MANIFEST_INVALID, FILE_NOT_READ, ABORTED
 * @example (await inspectEngine('yolox.blob')).manifest.precisions // { f32: 61 }
 */
export async function inspectEngine(path: string, options: InspectEngineOptions = {}): Promise<EngineInspection> {
  requireText(path, 'the path of a saved engine', 'path', inspectEngine)
  const manifest = await readManifest(path)
  const absolute = resolve(path)
  await verifyBlob(absolute, manifest.blob, path)
  const manifestPath = manifestPathOf(absolute)
  const files = [
    { path: absolute, bytes: manifest.blob.bytes },
    { path: manifestPath, bytes: (await stat(manifestPath)).size },
  ]
  const { description, loadError } =
    options.load === false ? { description: null, loadError: null } : await describeLoaded(path, options.signal)
  return {
    kind: 'engine',
    path: absolute,
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    manifest,
    description,
    loadError,
  }
}

async function describeLoaded(
  path: string,
  signal: AbortSignal | undefined,
): Promise<Pick<EngineInspection, 'description' | 'loadError'>> {
  try {
    const engine = await loadEngine(path, { signal })
    try {
      return { description: await engine.describe(), loadError: null }
    } finally {
      await engine.close()
    }
  } catch (error) {
    if (!isEngineryError(error) || error.code === 'ABORTED') throw error
    return { description: null, loadError: error.toJSON() }
  }
}
