import type { CompiledEngine, InferenceSlot } from '../engine/backend.js'
import { type EngineCache, openCache } from '../engine/engine-cache.js'
import { digestEngine } from '../engine/engine-digest.js'
import { saveEngineFiles } from '../engine/engine-file.js'
import { countPrecisions } from '../engine/engine-layers.js'
import type { EngineIdentity, ManifestContent } from '../engine/manifest.js'
import { checkDevice } from '../engine/openvino/check-device.js'
import { identityOptions, localIdentity } from '../engine/openvino/engine-identity.js'
import { compileWithOpenVino, importWithOpenVino } from '../engine/openvino/openvino-backend.js'
import { isStatic } from '../engine/partial-shape.js'
import { isEngineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { Engine } from '../inference/engine.js'
import { type Logger, logSafely, silentLogger } from '../logging/logger.js'
import { loadOpenVino } from '../native/load-addon.js'
import { type BuildEngineOptions, type BuildEngineSettings, buildEngineSchema, withDefaultBackend } from './build-options.js'
import { BuildRun } from './build-run.js'
import { type ModelSource, resolveModelSource } from './model-source.js'

/**
 * Compiles a model into an engine for one device.
 *
 * Everything long happens on threads of its own; the event loop stays free. With `cache`, an engine that was built
 * before from the same model with the same options, versions and hardware is loaded instead.
 *
 * @throws OPTION_INVALID; the MODEL_ and EXTERNAL_DATA_ codes; SHAPE_INVALID, INPUT_UNKNOWN (shapes); PREPROCESS_INVALID;
 * DEVICE_NOT_FOUND, DEVICE_LIBRARY_MISSING, PRECISION_UNSUPPORTED; PROPERTY_INVALID, ENGINE_BUILD_FAILED;
 * CACHE_UNUSABLE (only if required); CALLBACK_FAILED; ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED; OUT_OF_MEMORY
 * @example
 * const engine = await buildEngine({ model: 'yolox.onnx', device: 'CPU', hints: { performance: 'throughput' } })
 */
export async function buildEngine(options: BuildEngineOptions): Promise<Engine> {
  const settings = parseOptions(buildEngineSchema, withDefaultBackend(options), buildEngine)
  const logger = settings.logger ?? silentLogger
  const run = new BuildRun(
    'The build',
    ['digest', 'cache', 'read', 'reshape', 'preprocess', 'compile', 'store', 'requests'],
    settings.signal,
    settings.onProgress,
  )
  run.refuseAborted()
  loadOpenVino() // the reason why not, before anything is read
  const source = await resolveModelSource(settings.model)
  await checkDevice(loadOpenVino(), settings)

  run.enter('digest')
  const identity = await run.unlessAborted(identify(source, settings))
  const cache = settings.cache ? await openCache({ ...cacheOptions(settings.cache), logger }) : undefined
  const built =
    (cache && (await restoreFromCache(cache, identity, settings, run))) ?? (await compile(source, settings, run, identity, cache))
  return finishEngine(built, identity, run, logger)
}

interface BuiltEngine {
  readonly compiled: CompiledEngine
  readonly notes: readonly string[]
}

async function identify(source: ModelSource, settings: BuildEngineSettings): Promise<EngineIdentity> {
  const [model, local] = await Promise.all([source.digest(settings.signal), localIdentity(settings.device)])
  return { ...local, model, options: identityOptions(settings) }
}

function cacheOptions(cache: Exclude<BuildEngineSettings['cache'], false | undefined>) {
  return typeof cache === 'string' ? { dir: cache } : cache
}

async function restoreFromCache(
  cache: EngineCache,
  identity: EngineIdentity,
  settings: BuildEngineSettings,
  run: BuildRun,
): Promise<BuiltEngine | undefined> {
  run.enter('cache')
  const key = digestEngine(identity)
  const found = await run.unlessAborted(cache.lookup(key))
  if (!found) return undefined
  try {
    const compiled = await run.unlessAborted(importWithOpenVino(found.path, settings), (late) => late.close())
    return { compiled, notes: [`taken from the cache ${cache.dir}`, ...dynamicNotes(compiled)] }
  } catch (error) {
    if (isEngineryError(error, 'ABORTED') || isEngineryError(error, 'OUT_OF_MEMORY')) throw error
    await cache.discard(key, error)
    return undefined
  }
}

async function compile(
  source: ModelSource,
  settings: BuildEngineSettings,
  run: BuildRun,
  identity: EngineIdentity,
  cache: EngineCache | undefined,
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
  if (cache) {
    try {
      run.enter('store')
      // Not given up on an abort: a process that ends then would leave half a file in the folder.
      await cache.store(digestEngine(identity), (path) => engine.exportTo(path), await manifestContent(engine, identity))
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
export async function finishEngine(built: BuiltEngine, identity: EngineIdentity, run: BuildRun, logger: Logger): Promise<Engine> {
  const { compiled, notes } = built
  let slots: readonly InferenceSlot[] = []
  try {
    for (const note of notes) logSafely(logger, 'info', note)
    run.enter('requests')
    slots = await run.unlessAborted(compiled.createSlots(compiled.requestCount), closeSlots)
    run.enter('done')
    return new Engine(compiled, slots, {
      backend: identity.backend,
      device: String(identity.options.device),
      precision: String(identity.options.precision),
      notes,
      save: async (path) => {
        await saveEngineFiles(path, (temporary) => compiled.exportTo(temporary), await manifestContent(compiled, identity))
      },
    })
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
