import { type EngineryError, engineryError } from '../../errors/enginery-error.js'
import { abortedError } from '../../errors/unless-aborted.js'
import { type Logger, logSafely } from '../../logging/logger.js'
import type { NativeBuildEvent, NativeBuildOutcome, NativeBuildRequest, NativeLogLine } from '../../native/tensorrt-addon.js'
import { readWarnings } from './build-warnings.js'
import { modelUnsupported } from './explain-problems.js'
import { groupWarnings } from './group-warnings.js'
import { unusedRuleError } from './layers/plan-layer-settings.js'
import type { OpenedTensorRt } from './open-library.js'
import { pluginFailure } from './plugin-libraries.js'

export interface RunContext {
  /** Of the model, for messages. */
  readonly model: string
  readonly logger: Logger
  readonly signal: AbortSignal | undefined
  /** Told of each phase and step of TensorRT's. What it throws stops the build. */
  readonly onEvent?: ((event: NativeBuildEvent) => void) | undefined
}

/**
 * One build, from a request to an outcome that is `built` or `described`.
 *
 * @throws ABORTED; what `onEvent` throws; TENSORRT_MODEL_UNSUPPORTED, TENSORRT_NETWORK_REFUSED, TENSORRT_PLUGIN_UNAVAILABLE,
 * TENSORRT_PLUGIN_LIBRARY_FAILED, TENSORRT_PROFILE_INVALID, TENSORRT_OPTION_REFUSED, TENSORRT_LAYER_UNKNOWN, TENSORRT_CALIBRATION_FAILED,
 * TENSORRT_BUILD_FAILED, OUT_OF_MEMORY
 */
export async function runBuild(
  library: OpenedTensorRt,
  request: NativeBuildRequest,
  { model, logger, signal, onEvent }: RunContext,
): Promise<NativeBuildOutcome> {
  let failure: { readonly error: unknown } | undefined
  const build = library.addon.build(
    request,
    onEvent &&
      ((event) => {
        if (failure) return
        try {
          onEvent(event)
        } catch (error) {
          failure = { error }
          build.cancel()
        }
      }),
  )
  const cancel = () => build.cancel()
  signal?.addEventListener('abort', cancel)
  // It may have fired before anybody listened.
  if (signal?.aborted) cancel()
  try {
    const outcome = await build.done
    // What the parser writes of a node that it does not take, five lines of each, is in the error.
    const isTold = outcome.kind === 'not-parsed'
    tellLog(outcome.log, request.verbose === true, (severity, text) =>
      logSafely(logger, isTold && severity === 'error' ? 'debug' : logLevels[severity], `${library.title}: ${text}`),
    )
    if (failure) throw failure.error
    if (signal?.aborted) throw abortedError('The build', signal)
    if (outcome.kind === 'built' || outcome.kind === 'described') return outcome
    throw failureOf(library, model, outcome, request)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

const logLevels = { 'internal-error': 'error', error: 'error', warning: 'warn', info: 'debug', verbose: 'debug' } as const

/** Warnings that repeat themselves are told once, where the first of them stands, unless every line is wanted. */
function tellLog(
  log: readonly NativeLogLine[],
  isWhole: boolean,
  tell: (severity: NativeLogLine['severity'], text: string) => void,
): void {
  const grouped = groupWarnings(isWhole ? [] : readWarnings(log))
  for (const { severity, text } of log) {
    if (isWhole || severity !== 'warning') tell(severity, text)
    else {
      const first = text.trim()
      const told = grouped.get(first)
      if (grouped.delete(first)) tell(severity, told as string)
    }
  }
}

const worthKeeping = new Set<NativeLogLine['severity']>(['internal-error', 'error', 'warning'])

function failureOf(
  library: OpenedTensorRt,
  model: string,
  outcome: NativeBuildOutcome,
  { plugins }: NativeBuildRequest,
): EngineryError {
  const logged = outcome.log.filter(({ severity }) => worthKeeping.has(severity)).map(({ text }) => text)
  // TensorRT does not log what it records.
  const engineLog = [...outcome.errors.map(({ text }) => text), ...logged]
  const { title } = library
  if (outcome.kind === 'not-parsed') return modelUnsupported(model, outcome.problems, engineLog)
  if (outcome.calibrationFailure) {
    const reason = outcome.calibrationFailure.message
    const cause = outcome.thrown ?? outcome.calibrationFailure
    return engineryError('TENSORRT_CALIBRATION_FAILED', { reason }, { cause, engineLog })
  }
  const { refused, unusedRules } = outcome
  if (!refused && unusedRules.length > 0) {
    return unusedRuleError(
      model,
      unusedRules,
      outcome.network.layers.map(({ name }) => name),
    )
  }
  const recorded = withoutDriver(outcome.errors.map(({ text }) => shorten(text)))
  const details = { errors: outcome.errors }
  if (refused) {
    const said = shorten(refused.message)
    const reason = [...new Set([said, ...recorded.filter((text) => !said.includes(text))])].join('; ')
    const rest = { cause: refused, engineLog, details }
    if (refused.code === 'NATIVE_MEMORY') return engineryError('OUT_OF_MEMORY', { reason }, rest)
    if (refused.code === 'NATIVE_ARGUMENT') return engineryError('BUG', { reason }, rest)
    if (refused.code === 'TRT_PROFILE') return engineryError('TENSORRT_PROFILE_INVALID', { model, reason }, rest)
    // Shapes that do not go together come out when TensorRT asks the network for one of them; the first names the node.
    const [ofShapes] = recorded
    if (refused.code === 'TRT_CONFIG' && ofShapes?.startsWith('ITensor::getDimensions')) {
      return engineryError('TENSORRT_PROFILE_INVALID', { model, reason: ofShapes }, rest)
    }
    if (refused.code === 'TRT_CONFIG') return engineryError('TENSORRT_OPTION_REFUSED', { library: title, reason }, rest)
    // The layer is in the message; what was recorded after it follows from it, or from the end of the network.
    if (refused.code === 'TRT_NETWORK') return engineryError('TENSORRT_NETWORK_REFUSED', { library: title, reason: said }, rest)
    if (refused.code === 'TRT_PLUGIN') {
      return engineryError('TENSORRT_PLUGIN_UNAVAILABLE', { library: title, reason: said }, rest)
    }
    if (refused.code === 'TRT_PLUGIN_LIBRARY') return pluginFailure(refused, plugins, library)
    if (refused.code === 'TRT_TIMING_CACHE') {
      return engineryError('TIMING_CACHE_INVALID', { path: 'that was given', reason: refused.message }, rest)
    }
    return engineryError('TENSORRT_BUILD_FAILED', { library: title, model, reason }, rest)
  }
  const reason = [...new Set(recorded)].join('; ') || shorten(engineLog.at(-1) ?? 'it gave no reason')
  return engineryError('TENSORRT_BUILD_FAILED', { library: title, model, reason }, { engineLog, details })
}

/** TensorRT-RTX asks a driver that need not be there, and records that it is not beside what is wrong. */
function withoutDriver(recorded: readonly string[]): readonly string[] {
  const others = recorded.filter((text) => !/catchCudaError.*cudaError 35\b/s.test(text))
  return others.length > 0 ? others : recorded
}

/** TensorRT's message without the position in its own sources. */
function shorten(text: string): string {
  return text.replace(/\s*In \w+ at \S+:\d+\)?$/, '').trim()
}
