import type { NativeError, NativeErrorCode } from '../native/openvino-addon.js'
import { type EngineryError, type EngineryErrorRest, engineryError, isEngineryError } from './enginery-error.js'

/** What was going on when native code failed: the words that the public message needs. */
export interface NativeFailureContext {
  /** Path of the model, or words for one given as bytes. */
  model?: string
  /** Path of the file that was read or written. */
  path?: string
  /** Whether the file at `path` was being written; read otherwise. */
  writing?: boolean
  device?: string
  availableDevices?: readonly string[]
  /** What was closed, for example `The engine yolox`. */
  what?: string
  /** The public function that the stack starts at. */
  caller?: EngineryErrorRest['caller']
}

type Translate = (reason: string, context: NativeFailureContext, rest: EngineryErrorRest) => EngineryError

const model = (context: NativeFailureContext) => context.model ?? context.path ?? 'The model'

const translations: Record<NativeErrorCode, Translate> = {
  NATIVE_ARGUMENT: (reason, _, rest) => engineryError('BUG', { reason }, rest),
  NATIVE_BUSY: (reason, context, rest) =>
    context.what === 'The model' ? engineryError('MODEL_BUSY', {}, rest) : engineryError('BUG', { reason }, rest),
  NATIVE_CLOSED: (_, context, rest) => engineryError('ENGINE_CLOSED', { what: context.what ?? 'The engine' }, rest),
  NATIVE_CANCELLED: (reason, _, rest) => engineryError('INFERENCE_CANCELLED', { reason }, rest),
  NATIVE_TENSOR: (reason, _, rest) => engineryError('PORT_MISMATCH', { reason }, rest),
  NATIVE_MEMORY: (reason, _, rest) => engineryError('OUT_OF_MEMORY', { reason }, rest),
  NATIVE_FILE: (reason, context, rest) =>
    engineryError(context.writing ? 'FILE_NOT_WRITTEN' : 'FILE_NOT_READ', { path: context.path ?? model(context), reason }, rest),
  OV_READ: (reason, context, rest) =>
    engineryError(saysUnsupported(reason) ? 'MODEL_UNSUPPORTED' : 'MODEL_NOT_READ', { model: model(context), reason }, rest),
  OV_MODEL_BYTES: (reason, context, rest) => engineryError('MODEL_CORRUPT', { model: model(context), reason }, rest),
  OV_MODEL: (reason, _, rest) => engineryError('MODEL_CHANGE_REFUSED', { reason }, rest),
  OV_PREPROCESS: (reason, _, rest) => engineryError('PREPROCESS_INVALID', { reason }, rest),
  OV_COMPILE: (reason, context, rest) =>
    deviceFailure(reason, context, rest) ??
    propertyFailure(reason, rest) ??
    engineryError('ENGINE_BUILD_FAILED', { device: context.device ?? 'the device', reason }, rest),
  OV_IMPORT: (reason, context, rest) =>
    deviceFailure(reason, context, rest) ??
    engineryError('ENGINE_IMPORT_FAILED', { path: context.path ?? '(bytes)', reason }, rest),
  OV_EXPORT: (reason, context, rest) =>
    engineryError('ENGINE_EXPORT_FAILED', { reason: notExportable(reason, context) ?? reason }, rest),
  OV_INFER: (reason, _, rest) => engineryError('INFERENCE_FAILED', { reason }, rest),
  OV_DEVICE: (reason, context, rest) =>
    deviceFailure(reason, context, rest) ??
    engineryError('DEVICE_FAILED', { device: context.device ?? '(default)', reason }, rest),
  OV_PROPERTY: (reason, _, rest) => engineryError('PROPERTY_INVALID', { reason }, rest),
  OV_EXTENSION: (reason, context, rest) => engineryError('EXTENSION_FAILED', { path: context.path ?? '(unnamed)', reason }, rest),
}

/**
 * The public error for whatever native code threw. The native error stays reachable as `cause`, its log lines as
 * `engineLog`. An error of ours passes through as it is; anything else becomes `BUG`.
 *
 * @example try { addon.readModelSync(source) } catch (error) { throw fromNative(error, { model: path, caller: buildEngine }) }
 */
export function fromNative(error: unknown, context: NativeFailureContext = {}): EngineryError {
  if (isEngineryError(error)) return error
  const native = error as Partial<NativeError> | null | undefined
  const rest: EngineryErrorRest = { cause: error, engineLog: native?.engineLog ?? [], caller: context.caller ?? fromNative }
  const raw = error instanceof Error ? error.message : String(error)
  const code = native?.code
  if (code === undefined || !Object.hasOwn(translations, code)) return engineryError('BUG', { reason: raw }, rest)
  return translations[code](shortenReason(raw), context, rest)
}

// OpenVINO's words for "this model asks for something I do not have", over its frontends.
function saysUnsupported(reason: string): boolean {
  return /does ?n[o']t support|not supported|unsupported|No translator found|no conversion rule|cannot create \S+ layer/i.test(
    reason,
  )
}

// A device that is not there, or a driver that is not: OpenVINO reports both from wherever it first needed the device.
function deviceFailure(reason: string, context: NativeFailureContext, rest: EngineryErrorRest): EngineryError | undefined {
  const device = context.device ?? '(default)'
  const library = /(lib[\w.+-]+): cannot open shared object file/.exec(reason)
  if (library) return engineryError('DEVICE_LIBRARY_MISSING', { device, library: library[1] as string, reason }, rest)
  if (/is not registered in the OpenVINO Runtime|supports only '.*' as device id|no available devices?\b/i.test(reason)) {
    const available = context.availableDevices ?? []
    return engineryError('DEVICE_NOT_FOUND', { device, available: available.length > 0 ? available : 'none' }, rest)
  }
  return undefined
}

// AUTO, MULTI and BATCH say nothing but this.
function notExportable(reason: string, { device }: NativeFailureContext): string | undefined {
  if (device === undefined || !/not implemented/i.test(reason)) return undefined
  return `OpenVINO exports no engines of ${device}; build for the device itself, for example CPU`
}

// compile() takes the properties too, so their faults surface there.
function propertyFailure(reason: string, rest: EngineryErrorRest): EngineryError | undefined {
  return /unsupported property|wrong value .* for property|Could not read .* from str/i.test(reason)
    ? engineryError('PROPERTY_INVALID', { reason }, rest)
    : undefined
}

const sourcePositions = new RegExp(
  [/Exception from \S+:\d+:?/, /Check '.*' failed at \S+:\d+:?/, /FrontEnd API failed with \w+:/]
    .map((pattern) => `^\\s*${pattern.source}`)
    .join('|'),
)

/**
 * OpenVINO's message without the source positions around it ("Exception from src/...", "Check '...' failed at ...").
 * The whole text stays in `cause`.
 */
export function shortenReason(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.replace(sourcePositions, '').trim())
    .filter((line) => line !== '')
    .filter((line, index, all) => line !== all[index - 1])
  const short = lines.join('\n')
  return short === '' ? message.trim() || 'no reason was given' : short
}
