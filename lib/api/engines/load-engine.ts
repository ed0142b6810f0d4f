import { z } from 'zod'
import type { BuildProgress } from '../../engine/backend.js'
import { readEngineFiles, readManifest } from '../../engine/engine-file.js'
import { compareManifest, type EngineManifest, mismatchError } from '../../engine/manifest.js'
import { type HintsInput, hintsSchema, openvinoCompileSchema, type PropertyInput } from '../../engine/openvino/build-options.js'
import { localIdentity } from '../../engine/openvino/engine-identity.js'
import { importWithOpenVino } from '../../engine/openvino/openvino-backend.js'
import { engineryError, isEngineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import type { Engine } from '../../inference/engine.js'
import { type Logger, logSafely, silentLogger } from '../../logging/logger.js'
import { loadOpenVino } from '../../native/load-addon.js'
import {
  type CalibrationOptions,
  calibrationSchema,
  type EngineQuantizationOptions,
  engineQuantizationSchema,
} from '../../quantization/quantize-options.js'
import { buildEngine } from './build-engine.js'
import { type BuildEngineOptions, type BuildEngineSettings, buildEngineSchema, type ModelInput } from './build-options.js'
import { BuildRun } from './build-run.js'
import { dynamicNotes, finishEngine } from './compile-engine.js'
import { resolveModelSource } from './model-source.js'

const loadEngineSchema = z.strictObject({
  hints: hintsSchema.optional(),
  properties: openvinoCompileSchema.shape.properties,
  onMismatch: z.enum(['error', 'rebuild']).default('error'),
  model: z.custom<BuildEngineSettings['model']>().optional(),
  calibration: calibrationSchema.optional(),
  quantization: engineQuantizationSchema.optional(),
  signal: buildEngineSchema.options[0].shape.signal,
  onProgress: buildEngineSchema.options[0].shape.onProgress,
  logger: buildEngineSchema.options[0].shape.logger,
})

export interface LoadEngineOptions {
  /** Change how it runs here (requests, streams, threads, profile); default: as it was built. */
  hints?: HintsInput | undefined
  properties?: Record<string, PropertyInput> | undefined
  /** What to do with an engine built for other versions or hardware: fail (default), or build it again from `model`. */
  onMismatch?: 'error' | 'rebuild' | undefined
  /** The model to rebuild from, and to compare with: its digest must be the one the engine was built from. */
  model?: ModelInput | undefined
  /** Samples to quantize with where an engine of precision `int8` is built again from a float model. */
  calibration?: CalibrationOptions | undefined
  /** How to quantize then; default: as it was. */
  quantization?: EngineQuantizationOptions | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: BuildProgress) => void) | undefined
  logger?: Logger | undefined
}

/**
 * Loads an engine that {@link Engine.save} wrote. Its bytes are compared with the manifest beside it before OpenVINO
 * sees them, and the manifest with this machine.
 *
 * With `onMismatch: 'rebuild'` an engine that does not fit is built again with the options it was built with, and saved
 * in place of the old one.
 *
 * @throws ENGINE_NOT_FOUND, MANIFEST_MISSING, MANIFEST_INVALID, ENGINE_CORRUPT, ENGINE_MISMATCH (every difference with
 * both values), ENGINE_IMPORT_FAILED, OPTION_INVALID, ABORTED; rebuilding: as {@link buildEngine} and {@link Engine.save}
 * @example await using engine = await loadEngine('yolox.blob')
 */
export async function loadEngine(path: string, options: LoadEngineOptions = {}): Promise<Engine> {
  if (typeof path !== 'string' || path === '') {
    throw engineryError('OPTION_INVALID', { caller: 'loadEngine', option: 'path', reason: 'expected the path of a saved engine' })
  }
  const settings = parseOptions(loadEngineSchema, options, loadEngine)
  if (settings.onMismatch === 'rebuild' && settings.model === undefined) {
    throw engineryError('OPTION_INVALID', {
      caller: 'loadEngine',
      option: 'model',
      reason: "expected the model to rebuild from, because onMismatch is 'rebuild'",
    })
  }
  const run = new BuildRun('Loading the engine', ['read', 'compile', 'requests'], settings.signal, settings.onProgress)
  loadOpenVino()
  run.enter('read')
  try {
    const { path: absolute, manifest } = await run.unlessAborted(readEngineFiles(path))
    const compileOptions = restoredOptions(path, manifest, settings)
    await run.unlessAborted(refuseMismatch(path, manifest, settings))
    run.enter('compile')
    const compiled = await run.unlessAborted(importWithOpenVino(absolute, compileOptions), (late) => late.close())
    const identity = { ...manifest, options: { ...manifest.options, hints: compileOptions.hints ?? {} } }
    return await finishEngine(
      { compiled, notes: dynamicNotes(compiled) },
      identity as EngineManifest,
      run,
      settings.logger ?? silentLogger,
      manifest.preparation,
    )
  } catch (error) {
    if (settings.onMismatch !== 'rebuild' || !isEngineryError(error) || !rebuildable.has(error.code)) throw error
    return rebuild(path, settings, error.message)
  }
}

// What building anew can cure.
const rebuildable = new Set([
  'ENGINE_MISMATCH',
  'ENGINE_CORRUPT',
  'ENGINE_IMPORT_FAILED',
  'MANIFEST_MISSING',
  'MANIFEST_INVALID',
  'ENGINE_NOT_FOUND',
])

type LoadSettings = z.output<typeof loadEngineSchema>

function restoredOptions(path: string, manifest: EngineManifest, settings: LoadSettings) {
  if (manifest.backend !== 'openvino') {
    throw mismatchError(path, [{ field: 'backend', expected: 'openvino', found: manifest.backend }])
  }
  const stored = openvinoCompileSchema.safeParse(manifest.options)
  if (!stored.success) {
    throw engineryError('MANIFEST_INVALID', { path: `${path}.json`, reason: `options: ${stored.error.issues[0]?.message}` })
  }
  const { data } = stored
  return {
    ...data,
    hints: { ...data.hints, ...settings.hints },
    properties: { ...data.properties, ...settings.properties },
  }
}

async function refuseMismatch(path: string, manifest: EngineManifest, { model, signal }: LoadSettings): Promise<void> {
  const device = String(manifest.options.device)
  const expected = await localIdentity(device)
  const given = model === undefined ? undefined : await (await resolveModelSource(model)).digest(signal)
  // An engine of precision int8 has two models: the one that was given, and the one that was made of it.
  const isSource = given !== undefined && given.sha256 === manifest.preparation?.source.sha256
  const expectedModel = given === undefined || isSource ? {} : { model: given }
  const differences = compareManifest({ ...expected, ...expectedModel }, manifest)
  if (differences.length > 0) throw mismatchError(path, differences)
}

async function rebuild(path: string, settings: LoadSettings, reason: string): Promise<Engine> {
  const { logger, signal, onProgress, hints, properties } = settings
  if (logger) logSafely(logger, 'warn', `${path} is built again: ${reason}`)
  const manifest = await readManifest(path).catch(() => undefined)
  const stored = storedOptions(manifest)
  const engine = await buildEngine({
    ...stored,
    ...(await quantizationFor(settings, manifest)),
    model: settings.model as ModelInput,
    hints: { ...stored.hints, ...hints },
    properties: { ...stored.properties, ...properties },
    signal,
    onProgress,
    logger,
  })
  try {
    await engine.save(path)
    return engine
  } catch (error) {
    await engine.close()
    throw error
  }
}

// The options it was built with, if its manifest can still tell.
function storedOptions(manifest: EngineManifest | undefined) {
  const stored = openvinoCompileSchema.safeParse(manifest?.options)
  return stored.success ? stored.data : openvinoCompileSchema.parse({})
}

/** What an engine of precision int8 needs besides, so that none is built in float instead without a word. */
async function quantizationFor(
  { model, calibration, quantization, signal }: LoadSettings,
  manifest: EngineManifest | undefined,
): Promise<Pick<BuildEngineOptions, 'precision' | 'calibration' | 'quantization'>> {
  const { preparation } = manifest ?? {}
  if (preparation === undefined && calibration === undefined) return {}
  const digest = await (await resolveModelSource(model as BuildEngineSettings['model'])).digest(signal)
  // Quantized already: the very model that the engine was compiled from.
  if (preparation !== undefined && digest.sha256 === manifest?.model.sha256) return {}
  const refuse = (option: string, what: string) => {
    const reason = `expected ${what}, because the engine that is built again has the precision ${preparation?.precision}`
    return engineryError('OPTION_INVALID', { caller: 'loadEngine', option, reason })
  }
  if (calibration === undefined) throw refuse('calibration', 'samples to quantize with')
  const before = preparation?.options ?? null
  if (quantization === undefined && preparation !== undefined && before === null) {
    throw refuse('quantization', 'the options to quantize with, which its manifest does not hold')
  }
  return { precision: 'int8', calibration, quantization: quantization ?? ((before ?? {}) as EngineQuantizationOptions) }
}
