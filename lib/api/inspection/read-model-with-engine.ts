import type { Port } from '../../engine/backend.js'
import { portFromNative } from '../../engine/openvino/openvino-engine.js'
import { type EngineryError, engineryError } from '../../errors/enginery-error.js'
import { fromNative } from '../../errors/from-native.js'
import type { DetectedModel } from '../../model/model-format.js'
import { tryLoadOpenVino } from '../../native/load-addon.js'
import type { NativeModelSource, NativeOperation, OpenVinoAddon } from '../../native/openvino-addon.js'
import { elementTypes, isElementType } from '../../tensor/element-type.js'
import { countWeights, type OperatorCount, type WeightCount } from './model-contents.js'

/** A model as the engine's reader understands it, before the plugin fuses anything. */
export interface EngineReading {
  readonly backend: 'openvino'
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Operations of the engine's own sets, most frequent first; constants, parameters and results are not counted. */
  readonly operators: readonly OperatorCount[]
  readonly weights: readonly WeightCount[]
  /** Results of these operations by element type, most frequent first. */
  readonly types: readonly { readonly type: string; readonly count: number }[]
}

export interface ReadingResult {
  readonly reading: EngineReading | null
  /** Why there is none, unless no engine is installed. */
  readonly error: EngineryError | null
}

/**
 * Reads a model with OpenVINO.
 *
 * @param options.required throw in place of answering without a reading
 */
export async function readWithOpenVino(
  model: DetectedModel,
  options: { readonly required: boolean; readonly signal?: AbortSignal | undefined },
): Promise<ReadingResult> {
  const loaded = tryLoadOpenVino()
  if ('reason' in loaded) {
    if (options.required) throw loaded.reason
    return { reading: null, error: null }
  }
  try {
    return { reading: await readModel(loaded.addon, model, options.signal), error: null }
  } catch (failure) {
    const error = fromNative(failure, { model: model.path })
    if (options.required || error.code === 'ABORTED') throw error
    return { reading: null, error }
  }
}

async function readModel(addon: OpenVinoAddon, model: DetectedModel, signal: AbortSignal | undefined): Promise<EngineReading> {
  const source: NativeModelSource =
    model.weightsPath === null ? { path: model.path } : { path: model.path, weightsPath: model.weightsPath }
  const native = await addon.readModel(source)
  try {
    refuseAborted(signal)
    const operations = await native.operations()
    refuseAborted(signal)
    const computing = operations.filter(({ type }) => type !== 'Constant' && type !== 'Parameter' && type !== 'Result')
    return {
      backend: 'openvino',
      inputs: native.inputs().map(portFromNative),
      outputs: native.outputs().map(portFromNative),
      operators: countOperators(computing),
      weights: countWeights(operations.filter(({ type }) => type === 'Constant').map(weightOf)),
      types: countTypes(computing),
    }
  } finally {
    native.close()
  }
}

/** Inputs as the engine reads them: what shapes have to be given for. */
export async function readModelInputs(model: DetectedModel): Promise<readonly Port[]> {
  const { reading } = await readWithOpenVino(model, { required: true })
  return (reading as EngineReading).inputs
}

function weightOf({ outputs, constantBytes }: NativeOperation): { type: string; elements: number; bytes: number } {
  const type = outputs[0]?.type ?? 'undefined'
  const shape = outputs[0]?.shape ?? []
  const bits = isElementType(type) ? elementTypes[type].bits : null
  const product = shape.reduce((count: number, length) => count * Number(length), 1)
  return {
    type,
    elements: bits === null ? product : Math.min(product, Math.floor((constantBytes * 8) / bits)),
    bytes: constantBytes,
  }
}

function countOperators(operations: readonly NativeOperation[]): OperatorCount[] {
  const counts = new Map<string, { domain: string; type: string; count: number }>()
  for (const { type, version } of operations) {
    const key = `${version}\n${type}`
    const entry = counts.get(key) ?? { domain: version, type, count: 0 }
    entry.count++
    counts.set(key, entry)
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type))
}

function countTypes(operations: readonly NativeOperation[]): { type: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { outputs } of operations) for (const { type } of outputs) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count)
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'Reading the model' }, { cause: signal.reason })
}
