import { engineryError } from '../../errors/enginery-error.js'
import type { NativeBuilderSettings } from '../../native/tensorrt-addon.js'
import { flagNames, type TensorRtCompileOptions, type TensorRtPrecision } from './build-options.js'
import type { OpenedTensorRt } from './open-library.js'

/** What a builder is told: TensorRT's own settings, and the two that belong elsewhere. */
export interface PlannedSettings {
  readonly settings: NativeBuilderSettings
  readonly stronglyTyped: boolean
  readonly maxThreads: number | undefined
}

type Builder = TensorRtCompileOptions['builder']
type Library = Pick<OpenedTensorRt, 'line' | 'names' | 'title'>

/**
 * TensorRT's settings for our options.
 *
 * @param precision of layers whose type the model does not fix; 11.x and RTX take the types of the model, so that there
 * only `fp32` is left to say here
 * @param allowsHalf FP16 may stand beside INT8 and FP8
 * @throws TENSORRT_OPTION_UNSUPPORTED for what this library does not have, with what to do instead
 */
export function planSettings(
  builder: Builder,
  precision: TensorRtPrecision,
  library: Library,
  allowsHalf = true,
): PlannedSettings {
  if (library.line === 'rtx' && builder.dla !== undefined) {
    // It takes the setting in silence, and builds for the GPU.
    throw unsupported(
      library,
      'deep learning accelerator (dla)',
      'It runs on GPUs alone: leave dla out, or use TensorRT 10 or 11.',
    )
  }
  const settings: NativeBuilderSettings = {
    flags: flagsOf(builder, precisionFlags(precision, allowsHalf), library),
    memoryPools: kebabEntries(builder.memoryPools ?? {}),
    previewFeatures: Object.fromEntries(Object.entries(builder.previewFeatures ?? {}).filter(([, on]) => on !== undefined)),
    choices: choicesOf(builder),
    numbers: numbersOf(builder),
  }
  if (builder.tacticSources !== undefined) settings.tacticSources = [...builder.tacticSources]
  if (builder.computeCapabilities !== undefined) settings.computeCapabilities = builder.computeCapabilities.map(capabilityNumber)
  // What it asks for is what a library without the setting does.
  if (settings.choices.hardwareCompatibility === 'none' && !library.names.choices.includes('hardwareCompatibility')) {
    delete settings.choices.hardwareCompatibility
  }
  refuseUnknown(settings, library)
  const stronglyTyped = library.line !== 'v10' || builder.stronglyTyped === true
  if (library.line !== 'v10' && builder.stronglyTyped === false) {
    throw unsupported(library, 'weakly typed networks (stronglyTyped: false)', replacements.fp16)
  }
  return { settings, stronglyTyped, maxThreads: builder.maxThreads }
}

function flagsOf(builder: Builder, precisions: Record<string, boolean>, { line }: Library): Record<string, boolean> {
  const flags: Record<string, boolean> = { tf32: builder.tf32 ?? false }
  for (const name of flagNames) {
    const on = builder[name]
    if (on !== undefined) flags[kebab(name)] = on
  }
  // A network with types of its own takes no precision besides.
  if (line === 'v10' && builder.stronglyTyped !== true) Object.assign(flags, precisions)
  if (builder.precisionConstraints === 'obey') flags['obey-precision-constraints'] = true
  if (builder.precisionConstraints === 'prefer') flags['prefer-precision-constraints'] = true
  if (builder.refit !== undefined && builder.refit !== false) {
    flags[builder.refit === true ? 'refit' : `refit-${builder.refit}`] = true
  }
  if (builder.dla?.gpuFallback) flags['gpu-fallback'] = true
  return flags
}

/** Without FP16 beside INT8 and FP8, layers without scales fall back to float32. */
function precisionFlags(precision: TensorRtPrecision, allowsHalf: boolean): Record<string, boolean> {
  switch (precision) {
    case 'fp32':
      return {}
    case 'fp16':
      return { fp16: true }
    case 'bf16':
      return { bf16: true }
    case 'int8':
      return { int8: true, ...(allowsHalf && { fp16: true }) }
    case 'fp8':
      return { fp8: true, ...(allowsHalf && { fp16: true }) }
  }
}

function choicesOf(builder: Builder): Record<string, string> {
  const { hardwareCompatibility, engineCapability, runtimePlatform, tilingLevel, dla } = builder
  // What layers compute in is told by builders and plans as far as this says, whose own default is names alone.
  const profilingVerbosity = builder.profilingVerbosity ?? 'detailed'
  const defaultDevice = dla ? 'dla' : undefined
  return defined({ profilingVerbosity, hardwareCompatibility, engineCapability, runtimePlatform, tilingLevel, defaultDevice })
}

function numbersOf(builder: Builder): Record<string, number> {
  const { optimizationLevel, maxAuxStreams, avgTimingIterations, maxTactics, l2LimitForTiling, dla } = builder
  return defined({ optimizationLevel, maxAuxStreams, avgTimingIterations, maxTactics, l2LimitForTiling, dlaCore: dla?.core })
}

function defined<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, T>
}

/** As the addon takes it: 89 for 8.9, 120 for 12.0, 1 for the device that is here. */
function capabilityNumber(capability: string): number {
  return capability === 'current' ? 1 : Number(capability.replace('.', ''))
}

function refuseUnknown(settings: NativeBuilderSettings, library: Library): void {
  const { names } = library
  const groups: [string, readonly string[], readonly string[]][] = [
    ['builder flag', Object.keys(settings.flags), names.flags],
    ['memory pool', Object.keys(settings.memoryPools), names.memoryPools],
    ['tactic source', settings.tacticSources ?? [], names.tacticSources],
    ['preview feature', Object.keys(settings.previewFeatures), names.previewFeatures],
    ['setting', Object.keys(settings.choices), names.choices],
    ['setting', Object.keys(settings.numbers), names.numbers],
  ]
  for (const [group, asked, known] of groups) {
    const unknown = asked.find((name) => !known.includes(name))
    if (unknown !== undefined) throw unsupported(library, `${group} ${unknown}`, replacements[unknown])
  }
  if (settings.computeCapabilities !== undefined && !names.computeCapabilities) {
    throw unsupported(library, 'list of compute capabilities', replacements.computeCapabilities)
  }
}

/** What took the place of an option, by the addon's name of it. */
const replacements: Record<string, string | undefined> = {
  fp16: 'Its networks are strongly typed: give a model whose types are FP16, or use TensorRT 10.',
  bf16: 'Its networks are strongly typed: give a model whose types are BF16, or use TensorRT 10.',
  fp8: 'Its networks are strongly typed: give a model with quantizers to FP8, or use TensorRT 10.',
  int8: 'Its networks are strongly typed: give `calibration`, and the model gets quantizers (QuantizeLinear, DequantizeLinear).',
  'obey-precision-constraints': 'Its networks are strongly typed: layers always have the types of the model.',
  'prefer-precision-constraints': 'Its networks are strongly typed: layers always have the types of the model.',
  'reject-empty-algorithms': 'Its algorithm selector is gone: choose with editableTimingCache and a timing cache.',
  cublas: 'It calls no cuBLAS any more: leave the source out.',
  'cublas-lt': 'It calls no cuBLAS any more: leave the source out.',
  cudnn: 'It calls no cuDNN any more: leave the source out.',
  'profile-sharing': 'It always shares memory between profiles: leave the feature out.',
  computeCapabilities: 'Use hardwareCompatibility (ampere-plus), build on the GPU itself, or use TensorRT-RTX.',
  hardwareCompatibility: 'Name the GPUs: `computeCapabilities`.',
  tilingLevel: 'It came with TensorRT 10.8: use a newer one.',
  l2LimitForTiling: 'It came with TensorRT 10.8: use a newer one.',
  runtimePlatform: 'enginery sets it from TensorRT 10.8 on: use a newer one.',
  maxTactics: 'enginery sets it from TensorRT 10.8 on: use a newer one.',
}

export function unsupported(library: Pick<OpenedTensorRt, 'title'>, option: string, instead: string | undefined) {
  return engineryError('TENSORRT_OPTION_UNSUPPORTED', {
    library: library.title,
    option,
    instead: instead ?? 'Leave the option out, or use another version of TensorRT.',
  })
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function kebabEntries(values: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(defined(values)).map(([name, value]) => [kebab(name), value]))
}
