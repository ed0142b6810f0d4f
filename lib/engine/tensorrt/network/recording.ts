import type { z } from 'zod'
import { describeValue } from '../../../errors/describe-value.js'
import { type EngineryError, engineryError } from '../../../errors/enginery-error.js'
import { describeIssue } from '../../../errors/parse-options.js'
import type { NativeLayerDefinition, NativePluginField } from '../../../native/tensorrt-network.js'
import type { NetworkType } from './layer-names.js'
import type { LayerOptions } from './layer-options.js'
import { NetworkTensor, type TensorRecord } from './network-tensor.js'
import type { ResolvedWeights } from './network-weights.js'

/** What becomes of a layer's output, as far as it is known without TensorRT. */
export interface InferredTensor {
  readonly type: NetworkType | null
  readonly shape: readonly number[] | null
}

/** A layer as the network keeps it: what crosses into the addon, with tensors and weights themselves in place of numbers. */
export interface LayerRecord extends Omit<NativeLayerDefinition, 'inputs' | 'outputs' | 'weights'> {
  readonly inputs: readonly (NetworkTensor | null)[]
  readonly outputs: readonly NetworkTensor[]
  readonly weights?: Readonly<Record<string, ResolvedWeights>>
}

/** What a recorder of layers hands over; undefined entries count as not given. */
export interface LayerDraft {
  readonly inputs: readonly (NetworkTensor | null)[]
  readonly choices?: Readonly<Record<string, string | undefined>>
  readonly numbers?: Readonly<Record<string, number | boolean | undefined>>
  readonly lists?: Readonly<Record<string, readonly number[] | undefined>>
  readonly factors?: Readonly<Record<string, readonly number[] | undefined>>
  readonly weights?: Readonly<Record<string, ResolvedWeights | undefined>>
  readonly fields?: readonly NativePluginField[]
  readonly outputs: readonly InferredTensor[]
}

/** Layers and tensors of a network in the order in which they were added. */
export class NetworkRecording {
  readonly layers: LayerRecord[] = []
  readonly outputs: NetworkTensor[] = []
  readonly #records = new Map<NetworkTensor, TensorRecord>()
  readonly #names = new Map<string, string>()

  /** One layer, from its options to its outputs. @throws NETWORK_LAYER_INVALID */
  begin<S extends z.ZodType<object>>(kind: string, schema: S, options: unknown): LayerCall<z.output<S>> {
    const name = (options as { name?: unknown } | undefined)?.name
    const count = this.layers.filter(({ kind }) => kind !== 'input').length
    const title = typeof name === 'string' ? `${kind} '${name}' (layer ${count})` : `${kind} (layer ${count})`
    const parsed = schema.safeParse(options ?? {})
    if (parsed.success) return new LayerCall(this, kind, title, parsed.data)
    const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, options))
    const { option, reason } = problems[0] as { option: string; reason: string }
    throw layerInvalid(title, `${option}: ${reason}`)
  }

  add(kind: string, draft: LayerDraft, { name, metadata, precision, outputType }: LayerOptions = {}): NetworkTensor[] {
    const types = outputType === undefined || Array.isArray(outputType) ? outputType : [outputType]
    const outputs = draft.outputs.map(({ type, shape }, index) => this.#addTensor(types?.[index] ?? type, shape))
    this.layers.push({
      kind,
      inputs: withoutEnd(draft.inputs),
      outputs,
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && { metadata }),
      ...(precision !== undefined && { precision }),
      ...(types !== undefined && { outputTypes: [...types] }),
      choices: given(draft.choices),
      numbers: Object.fromEntries(Object.entries(given(draft.numbers)).map(([key, value]) => [key, Number(value)])),
      lists: mapped(given(draft.lists)),
      factors: mapped(given(draft.factors)),
      weights: given(draft.weights),
      ...(draft.fields && { fields: [...draft.fields] }),
    })
    return outputs
  }

  owns(tensor: NetworkTensor): boolean {
    return this.#records.has(tensor)
  }

  /** Null for a tensor of another network. */
  recordOf(tensor: NetworkTensor): TensorRecord | null {
    return this.#records.get(tensor) ?? null
  }

  hasName(name: string): boolean {
    return this.#names.has(name)
  }

  /** Whoever names a tensor first has the name. @returns who has it already */
  takeName(tensor: NetworkTensor, name: string): string | null {
    const owner = this.#names.get(name)
    const record = this.#records.get(tensor) as TensorRecord
    if (owner !== undefined && record.name !== name) return owner
    if (record.name !== null) this.#names.delete(record.name)
    record.name = name
    this.#names.set(name, `tensor ${record.number}`)
    return null
  }

  #addTensor(type: NetworkType | null, shape: readonly number[] | null): NetworkTensor {
    const record: TensorRecord = { number: this.#records.size, type, shape, name: null, dynamicRange: null }
    const tensor = new NetworkTensor(record)
    this.#records.set(tensor, record)
    return tensor
  }
}

/** A layer that is being recorded. */
export class LayerCall<Options extends object = object> {
  constructor(
    readonly recording: NetworkRecording,
    readonly kind: string,
    readonly title: string,
    readonly options: Options,
  ) {}

  /** @throws NETWORK_LAYER_INVALID always */
  refuse(expected: string, received: string): never {
    throw layerInvalid(this.title, `expected ${expected}, received ${received}`)
  }

  /** A tensor of this network. @throws NETWORK_LAYER_INVALID */
  tensor(value: unknown, role = 'input'): NetworkTensor {
    if (!(value instanceof NetworkTensor)) this.refuse(`a tensor of a network as ${role}`, describeValue(value))
    if (!this.recording.owns(value)) this.refuse(`a tensor of this network as ${role}`, 'one of another network')
    return value
  }

  /** Tensors of this network, at least `least` of them. @throws NETWORK_LAYER_INVALID */
  tensors(values: unknown, least = 1): NetworkTensor[] {
    if (!Array.isArray(values) || values.length < least) {
      this.refuse(`an array of ${least === 1 ? 'tensors' : `${least} tensors`}`, describeValue(values))
    }
    return values.map((value, index) => this.tensor(value, `input ${index}`))
  }

  /** Counted from the front; a negative one counts from the back. @throws NETWORK_LAYER_INVALID */
  axis(axis: number, rank: number, role = 'axis'): number {
    const found = axis < 0 ? axis + rank : axis
    if (found < 0 || found >= rank) this.refuse(`${role} of a tensor of ${rank} dimensions`, String(axis))
    return found
  }

  add(draft: LayerDraft): NetworkTensor[] {
    return this.recording.add(this.kind, draft, this.options as LayerOptions)
  }

  /** As `add`, for layers that make one tensor. */
  addOne(draft: Omit<LayerDraft, 'outputs'>, type: NetworkType | null, shape: readonly number[] | null): NetworkTensor {
    return this.add({ ...draft, outputs: [{ type, shape }] })[0] as NetworkTensor
  }
}

export function layerInvalid(layer: string, reason: string): EngineryError {
  return engineryError('NETWORK_LAYER_INVALID', { layer, reason }, { details: { layer } })
}

/** What is not given at the end need not be said. */
function withoutEnd<T>(values: readonly (T | null)[]): readonly (T | null)[] {
  let length = values.length
  while (length > 0 && values[length - 1] === null) length--
  return values.slice(0, length)
}

function given<T>(values: Readonly<Record<string, T | undefined>> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, T>
}

function mapped(lists: Record<string, readonly number[]>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]]))
}
