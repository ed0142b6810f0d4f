import { engineryError } from '../../../errors/enginery-error.js'
import type { NativeLayerRule, NativeLayerSettings, NativeUnusedRule } from '../../../native/tensorrt-addon.js'
import type { LayerType, TensorRtCompileOptions, TensorRtPrecision } from '../build-options.js'
import { unsupported } from '../builder-settings.js'
import type { OpenedTensorRt } from '../open-library.js'

type Builder = TensorRtCompileOptions['builder']
type Library = Pick<OpenedTensorRt, 'line' | 'title'>

const elementTypes: Readonly<Record<LayerType, string>> = { fp32: 'f32', fp16: 'f16', bf16: 'bf16', int8: 'i8', int32: 'i32' }

/** Lower types that a precision of the whole allows besides float32. */
const allowed: Readonly<Record<TensorRtPrecision, readonly LayerType[]>> = {
  fp32: [],
  fp16: ['fp16'],
  bf16: ['bf16'],
  int8: ['int8', 'fp16'],
  fp8: ['fp16'],
}

/**
 * What is asked of single layers, as the addon takes it.
 *
 * @param precision of the whole, which says what types TensorRT may use at all
 * @throws TENSORRT_OPTION_UNSUPPORTED where layers have the types of the model, with what to do instead; OPTION_INVALID where
 * the options contradict each other
 */
export function planLayerSettings(builder: Builder, precision: TensorRtPrecision, library: Library): NativeLayerSettings {
  const { layerPrecisions, layerOutputTypes, layerDevices } = builder
  const precisions = rulesOf(layerPrecisions, (type) => [elementTypes[type]])
  const outputTypes = rulesOf(layerOutputTypes, (types) => [types].flat().map((type) => elementTypes[type]))
  const devices = rulesOf(layerDevices, (device) => [device])
  if (precisions.length > 0) {
    refuseWhereTyped(builder, library, 'layerPrecisions', 'precisions of single layers')
    refuseUnkept(builder, precision, 'layerPrecisions', Object.entries(layerPrecisions ?? {}))
  }
  if (outputTypes.length > 0) {
    refuseWhereTyped(builder, library, 'layerOutputTypes', 'output types of single layers')
    const asked = Object.entries(layerOutputTypes ?? {}).flatMap(([name, types]) =>
      [types].flat().map((type) => [name, type] as const),
    )
    refuseUnkept(builder, precision, 'layerOutputTypes', asked)
  }
  if (devices.length > 0 && library.line === 'rtx') {
    throw unsupported(library, 'devices of single layers', 'It runs on GPUs alone: leave layerDevices out.')
  }
  const needsDla = Object.entries(layerDevices ?? {}).find(([, device]) => device === 'dla')
  if (needsDla !== undefined && builder.dla === undefined) {
    throw refuse('layerDevices', `builder.dla beside it, because ${needsDla[0]} is to run on the DLA`)
  }
  return { precisions, outputTypes, devices }
}

function rulesOf<Value>(said: Readonly<Record<string, Value>> | undefined, read: (value: Value) => string[]): NativeLayerRule[] {
  return Object.entries(said ?? {}).map(([pattern, value]) => ({ pattern, values: read(value) }))
}

function refuseWhereTyped(builder: Builder, library: Library, option: string, what: string): void {
  if (library.line !== 'v10') {
    const instead =
      'Its networks are strongly typed: types belong into the model. `halfPrecision.ignored` and `quantization.ignored` leave nodes float32; else give a model with casts or quantizers.'
    throw unsupported(library, what, instead)
  }
  if (builder.stronglyTyped === true)
    throw refuse(option, 'builder.stronglyTyped left out: with it, layers have the types of the model')
}

/** TensorRT takes such wishes in silence and does not keep them. */
function refuseUnkept(
  { precisionConstraints }: Builder,
  precision: TensorRtPrecision,
  option: string,
  asked: readonly (readonly [name: string, type: LayerType])[],
): void {
  if (precisionConstraints !== 'obey' && precisionConstraints !== 'prefer') {
    throw refuse(option, 'builder.precisionConstraints obey or prefer beside it: without, TensorRT does not keep to it')
  }
  const odd = asked.find(([, type]) => type !== 'fp32' && type !== 'int32' && !allowed[precision].includes(type))
  if (odd !== undefined) {
    const [name, type] = odd
    throw refuse(`${option}.${name}`, `a type that precision ${precision} allows, received ${type}: say precision ${type}`)
  }
}

function refuse(option: string, reason: string) {
  return engineryError('OPTION_INVALID', { caller: 'buildEngine', option: `builder.${option}`, reason: `expected ${reason}` })
}

const options = { precision: 'layerPrecisions', 'output-type': 'layerOutputTypes', device: 'layerDevices' } as const

/** The error for rules that say nothing of a network: with names that are like the one that was given. */
export function unusedRuleError(model: string, [first, ...others]: readonly NativeUnusedRule[], layers: readonly string[]) {
  const { group, pattern, reason } = first as NativeUnusedRule
  const what = {
    'no-layer': `no layer of ${model} is called that`,
    'not-float': `all layers of ${model} that it stands for compute on integers or shapes`,
    outputs: `the layer has another number of outputs than there are types`,
  }[reason]
  const more = others.length === 0 ? '' : ` (and ${others.length} more such)`
  const alike = reason === 'no-layer' ? similarNames(pattern, layers) : []
  const cure = {
    'no-layer': `${alike.length > 0 ? `Layers called alike: ${alike.join(', ')}. ` : ''}\`plan.layers\` and \`--layer-info\` list the names of all layers; one * stands for any characters.`,
    'not-float': 'Leave it out: such layers have no precision to choose.',
    outputs: 'Give one type for all outputs, or one for each.',
  }[reason]
  const details = { unused: [first, ...others] }
  return engineryError('TENSORRT_LAYER_UNKNOWN', { option: options[group], pattern, reason: `${what}${more}`, cure }, { details })
}

/** Names that have most in common with a pattern, by the pieces between marks. */
function similarNames(pattern: string, names: readonly string[]): string[] {
  const wanted = new Set(piecesOf(pattern))
  if (wanted.size === 0) return []
  const ranked = names.map((name) => ({ name, shared: piecesOf(name).filter((piece) => wanted.has(piece)).length }))
  const alike = ranked.filter(({ shared }) => shared > 0).sort((one, other) => other.shared - one.shared)
  return [...new Set(alike.map(({ name }) => name))].slice(0, 3)
}

function piecesOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((piece) => piece !== '')
}
