import { fromNative } from '../../errors/from-native.js'
import type { NativeCompiledModel, NativePort, NativeRuntimeLayer } from '../../native/openvino-addon.js'
import type { ElementType } from '../../tensor/element-type.js'
import type { CompiledEngine, EngineLayer, InferenceSlot, Port } from '../backend.js'
import { shapeFromNative } from '../partial-shape.js'
import type { OpenVinoCompileOptions } from './build-options.js'
import { oneThreadProperties } from './compile-properties.js'

export function portFromNative(port: NativePort): Port {
  return {
    name: port.name,
    names: port.names.length > 0 ? port.names : [port.name],
    type: port.type as ElementType,
    shape: shapeFromNative(port.shape),
  }
}

/** An OpenVINO compiled model behind the interface all backends share. */
export class OpenVinoEngine implements CompiledEngine {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly requestCount: number
  readonly executionDevices: readonly string[]
  readonly profiles: boolean
  readonly #compiled: NativeCompiledModel
  readonly #options: OpenVinoCompileOptions
  #forOneThread: Promise<NativeCompiledModel | null> | undefined

  constructor(compiled: NativeCompiledModel, options: OpenVinoCompileOptions) {
    const { hints } = options
    this.#compiled = compiled
    this.#options = options
    this.inputs = compiled.inputs().map(portFromNative)
    this.outputs = compiled.outputs().map(portFromNative)
    this.requestCount = hints?.requests ?? defaultRequestCount(Number(compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS')))
    this.profiles = isEnabled(compiled, 'PERF_COUNT') ?? hints?.profile ?? false
    this.executionDevices = stringList(compiled.getProperty('EXECUTION_DEVICES'))
  }

  async createSlots(count: number): Promise<InferenceSlot[]> {
    return this.#translate(() => this.#compiled.createRequests(count))
  }

  createSlotSync(): InferenceSlot {
    try {
      return this.#compiled.createRequestsSync(1)[0] as InferenceSlot
    } catch (error) {
      throw fromNative(error, { device: this.#options.device, what: 'The engine' })
    }
  }

  // The threads that a graph was compiled for take part in each inference, and waking them takes longer than a tiny network
  // does; a stream of several even sends it to another thread. So the calling thread gets a graph of its own.
  async createShortSlot(): Promise<InferenceSlot | undefined> {
    const { device } = this.#options
    if (device !== 'CPU' || this.profiles) return undefined
    this.#forOneThread ??= this.#compiled.compileAgain(device, oneThreadProperties(this.#options), ONE_THREAD_BYTES)
    const compiled = await this.#translate(() => this.#forOneThread as Promise<NativeCompiledModel | null>)
    return compiled ? (await this.#translate(() => compiled.createRequests(1)))[0] : undefined
  }

  async layers(): Promise<EngineLayer[]> {
    const graph = await this.#translate(() => this.#compiled.runtimeGraph())
    return graph.filter(({ type }) => !notComputing.has(type)).map(layerFromNative)
  }

  async exportTo(path: string): Promise<void> {
    try {
      await this.#compiled.exportTo(path)
    } catch (error) {
      throw fromNative(error, { path, writing: true, device: this.#options.device })
    }
  }

  async close(): Promise<void> {
    const forOneThread = await this.#forOneThread?.catch(() => null)
    await this.#translate(() => Promise.all([this.#compiled.close(), forOneThread?.close()]))
  }

  async #translate<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw fromNative(error, { device: this.#options.device, what: 'The engine' })
    }
  }
}

// What is larger has no inferences of microseconds; or it looks up a few values in a large table, which nobody wants twice.
const ONE_THREAD_BYTES = 32 * 2 ** 20

// OpenVINO's figure is one request for each stream. A finished request is started again by the JavaScript thread, and its
// stream would stand still until then; with a second one queued in the engine it goes on at once. A request owns no more
// than its inputs and outputs, so this costs little. With a single stream, latency was asked for: no queue there.
function defaultRequestCount(optimal: number): number {
  return optimal > 1 ? optimal * 2 : 1
}

// Virtual devices know only some of the properties.
function isEnabled(compiled: NativeCompiledModel, property: string): boolean | undefined {
  try {
    const value = compiled.getProperty(property)
    return value === true || value === 'YES'
  } catch {
    return undefined
  }
}

function stringList(value: unknown): string[] {
  return Array.isArray(value)
    ? value.map(String)
    : String(value)
        .split(/[\s,]+/)
        .filter(Boolean)
}

// Nodes of the runtime graph that execute nothing: listed, they would hide what the others do.
const notComputing = new Set(['Const', 'Constant', 'Input', 'Output', 'Parameter', 'Result'])

function layerFromNative(layer: NativeRuntimeLayer): EngineLayer {
  return {
    name: layer.name,
    type: layer.type,
    // The plugin's own word where it gives one: the output's type hides what a kernel computes in.
    precision: normalizePrecision(layer.info.runtimePrecision ?? layer.precision),
    kernel: layer.info.primitiveType ?? '',
    originalNames: (layer.info.originalLayersNames ?? '').split(',').filter(Boolean),
  }
}

function normalizePrecision(precision: string): string {
  const lower = precision.toLowerCase()
  return { fp32: 'f32', fp16: 'f16', boolean: 'bool' }[lower] ?? lower
}
