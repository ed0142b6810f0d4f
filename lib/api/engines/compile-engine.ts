import { createHash } from 'node:crypto'
import type { BuildStage, CompiledEngine, InferenceSlot } from '../../engine/backend.js'
import { type EngineCache, openCache } from '../../engine/engine-cache.js'
import { canonicalJson, digestEngine } from '../../engine/engine-digest.js'
import { saveEngineFiles } from '../../engine/engine-file.js'
import { countPrecisions } from '../../engine/engine-layers.js'
import type { EngineIdentity, EnginePreparation, ManifestContent } from '../../engine/manifest.js'
import type { OpenVinoCompileOptions } from '../../engine/openvino/build-options.js'
import { checkDevice } from '../../engine/openvino/check-device.js'
import { identityOptions, localIdentity } from '../../engine/openvino/engine-identity.js'
import { compileWithOpenVino, importWithOpenVino } from '../../engine/openvino/openvino-backend.js'
import { isStatic } from '../../engine/partial-shape.js'
import { engineryError, isEngineryError } from '../../errors/enginery-error.js'
import { Engine } from '../../inference/engine.js'
import { type Logger, logSafely, silentLogger } from '../../logging/logger.js'
import { loadOpenVino } from '../../native/load-addon.js'
import type { BuildEngineSettings } from './build-options.js'
import { BuildRun } from './build-run.js'
import { type ModelSource, resolveModelSource } from './model-source.js'

/** What `buildEngine` was told, as far as compiling goes. */
export type CompileSettings = Omit<BuildEngineSettings, 'precision' | 'calibration' | 'quantization'> & OpenVinoCompileOptions

/** Makes another model of the one that was given before it is compiled. */
export interface ModelPreparation {
  /** What was asked for. */
  readonly precision: string
  /** What it is done by, as it stands in manifests; null where that cannot be written down. */
  readonly options: EnginePreparation['options']
  /** Looks at the model, before anything long begins. */
  check(source: ModelSource): void
  /** What decides the result besides the model; null where nothing tells: then it is not kept in a cache. */
  identity(): Promise<object | null>
  /** An ONNX model. */
  run(report: (fraction: number) => void): Promise<Uint8Array>
}

/**
 * Compiles a model whose options were checked.
 *
 * @throws as buildEngine, and what the preparation throws
 */
export async function compileEngine(settings: CompileSettings, preparation?: ModelPreparation): Promise<Engine> {
  const logger = settings.logger ?? silentLogger
  const prepares: readonly BuildStage[] = preparation ? ['quantize'] : []
  const run = new BuildRun(
    'The build',
    ['digest', 'cache', ...prepares, 'read', 'reshape', 'preprocess', 'compile', 'store', 'requests'],
    settings.signal,
    settings.onProgress,
  )
  run.refuseAborted()
  loadOpenVino() // the reason why not, before anything is read
  const source = await resolveModelSource(settings.model)
  preparation?.check(source)
  await checkDevice(loadOpenVino(), settings)

  run.enter('digest')
  const identity = await run.unlessAborted(identify(source, settings))
  const key = await keyOf(identity, settings, preparation, run)
  const cache = settings.cache && key !== null ? await openCache({ ...cacheOptions(settings.cache), logger }) : undefined
  const found = cache && key !== null ? await restoreFromCache(cache, key, settings, run) : undefined
  // What was compiled then was the prepared model.
  const made = preparation && { precision: preparation.precision, source: identity.model, options: preparation.options }
  if (found) return finishEngine(found, preparation ? found.identity : identity, run, logger, made)
  if (preparation === undefined) {
    const built = await compile(source, settings, run, { identity, key, cache })
    return finishEngine(built, identity, run, logger)
  }
  run.enter('quantize')
  const bytes = await preparation.run((fraction) => run.enter('quantize', fraction))
  // A model that was written to meanwhile must not be kept under the digest it had.
  await source.refuseChanged()
  const prepared = await resolveModelSource({ bytes, format: 'onnx' })
  const own = await run.unlessAborted(identify(prepared, settings))
  const built = await compile(prepared, settings, run, { identity: own, key, cache })
  return finishEngine(built, own, run, logger, made)
}

/**
 * Compiles a model for this run alone. The engine is neither cached nor saved, so the model is not digested, which takes
 * longer than reading it.
 *
 * @throws as {@link compileEngine}
 */
export async function compileTransientEngine(settings: Omit<CompileSettings, 'cache'>): Promise<Engine> {
  const stages: readonly BuildStage[] = ['read', 'reshape', 'preprocess', 'compile', 'requests']
  const run = new BuildRun('The build', stages, settings.signal, settings.onProgress)
  run.refuseAborted()
  loadOpenVino() // the reason why not, before anything is read
  const source = await resolveModelSource(settings.model)
  await checkDevice(loadOpenVino(), settings)
  const built = await compile(source, settings, run, null)
  const { backend, device = 'CPU', precision = 'fp32', logger = silentLogger } = settings
  const save = () => Promise.reject(engineryError('BUG', { reason: 'an engine for one run was to be saved' }))
  return startEngine(built, { backend, device, precision, save }, run, logger)
}

async function keyOf(
  identity: EngineIdentity,
  settings: CompileSettings,
  preparation: ModelPreparation | undefined,
  run: BuildRun,
): Promise<string | null> {
  if (!settings.cache) return null
  if (preparation === undefined) return digestEngine(identity)
  const prepared = await run.unlessAborted(preparation.identity())
  if (prepared !== null) {
    return createHash('sha256')
      .update(`${digestEngine(identity)}\n${canonicalJson(prepared)}`)
      .digest('hex')
  }
  const why = 'nothing tells the calibration data from other data (option calibration.id)'
  logSafely(settings.logger ?? silentLogger, 'warn', `the engine is not kept in the cache: ${why}`)
  return null
}

interface BuiltEngine {
  readonly compiled: CompiledEngine
  readonly notes: readonly string[]
}

interface Keeping {
  readonly identity: EngineIdentity
  /** Of the entry in the cache. */
  readonly key: string | null
  readonly cache: EngineCache | undefined
}

async function identify(source: ModelSource, settings: CompileSettings): Promise<EngineIdentity> {
  const [model, local] = await Promise.all([source.digest(settings.signal), localIdentity(settings.device)])
  return { ...local, model, options: identityOptions(settings) }
}

function cacheOptions(cache: Exclude<CompileSettings['cache'], false | undefined>) {
  return typeof cache === 'string' ? { dir: cache } : cache
}

async function restoreFromCache(
  cache: EngineCache,
  key: string,
  settings: CompileSettings,
  run: BuildRun,
): Promise<(BuiltEngine & { readonly identity: EngineIdentity }) | undefined> {
  run.enter('cache')
  const found = await run.unlessAborted(cache.lookup(key))
  if (!found) return undefined
  try {
    const compiled = await run.unlessAborted(importWithOpenVino(found.path, settings), (late) => late.close())
    const notes = [`taken from the cache ${cache.dir}`, ...dynamicNotes(compiled)]
    const { backend, model, options, versions, devices, cpuFeatures } = found.manifest
    return { compiled, notes, identity: { backend, model, options, versions, devices, cpuFeatures } }
  } catch (error) {
    if (isEngineryError(error, 'ABORTED') || isEngineryError(error, 'OUT_OF_MEMORY')) throw error
    await cache.discard(key, error)
    return undefined
  }
}

async function compile(
  source: ModelSource,
  settings: CompileSettings,
  run: BuildRun,
  keeping: Keeping | null,
): Promise<BuiltEngine> {
  const context = { model: source.shownName }
  const { engine, shapes } = await run.unlessAborted(
    compileWithOpenVino(source.read, settings, (stage) => run.enter(stage), context),
    (late) => late.engine.close(),
  )
  try {
    // An engine of other bytes must not be kept under this digest, in a cache or beside a saved engine.
    await source.refuseChanged()
  } catch (error) {
    await engine.close()
    throw error
  }
  const notes = shapes.batchFixed.map((name) => `the open batch dimension of input ${name} became 1 (option shapes)`)
  notes.push(...dynamicNotes(engine))
  const { identity, key = null, cache } = keeping ?? {}
  if (cache && identity && key !== null) {
    try {
      run.enter('store')
      // Not given up on an abort: a process that ends then would leave half a file in the folder.
      await cache.store(key, (path) => engine.exportTo(path), await manifestContent(engine, identity))
    } catch (error) {
      await engine.close()
      throw error
    }
  }
  return { compiled: engine, notes }
}

// Said because a dynamic batch was seen to make INT8 models wrong without a word (rtdetr_tiny: AP .676 -> .474).
export function dynamicNotes(engine: CompiledEngine): string[] {
  return engine.inputs
    .filter(({ shape }) => !isStatic(shape))
    .map(({ name }) => `input ${name} stays dynamic: slower, and an INT8 model must be checked in exactly this form`)
}

/** Makes requests and the public engine of what a backend compiled; closes it on failure. */
export async function finishEngine(
  built: BuiltEngine,
  identity: EngineIdentity,
  run: BuildRun,
  logger: Logger,
  preparation?: EnginePreparation,
): Promise<Engine> {
  const { backend, options } = identity
  const precision = preparation?.precision ?? String(options.precision)
  const save = async (path: string) => {
    const { compiled } = built
    const content = { ...(await manifestContent(compiled, identity)), ...(preparation && { preparation }) }
    await saveEngineFiles(path, (temporary) => compiled.exportTo(temporary), content)
  }
  return await startEngine(built, { backend, device: String(options.device), precision, save }, run, logger)
}

async function startEngine(
  { compiled, notes }: BuiltEngine,
  facts: Omit<ConstructorParameters<typeof Engine>[2], 'notes'>,
  run: BuildRun,
  logger: Logger,
): Promise<Engine> {
  let slots: readonly InferenceSlot[] = []
  try {
    for (const note of notes) logSafely(logger, 'info', note)
    run.enter('requests')
    slots = await run.unlessAborted(compiled.createSlots(compiled.requestCount), closeSlots)
    run.enter('done')
    return new Engine(compiled, slots, { ...facts, notes })
  } catch (error) {
    closeSlots(slots)
    await compiled.close()
    throw error
  }
}

// Each keeps the compiled model, which would stay until they are collected.
function closeSlots(slots: readonly InferenceSlot[]): void {
  for (const slot of slots) slot.close()
}

async function manifestContent(compiled: CompiledEngine, identity: EngineIdentity): Promise<ManifestContent> {
  const precisions = countPrecisions(await compiled.layers())
  const { inputs, outputs, requestCount } = compiled
  return { ...identity, inputs, outputs, precisions, requestCount } as ManifestContent
}
