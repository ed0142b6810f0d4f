import { buildEngine } from '../api/engines/build-engine.js'
import type { BuildEngineOptions } from '../api/engines/build-options.js'
import { loadEngine } from '../api/engines/load-engine.js'
import type { BuildProgress } from '../engine/backend.js'
import { engineryError } from '../errors/enginery-error.js'
import type { Engine } from '../inference/engine.js'
import { logEngineLine } from '../logging/logger.js'
import { tryLoadOpenVino } from '../native/load-addon.js'
import type { EngineConfig } from './config/config-schema.js'
import { isSavedEngine } from './files/is-saved-engine.js'
import { type Session, withProgress } from './session.js'

/** What a command works on: a model to be built, or a saved engine. */
export interface Target {
  readonly path: string
  readonly kind: 'model' | 'engine'
}

/**
 * The model or saved engine that the command line or else the configuration names.
 *
 * @throws USAGE_INVALID where neither does
 */
export async function findTarget(argument: string | undefined, options: EngineConfig): Promise<Target> {
  const path = argument ?? modelPathOf(options)
  if (path === undefined) {
    throw engineryError('USAGE_INVALID', { reason: 'no model: name its file, or a configuration that does (--config)' })
  }
  return { path, kind: (await isSavedEngine(path)) ? 'engine' : 'model' }
}

function modelPathOf({ model }: EngineConfig): string | undefined {
  if (typeof model === 'string') return model
  return model && 'path' in model ? model.path : undefined
}

/** An engine and how it came about. */
export interface OpenedEngine {
  readonly engine: Engine
  readonly origin: 'built' | 'loaded'
  /** Milliseconds. */
  readonly elapsed: number
}

export interface OpenOptions {
  /** For a saved engine that does not fit: build it again from this model. */
  readonly rebuildFrom?: string | undefined
}

/** Builds or loads the target, with a progress bar. The caller closes the engine. */
export async function openEngine(
  session: Session,
  target: Target,
  options: EngineConfig,
  open: OpenOptions = {},
): Promise<OpenedEngine> {
  if (session.flags.verbose) showEngineLog(session)
  const start = performance.now()
  const engine = await withProgress(session, (bar) => {
    const onProgress = ({ stage, fraction }: BuildProgress) => bar.update(stage, fraction)
    const call = { signal: session.signal, onProgress, logger: session.logger }
    if (target.kind === 'model') return buildEngine({ ...options, model: target.path, ...call } as BuildEngineOptions)
    const { hints, properties } = loadOptionsOf(options)
    const rebuild = open.rebuildFrom === undefined ? {} : { onMismatch: 'rebuild' as const, model: open.rebuildFrom }
    return loadEngine(target.path, { hints, properties, ...rebuild, ...call })
  })
  return { engine, origin: target.kind === 'model' ? 'built' : 'loaded', elapsed: performance.now() - start }
}

function showEngineLog(session: Session): void {
  const loaded = tryLoadOpenVino()
  // Where it does not load, building says why.
  if (!('reason' in loaded)) loaded.addon.setLogListener((line) => logEngineLine(session.logger, line))
}

// Whatever else was asked for cannot be changed any more, and must not be ignored in silence.
function loadOptionsOf(options: EngineConfig): Pick<EngineConfig, 'hints' | 'properties'> {
  // What a model is quantized with says nothing about an engine.
  const { backend: _, model: __, calibration: ___, quantization: ____, hints, properties, ...fixed } = options
  const [option] = Object.keys(fixed)
  if (option !== undefined) {
    throw engineryError('USAGE_INVALID', {
      reason: `${option} cannot be changed in a saved engine: build it again with that option`,
    })
  }
  return { hints, properties }
}
