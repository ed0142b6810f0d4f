import { engineryError } from '../../errors/enginery-error.js'
import type { ErrorCode } from '../../errors/error-table.js'
import { fromNative, type NativeFailureContext } from '../../errors/from-native.js'
import { loadOpenVino, tryLoadOpenVino } from '../../native/load-addon.js'
import type { NativeCompiledModel, NativeModel, OpenVinoAddon } from '../../native/openvino-addon.js'
import { elementTypeNames, isElementType } from '../../tensor/element-type.js'
import type { BackendStatus, DeviceInfo, Port } from '../backend.js'
import { shapeToNative } from '../partial-shape.js'
import { type ResolvedShapes, resolveShapes } from '../resolve-shapes.js'
import type { OpenVinoCompileOptions } from './build-options.js'
import { compileProperties } from './compile-properties.js'
import { nativePreprocess } from './native-preprocess.js'
import { OpenVinoEngine, portFromNative } from './openvino-engine.js'

/** Called before each stage; may throw to stop the build. */
export type StageListener = (stage: 'read' | 'reshape' | 'preprocess' | 'compile') => void

export interface CompiledModelAndShapes {
  readonly engine: OpenVinoEngine
  readonly shapes: ResolvedShapes
}

/** Reads, reshapes, preprocesses and compiles a model. */
export async function compileWithOpenVino(
  read: () => Promise<NativeModel>,
  options: OpenVinoCompileOptions,
  onStage: StageListener,
  context: NativeFailureContext,
): Promise<CompiledModelAndShapes> {
  const addon = loadOpenVino()
  const failure = { ...context, device: options.device }
  onStage('read')
  const model = await translated(read, failure)
  try {
    onStage('reshape')
    const shapes = resolveShapes(model.inputs().map(portFromNative), options.shapes)
    await reshape(model, shapes, failure)
    if (options.preprocess) {
      onStage('preprocess')
      const description = nativePreprocess(options.preprocess)
      await translated(() => model.preprocess(description), failure)
    }
    onStage('compile')
    const compiled = await translated(() => addon.compileModel(model, options.device, compileProperties(options)), failure)
    return { engine: await openCompiled(compiled, options, failure), shapes }
  } finally {
    model.close()
  }
}

async function reshape(model: NativeModel, shapes: ResolvedShapes, context: NativeFailureContext): Promise<void> {
  const changes = Object.entries(shapes.changes)
  if (changes.length === 0) return
  const native = Object.fromEntries(changes.map(([name, shape]) => [name, shapeToNative(shape)]))
  await translated(() => model.reshape(native), context)
}

/** Loads bytes that were exported before. They must have been verified: damaged ones can end the process. */
export async function importWithOpenVino(path: string, options: OpenVinoCompileOptions): Promise<OpenVinoEngine> {
  const addon = loadOpenVino()
  const context = { path, device: options.device }
  const compiled = await translated(() => addon.importModel({ path }, options.device, compileProperties(options)), context)
  return openCompiled(compiled, options, context)
}

async function openCompiled(
  compiled: NativeCompiledModel,
  options: OpenVinoCompileOptions,
  context: NativeFailureContext,
): Promise<OpenVinoEngine> {
  try {
    const engine = new OpenVinoEngine(compiled, options)
    refuseForeignTypes([...engine.inputs, ...engine.outputs], context)
    return engine
  } catch (error) {
    await compiled.close()
    throw fromNative(error, context)
  }
}

// OpenVINO has more element types (f8e4m3, nf4) than there are arrays to hold them.
function refuseForeignTypes(ports: readonly Port[], context: NativeFailureContext): void {
  for (const { name, type } of ports) {
    if (isElementType(type)) continue
    throw engineryError('MODEL_UNSUPPORTED', {
      model: context.model ?? context.path ?? 'The model',
      reason: `'${name}' holds ${type} elements; let the engine convert them: preprocess with \`tensor.type\` set to one of ${elementTypeNames.join(', ')}`,
    })
  }
}

// Called inside: what takes an argument that it refuses throws at once.
async function translated<T>(call: () => Promise<T>, context: NativeFailureContext): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw fromNative(error, context)
  }
}

/** Whether OpenVINO is here, and why not. Never throws. */
export function openvinoStatus(): BackendStatus {
  const loaded = tryLoadOpenVino()
  if ('reason' in loaded) {
    return { name: 'openvino', available: false, reason: loaded.reason.message, cure: loaded.reason.cure }
  }
  return { name: 'openvino', available: true, version: loaded.addon.version().buildNumber }
}

export async function openvinoDevices(): Promise<DeviceInfo[]> {
  const addon = loadOpenVino()
  const names = await translated(() => addon.devices(), {})
  return Promise.all(
    names.map(async (name) => ({
      backend: 'openvino',
      name,
      fullName: String(await optionalProperty(addon, name, 'FULL_DEVICE_NAME', name)),
      capabilities: [await optionalProperty(addon, name, 'OPTIMIZATION_CAPABILITIES', [])].flat().map(String),
    })),
  )
}

async function optionalProperty(addon: OpenVinoAddon, device: string, name: string, otherwise: unknown): Promise<unknown> {
  try {
    return await addon.getProperty(device, name)
  } catch {
    return otherwise
  }
}

/** Codes for which importing failed because the bytes do not fit, so that building anew may help. */
export const importFailureCodes: readonly ErrorCode[] = ['ENGINE_IMPORT_FAILED']
