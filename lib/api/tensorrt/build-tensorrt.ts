import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { types } from 'node:util'
import { openCache } from '../../engine/engine-cache.js'
import { canonicalJson, digestEngine } from '../../engine/engine-digest.js'
import type { EngineIdentity, EnginePreparation } from '../../engine/manifest.js'
import { settingsNotKept } from '../../engine/tensorrt/kept-settings.js'
import { findOptimizedLayers } from '../../engine/tensorrt/layers/inspect-plan.js'
import { requireInt8Share } from '../../engine/tensorrt/layers/report-precision.js'
import { digestDefinition, type NetworkDefinition } from '../../engine/tensorrt/network/network-definition.js'
import { TensorRtNetwork } from '../../engine/tensorrt/network/tensorrt-network.js'
import { type OpenedTensorRt, openTensorRt, requireBuilder } from '../../engine/tensorrt/open-library.js'
import type { TensorRtPlan } from '../../engine/tensorrt/plan.js'
import { tensorrtIdentity, tensorrtIdentityOptions } from '../../engine/tensorrt/plan-identity.js'
import { type OpenedPlugins, openPlugins } from '../../engine/tensorrt/plugin-libraries.js'
import { runBuild } from '../../engine/tensorrt/run-build.js'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { reportProgress } from '../../errors/report-progress.js'
import { abortedError, unlessAborted } from '../../errors/unless-aborted.js'
import { logSafely, silentLogger } from '../../logging/logger.js'
import { digestModel } from '../../model/model-digest.js'
import { detectBytesFormat, detectModelFormat } from '../../model/model-format.js'
import { BuildRun } from '../engines/build-run.js'
import { openNativeCalibration } from './calibrate-natively.js'
import { describePlan, manifestContent, planFromCache } from './describe-plan.js'
import { checkNetwork, networkInput } from './network-input.js'
import { planPrecision } from './plan-tensorrt-precision.js'
import { planRequest } from './plan-tensorrt-request.js'
import type { PreparedModel } from './prepare-tensorrt.js'
import type { BuilderEvent, BuildTensorRtSettings } from './tensorrt-options.js'
import { openTimingCache } from './timing-caches.js'

/** An ONNX model as it goes to the parser. */
export interface OnnxInput {
  readonly shownName: string
  readonly bytes: Uint8Array
  /** The file that external data lies beside; null for a model without files. */
  readonly path: string | null
  /** In place of bytes: a network that was written layer by layer. */
  readonly network?: NetworkDefinition
}

/** Makes a plan. Options were checked. */
export async function buildTensorRt(settings: BuildTensorRtSettings): Promise<TensorRtPlan> {
  const logger = settings.logger ?? silentLogger
  if (settings.signal?.aborted) throw abortedError('The build', settings.signal)
  const library = await unlessAborted(openTensorRt(settings.library), settings.signal, 'The build')
  requireBuilder(library, settings.device)
  const planned = planPrecision(settings, library)
  const plugins = await openPlugins(settings, library)
  const run = new BuildRun(
    'The build',
    ['digest', 'cache', ...(planned.stage === null ? [] : [planned.stage]), 'read', 'compile', 'store'],
    settings.signal,
    settings.onProgress,
  )
  const model = await readModel(settings.model)
  checkNetwork(model, settings, planned, library)
  const asked = await planRequest(model, settings, library, planned, plugins)

  run.enter('digest')
  const identity = await run.unlessAborted(identify(model, settings, library, plugins))
  const preparation = planned.prepare(model)
  // Calibrators of TensorRT's measure anew each time, and nothing tells one calibration from another.
  const kept = planned.calibrates ? null : settings.cache ? await preparation?.identity() : undefined
  const cache = settings.cache && kept !== null ? await openCache({ ...cacheOptions(settings.cache), logger }) : undefined
  const key = kept ? digestText(`${digestEngine(identity)}\n${canonicalJson(kept)}`) : digestEngine(identity)
  run.enter('cache')
  const found = cache && (await planFromCache(cache, key))
  if (found) {
    if (settings.requireInt8 !== undefined) requireInt8Share(found.precision, settings.requireInt8, model.shownName)
    run.enter('done')
    return found
  }
  let source = model
  let prepared: PreparedModel | undefined
  if (preparation) {
    run.enter(preparation.stage)
    prepared = await run.unlessAborted(preparation.run((fraction) => run.enter(preparation.stage, fraction)))
    source = { ...model, bytes: prepared.bytes, path: null }
  }
  const made: EnginePreparation | undefined = preparation && {
    precision: preparation.precision,
    source: identity.model,
    options: preparation.options,
  }
  const own = preparation ? await identify(source, settings, library, plugins) : identity
  run.enter('read')
  const request = asked.requestFor(source)
  const calibration = planned.calibrates
    ? await openNativeCalibration(settings, library, identity.model.sha256, asked.inputs, logger)
    : undefined
  try {
    const timings = await openTimingCache(settings, library)
    run.enter('compile')
    const outcome = await runBuild(
      library,
      { ...request, ...(timings && { timingCache: timings.bytes }), ...(calibration && { calibration: calibration.request }) },
      { model: source.shownName, logger, signal: settings.signal, onEvent: listenerOf(settings) },
    )
    const table = (await calibration?.finish(outcome.calibration)) ?? null
    await timings?.add(outcome.timingCache)
    const bytes = new Uint8Array(outcome.plan as ArrayBuffer)
    const notKept = request.settings ? settingsNotKept(request.settings, outcome.settings) : []
    const notes = [...(prepared?.notes ?? []), ...asked.notes, ...notKept]
    const optimized = await run.unlessAborted(
      findOptimizedLayers(library, bytes, { device: settings.device, plugins: plugins.apart, written: outcome.layerInformation }),
    )
    const identified = { ...own, ...(made && { preparation: made }) }
    const plan = describePlan(bytes, outcome, identified, {
      optimized,
      isTyped: request.stronglyTyped === true,
      notes,
      table,
      leftFloat: prepared?.leftFloat ?? new Map(),
      sampleWarnings: [...(prepared?.warnings ?? []), ...(calibration?.warnings ?? [])],
    })
    if (settings.requireInt8 !== undefined) requireInt8Share(plan.precision, settings.requireInt8, model.shownName)
    for (const note of notes) logSafely(logger, 'info', note)
    run.enter('store')
    await cache?.store(key, (path) => writeFile(path, plan.bytes, { flag: 'wx', flush: true }), manifestContent(plan, identified))
    run.enter('done')
    return plan
  } finally {
    await calibration?.close()
  }
}

function listenerOf({ onBuilderEvent }: BuildTensorRtSettings): ((event: BuilderEvent) => void) | undefined {
  return onBuilderEvent && ((event) => reportProgress(onBuilderEvent, event))
}

/** @throws NETWORK_INCOMPLETE, MODEL_NOT_FOUND, MODEL_EMPTY, MODEL_FORMAT_UNKNOWN, MODEL_UNSUPPORTED, FILE_NOT_READ */
export async function readModel(model: BuildTensorRtSettings['model']): Promise<OnnxInput> {
  if (model instanceof TensorRtNetwork) return networkInput(model)
  if (typeof model === 'string' || 'path' in model) {
    const path = typeof model === 'string' ? model : model.path
    const detected = await detectModelFormat(path)
    if (detected.format !== 'onnx') throw otherFormat(path, detected.format)
    const bytes = await readFile(detected.path).catch((error: unknown) => {
      throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
    })
    return { shownName: path, bytes, path: resolve(detected.path) }
  }
  const shownName = 'the model given as bytes'
  const { bytes, beside } = types.isUint8Array(model) ? { bytes: model, beside: undefined } : model
  if (bytes.byteLength === 0) throw engineryError('MODEL_EMPTY', { model: shownName })
  const format = detectBytesFormat(bytes)
  if (format !== null && format !== 'onnx') throw otherFormat(shownName, format)
  return { shownName, bytes, path: beside === undefined ? null : resolve(beside) }
}

function otherFormat(model: string, format: string) {
  return engineryError('MODEL_UNSUPPORTED', { model, reason: `it is ${format}; TensorRT reads ONNX` })
}

async function identify(
  model: OnnxInput,
  settings: BuildTensorRtSettings,
  library: OpenedTensorRt,
  plugins: OpenedPlugins,
): Promise<EngineIdentity> {
  const { path, bytes, network } = model
  // External data belongs to the digest, so a model with a file is digested by its file.
  const isFile = path !== null && (typeof settings.model === 'string' || 'path' in settings.model)
  const digested = network
    ? await digestDefinition(network)
    : isFile
      ? await digestModel(await detectModelFormat(path), { signal: settings.signal })
      : await digestModel({ bytes }, { signal: settings.signal })
  const { model: _m, signal: _s, onProgress: _p, onBuilderEvent: _b, logger: _l, cache: _c, verbose: _v, ...rest } = settings
  const {
    backend: _k,
    requireInt8: _i,
    calibration: _d,
    quantization: _q,
    halfPrecision,
    timingCache: _t,
    precision,
    ...options
  } = rest
  // How a model is rewritten stands in its preparation; that FP16 is forbidden is said to TensorRT 10.
  const forbidden = halfPrecision === false ? { halfPrecision } : {}
  return {
    ...tensorrtIdentity(library, options),
    model: {
      sha256: digested.sha256,
      bytes: digested.bytes,
      name: network ? network.name : path && basename(path),
      format: network ? 'tensorrt-network' : 'onnx',
    },
    options: tensorrtIdentityOptions({ ...options, ...forbidden }, precision, library.installation.product, plugins.identity),
  }
}

function cacheOptions(cache: Exclude<BuildTensorRtSettings['cache'], false | undefined>) {
  return typeof cache === 'string' ? { dir: cache } : cache
}

function digestText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
