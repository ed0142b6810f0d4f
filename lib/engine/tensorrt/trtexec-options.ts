import { engineryError } from '../../errors/enginery-error.js'
import { requireArgument } from '../../errors/require-argument.js'
import type { TensorRtBuilderInput, TensorRtCompileInput, TensorRtPrecision, TensorRtProfileInput } from './build-options.js'
import { type TrtexecMeaning, trtexecTable } from './trtexec-table.js'

/** What a command line of trtexec asks for, in our options. */
export interface TrtexecBuild {
  /** `--onnx`. */
  readonly model: string | null
  /** `--saveEngine`. */
  readonly output: string | null
  /** Of buildEngine. */
  readonly options: Omit<TensorRtCompileInput, 'builder'> & {
    precision: TensorRtPrecision
    /** false: INT8 or FP8 without `--fp16`, where what is not on 8 bits stays float32. */
    halfPrecision?: false
    builder: TensorRtBuilderInput
    verbose?: boolean
  }
  /** `--calib`: a calibration cache. */
  readonly calibrationTable: string | null
  /** `--timingCacheFile`. */
  readonly timingCache: string | null
  /** `--exportLayerInfo`: a file for what the layers are. */
  readonly layerInfo: string | null
  /** Options that say nothing about building, in the order they came: they are for trtexec's measuring. */
  readonly ignored: readonly string[]
}

/** What options add to while they are read. */
export interface TrtexecDraft {
  model: string | null
  output: string | null
  calibrationTable: string | null
  timingCache: string | null
  layerInfo: string | null
  precisions: Set<'fp16' | 'bf16' | 'int8' | 'fp8'>
  builder: TensorRtBuilderInput
  device: number | undefined
  verbose: boolean
  plugins: string[]
  pluginsToSerialize: string[]
  ignoreParserPlugins: boolean
  parserFlags: NonNullable<TensorRtCompileInput['parserFlags']>
  shapes: Partial<Record<ShapesEnd, Record<string, number[]>>>
}

/** Which option of shapes: `--minShapes`, `--shapes`, `--minShapesCalib`, ... */
export type ShapesEnd = 'min' | 'opt' | 'max' | 'only' | 'minCalib' | 'optCalib' | 'maxCalib'

/**
 * Reads options of trtexec (8.6 to 11.0) as options of buildEngine. Those that mean the same here are taken; those about
 * running and measuring are listed as ignored; everything else is an error that says what to do in its place.
 *
 * @param args without the program's name, `--minShapes=...` each
 * @throws TRTEXEC_OPTION_INVALID
 */
export function parseTrtexecOptions(args: readonly string[]): TrtexecBuild {
  requireArgument(isTexts(args), "a list of trtexec's arguments", args, 'args', parseTrtexecOptions)
  const draft: TrtexecDraft = {
    model: null,
    output: null,
    calibrationTable: null,
    timingCache: null,
    layerInfo: null,
    precisions: new Set(),
    // trtexec computes float32 with TF32 unless told otherwise; enginery does not.
    builder: { tf32: true },
    device: undefined,
    verbose: false,
    plugins: [],
    pluginsToSerialize: [],
    ignoreParserPlugins: false,
    parserFlags: [],
    shapes: {},
  }
  const ignored: string[] = []
  for (const argument of args) {
    const match = /^--([A-Za-z][A-Za-z0-9]*)(?:=(.*))?$/s.exec(argument)
    if (match === null) throw invalid(argument, 'expected --name or --name=value, as trtexec has them')
    const [, name, value] = match as unknown as [string, string, string | undefined]
    const meaning = Object.hasOwn(trtexecTable, name) ? trtexecTable[name] : undefined
    if (meaning === undefined) throw invalid(`--${name}`, 'trtexec has no such option, or one that enginery does not know')
    apply(draft, `--${name}`, meaning, value, ignored)
  }
  const { model, output, calibrationTable, timingCache, layerInfo, builder, device, verbose } = draft
  const { parserFlags, plugins, pluginsToSerialize } = draft
  return {
    model,
    output,
    options: {
      ...precisionOf(draft),
      builder,
      ...(device !== undefined && { device }),
      ...(verbose && { verbose }),
      ...(parserFlags.length > 0 && { parserFlags }),
      ...(plugins.length > 0 && { plugins }),
      ...(pluginsToSerialize.length > 0 && { pluginsToSerialize }),
      ...(draft.ignoreParserPlugins && { ignoreParserPlugins: true }),
      ...shapesOf(draft),
    },
    calibrationTable,
    timingCache,
    layerInfo,
    ignored,
  }
}

/** True for arguments that trtexec has an option for: `--fp16`, `--minShapes=...`. */
export function isTrtexecOption(argument: string): boolean {
  const name = /^--([A-Za-z][A-Za-z0-9]*)(?:=|$)/.exec(argument)?.[1]
  return name !== undefined && Object.hasOwn(trtexecTable, name)
}

function apply(draft: TrtexecDraft, option: string, meaning: TrtexecMeaning, value: string | undefined, ignored: string[]): void {
  if (meaning.kind === 'measures') ignored.push(option)
  else if (meaning.kind === 'refused') throw invalid(option, meaning.instead)
  else if (meaning.kind === 'flag') {
    if (value !== undefined) throw invalid(option, `expected no value, received ${JSON.stringify(value)}`)
    meaning.set(draft)
  } else {
    if (value === undefined || value === '') throw invalid(option, 'expected a value behind =')
    try {
      meaning.set(draft, value)
    } catch (error) {
      throw invalid(option, (error as Error).message)
    }
  }
}

// trtexec's precisions are permissions that add up; ours is the lowest of them, beside which FP16 is allowed or not.
function precisionOf({ precisions, builder }: TrtexecDraft): Pick<TrtexecBuild['options'], 'precision' | 'halfPrecision'> {
  if (builder.stronglyTyped === true && precisions.size > 0) {
    throw invalid('--stronglyTyped', `not together with --${[...precisions].join(', --')}: types are those of the model`)
  }
  if (precisions.has('int8') && precisions.has('fp8')) throw invalid('--fp8', 'expected one of --int8 and --fp8, received both')
  const precision = (['int8', 'fp8', 'bf16', 'fp16'] as const).find((each) => precisions.has(each)) ?? 'fp32'
  const isEight = precision === 'int8' || precision === 'fp8'
  return { precision, ...(isEight && !precisions.has('fp16') && { halfPrecision: false }) }
}

function shapesOf({ shapes }: TrtexecDraft): Pick<TensorRtCompileInput, 'shapes' | 'profiles' | 'calibrationProfile'> {
  const { min, opt, max, only, minCalib, optCalib, maxCalib } = shapes
  const calibrated = profileOfEnds('--minShapesCalib', minCalib, optCalib, maxCalib)
  // As trtexec has it: one shape is all three.
  const profile = profileOfEnds('--minShapes', min, opt, max) ?? profileOfEnds('--shapes', only, only, only)
  return { ...(profile && { profiles: [profile] }), ...(calibrated && { calibrationProfile: calibrated }) }
}

/** As trtexec has it: an end that is left out is the one beside it. */
function profileOfEnds(option: string, min?: Shapes, opt?: Shapes, max?: Shapes): TensorRtProfileInput | undefined {
  const [least, best, most] = [min ?? opt ?? max, opt ?? max ?? min, max ?? opt ?? min]
  return least && best && most && profileOf(option, least, best, most)
}

type Shapes = Record<string, number[]>

function profileOf(option: string, min: Shapes, opt: Shapes, max: Shapes): TensorRtProfileInput {
  const names = new Set([...Object.keys(min), ...Object.keys(opt), ...Object.keys(max)])
  const entries = [...names].map((name) => {
    const [least, best, most] = [min[name], opt[name], max[name]]
    if (least === undefined || best === undefined || most === undefined) {
      throw invalid(option, `${name}: expected it in ${option} and in those of the other two ends`)
    }
    return [name, { min: [...least], opt: [...best], max: [...most] }] satisfies [string, TensorRtProfileInput[string]]
  })
  return Object.fromEntries(entries)
}

function invalid(option: string, reason: string) {
  return engineryError('TRTEXEC_OPTION_INVALID', { option, reason })
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
