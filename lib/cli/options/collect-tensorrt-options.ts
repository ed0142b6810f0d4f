import { inspectModel } from '../../api/inspection/inspect-model.js'
import type { TensorRtBuildOptions } from '../../api/tensorrt/tensorrt-options.js'
import { readOptimizationProfiles } from '../../engine/tensorrt/profile-file.js'
import { parseTrtexecOptions, type TrtexecBuild } from '../../engine/tensorrt/trtexec-options.js'
import { engineryError } from '../../errors/enginery-error.js'
import { describeIssue } from '../../errors/parse-options.js'
import type { ConfigDocument } from '../config/read-document.js'
import { checkTensorRtConfig, type TensorRtConfig, tensorrtEngineSchema } from '../config/tensorrt-config.js'
import type { BuildFlags } from './build-flags.js'
import { mergeBuildOptions } from './collect-build-options.js'
import { calibrationFromFlags } from './collect-quantize-options.js'
import { definedOnly } from './defined-only.js'
import { setAtPath } from './parse-assignment.js'
import type { CalibrationFlags } from './quantize-flags.js'
import type { TensorRtFlags } from './tensorrt-flags.js'

export interface PlanFlags extends BuildFlags, CalibrationFlags, TensorRtFlags {
  output?: string
  verbose?: true
}

export interface CollectedPlan {
  readonly options: Omit<TensorRtBuildOptions, 'model'> & { readonly model: string }
  readonly output: string | undefined
  /** File for the layers; not the one of `--layer-info`, which wins. */
  readonly layerInfo: string | null
  /** Options of trtexec's that are not about building. */
  readonly ignored: readonly string[]
}

/**
 * Brings together what the configuration file, options of trtexec and flags say of a plan: each wins over those before it.
 *
 * @throws CONFIG_INVALID, USAGE_INVALID, TRTEXEC_OPTION_INVALID, PROFILES_INVALID, FILE_NOT_FOUND, FILE_NOT_READ; for Paddle's
 * profiles as inspectModel
 */
export async function collectTensorRtOptions(
  argument: string | undefined,
  flags: PlanFlags,
  document: ConfigDocument | undefined,
): Promise<CollectedPlan> {
  refuseOpenVinoFlags(flags)
  const config = document && checkTensorRtConfig(document)
  const trtexec = flags.trtexec && parseTrtexecOptions(flags.trtexec)
  const fromFlags = optionsFromFlags(flags)
  const layers: TensorRtConfig[] = [config?.engine ?? {}, trtexec ? optionsOfTrtexec(trtexec, config?.engine) : {}, fromFlags]
  const merged = layers.reduce((base, over) => mergeBuildOptions<TensorRtConfig>(base, over))
  // Names of the same: `--plugins a.so --dynamicPlugins=b.so` means both.
  const named = [...(trtexec?.options.plugins ?? []), ...(fromFlags.plugins ?? [])]
  if (named.length > 0) merged.plugins = named
  const calibration = { ...merged.calibration, ...(await calibrationFromFlags(flags)) }
  const model = oneOf('model', argument, '--onnx', trtexec?.model) ?? merged.model
  if (model === undefined) {
    throw usage('no model: name its file, or a configuration that does (--config)')
  }
  const { profiles: given, ...rest } = merged
  const profiles = typeof given === 'string' ? await readProfiles(given, model) : given
  return {
    options: {
      ...(rest as Omit<TensorRtBuildOptions, 'model'>),
      backend: 'tensorrt',
      model,
      ...(profiles && { profiles }),
      ...(Object.keys(calibration).length > 0 && { calibration: calibration as TensorRtBuildOptions['calibration'] }),
    },
    output: oneOf('--output', flags.output, '--saveEngine', trtexec?.output) ?? config?.own.output,
    layerInfo: trtexec?.layerInfo ?? null,
    ignored: trtexec?.ignored ?? [],
  }
}

async function readProfiles(file: string, model: string) {
  // Paddle's file has ranges of every tensor, of which those of the inputs are wanted.
  const { inputs } = await inspectModel(model)
  return readOptimizationProfiles(
    file,
    inputs.map(({ name }) => name),
  )
}

function oneOf(name: string, value: string | undefined, otherName: string, other: string | null | undefined) {
  if (value !== undefined && other != null) throw usage(`${otherName}: expected it or ${name}, received both`)
  return value ?? other ?? undefined
}

function optionsFromFlags(flags: PlanFlags): TensorRtConfig {
  const options: Record<string, unknown> = {}
  for (const [path, value] of flags.set ?? []) setAtPath(options, path.split('.'), value)
  const { library, profiles, precision, timingCache, cache, computeCapability, verbose, requireInt8, plugins } = flags
  Object.assign(options, definedOnly({ library, profiles, precision, timingCache, cache, verbose, requireInt8, plugins }))
  if (flags.device !== undefined) {
    if (!/^\d{1,3}$/.test(flags.device))
      throw usage(`--device: expected the number of a GPU, received ${JSON.stringify(flags.device)}`)
    options.device = Number(flags.device)
  }
  for (const [name, shape] of flags.shape ?? []) {
    if (!shape.every((length) => typeof length === 'number'))
      throw usage(`--shape ${name}: expected lengths; ranges are --profiles`)
    setAtPath(options, ['shapes', name], shape)
  }
  if (computeCapability !== undefined) setAtPath(options, ['builder', 'computeCapabilities'], computeCapability)
  const checked = tensorrtEngineSchema.safeParse({ backend: 'tensorrt', ...options })
  if (checked.success) return options
  const [problem] = checked.error.issues.flatMap((issue) => describeIssue(issue, options))
  throw usage(`${flagFor(problem?.path ?? [])}: ${problem?.reason}`)
}

const flagsByPath: Readonly<Record<string, string>> = {
  backend: '--backend',
  library: '--library',
  profiles: '--profiles',
  precision: '--precision',
  timingCache: '--timing-cache',
  cache: '--cache',
  requireInt8: '--require-int8',
  plugins: '--plugins',
}

function flagFor(path: readonly PropertyKey[]): string {
  const [first, second] = path.map(String)
  if (first === 'shapes' && second !== undefined) return `--shape ${second}`
  if (first === 'builder' && second === 'computeCapabilities') return '--compute-capability'
  return flagsByPath[path.map(String).join('.')] ?? `--set ${path.map(String).join('.')}`
}

/** @param config wins over what trtexec does unless told: it computes float32 with TF32 */
function optionsOfTrtexec({ options, calibrationTable, timingCache }: TrtexecBuild, config: TensorRtConfig | undefined) {
  const { tf32, ...builder } = options.builder
  const isUsual = tf32 === true && config?.builder?.tf32 !== undefined
  const { precision, ...rest } = options
  const said: TensorRtConfig = {
    ...rest,
    builder: isUsual ? builder : options.builder,
    ...(precision !== 'fp32' && { precision }),
    ...(calibrationTable !== null && { calibrator: { cache: calibrationTable } }),
    ...(timingCache !== null && { timingCache }),
  }
  return said
}

const openvinoFlags = {
  dynamicShapes: ['--dynamic-shapes', 'lengths stay open within --profiles'],
  performance: ['--performance', 'TensorRT has no such hint'],
  requests: ['--requests', 'it is about running'],
  streams: ['--streams', 'it is about running'],
  threads: ['--threads', 'it is about running; --set builder.maxThreads=2 is about building'],
  property: ['--property', 'settings of the builder have names: --set builder.optimizationLevel=3'],
} as const satisfies Partial<Record<keyof BuildFlags, readonly [flag: string, instead: string]>>

function refuseOpenVinoFlags(flags: BuildFlags): void {
  for (const [name, [flag, instead]] of Object.entries(openvinoFlags)) {
    if (flags[name as keyof typeof openvinoFlags] !== undefined) throw usage(`${flag}: not for --backend tensorrt: ${instead}`)
  }
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
