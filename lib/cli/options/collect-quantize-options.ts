import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { describeIssue } from '../../errors/parse-options.js'
import { yaml } from '../../model/yaml-parser.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { preprocessDescriptionSchema } from '../../preprocess/resolve-preprocess.js'
import {
  type CalibrationConfig,
  calibrationConfigSchema,
  type QuantizationOptions,
  quantizationSchema,
} from '../../quantization/quantize-options.js'
import type { Config } from '../config/read-config.js'
import { readConfig } from '../config/read-config.js'
import { describeFileError } from '../files/describe-file-error.js'
import { definedOnly } from './defined-only.js'
import { setAtPath } from './parse-assignment.js'
import { type CalibrationFlags, collectData, isPreprocessFile, type QuantizeFlags } from './quantize-flags.js'

export interface CollectedQuantization {
  readonly model: string | undefined
  readonly output: string | undefined
  readonly calibration: CalibrationConfig
  readonly quantization: QuantizationOptions
}

/**
 * Brings together what the configuration file says of quantizing and what the command line says; the command line wins.
 * A recipe's data and preprocessing are calibrated with where nothing else is named.
 *
 * @throws CONFIG_INVALID, USAGE_INVALID, FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function collectQuantizeOptions(argument: string | undefined, flags: QuantizeFlags): Promise<CollectedQuantization> {
  const config = flags.config === undefined ? undefined : await readConfig(flags.config)
  const quantization: Record<string, unknown> = structuredClone(config?.engine.quantization ?? {}) as Record<string, unknown>
  const calibration = { ...calibrationOfConfig(config), ...(await calibrationFromFlags(flags)) } as Record<string, unknown>
  for (const [path, value] of flags.set ?? []) {
    const [first, ...rest] = path.split('.') as [string, ...string[]]
    if (first === 'calibration' && rest.length > 0) setAtPath(calibration, rest, value)
    else setAtPath(quantization, [first, ...rest], value)
  }
  const { target, preset, biasCorrection, channelAlignment, check, effort, prefer } = flags
  Object.assign(quantization, definedOnly({ target, preset, biasCorrection, channelAlignment, check, effort, prefer }))
  if (flags.keepInaccurate) quantization.onInaccurate = 'keep'
  for (const [name, shape] of flags.shape ?? []) setAtPath(quantization, ['shapes', name], shape)
  addIgnored(quantization, flags)
  turnOffRecipes(quantization, flags.withoutRecipe ?? [])
  if (flags.pass) quantization.onQuantized = 'pass'
  if (flags.cache !== undefined) calibration.cache = flags.cache
  checkWith(quantizationSchema, quantization, '')
  checkWith(calibrationConfigSchema, calibration, 'calibration.')
  return {
    model: argument ?? modelOfConfig(config),
    output: flags.output ?? config?.sections.quantize?.output,
    calibration: calibration as CalibrationConfig,
    quantization: quantization as QuantizationOptions,
  }
}

function modelOfConfig(config: Config | undefined): string | undefined {
  const model = config?.engine.model
  if (typeof model === 'string') return model
  return model && 'path' in model ? model.path : undefined
}

/** What a configuration says of samples to calibrate with; else those that its recipe scores. */
export function calibrationOfConfig(config: Pick<Config, 'engine' | 'recipe'> | undefined): CalibrationConfig {
  const { data, preprocess } = config?.recipe ?? {}
  return { ...definedOnly({ data, preprocess }), ...config?.engine.calibration } as CalibrationConfig
}

/** @throws USAGE_INVALID, FILE_NOT_FOUND, FILE_NOT_READ */
export async function calibrationFromFlags(flags: CalibrationFlags): Promise<CalibrationConfig> {
  const { data, samples, seed, stats, preprocess } = flags
  return definedOnly({
    data: data && collectData(data),
    samples,
    seed,
    stats,
    preprocess: preprocess === undefined ? undefined : await readPreprocess(preprocess),
  }) as CalibrationConfig
}

/** A preset by its name, or the description in a file: alone, or as a recipe holds it. */
async function readPreprocess(text: string): Promise<PreprocessDescription> {
  if (!isPreprocessFile(text)) return { preset: text } as PreprocessDescription
  let content: unknown
  try {
    content = yaml().parse(await readFile(text, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw describeFileError(error, text)
    throw engineryError('USAGE_INVALID', { reason: `--preprocess ${text}: ${(error as Error).message.split('\n')[0]}` })
  }
  const isRecipe = typeof content === 'object' && content !== null && 'preprocess' in content
  const description = isRecipe ? (content as { preprocess: unknown }).preprocess : content
  const parsed = preprocessDescriptionSchema.safeParse(description)
  if (parsed.success) return parsed.data
  const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, description))
  throw engineryError('USAGE_INVALID', { reason: `--preprocess ${text}: ${problem?.option}: ${problem?.reason}` })
}

/** Adds to what the configuration leaves float. */
function addIgnored(quantization: Record<string, unknown>, { ignore, ignorePattern, ignoreType }: QuantizeFlags): void {
  const more = definedOnly({ names: ignore, patterns: ignorePattern, types: ignoreType })
  const before = (quantization.ignored ?? {}) as Record<string, unknown>
  for (const [key, values] of Object.entries(more)) {
    setAtPath(quantization, ['ignored', key], [...((before[key] as string[] | undefined) ?? []), ...values])
  }
}

/** Turns recipes off, besides those that the configuration does. */
function turnOffRecipes(quantization: Record<string, unknown>, names: readonly string[]): void {
  if (names.includes('all')) quantization.recipes = false
  if (names.length === 0 || quantization.recipes === false) return
  const before = typeof quantization.recipes === 'object' ? quantization.recipes : {}
  quantization.recipes = { ...before, ...Object.fromEntries(names.map((name) => [name, false])) }
}

const flagsByOption: Readonly<Record<string, string>> = {
  target: '--target',
  preset: '--preset',
  'calibration.data': '--data',
  'calibration.samples': '--samples',
  'calibration.seed': '--seed',
  'calibration.stats': '--stats',
  'calibration.cache': '--cache',
  'ignored.names': '--ignore',
  'ignored.patterns': '--ignore-pattern',
  'ignored.types': '--ignore-type',
  recipes: '--without-recipe',
}

// What the file says was checked with it: this came from the command line.
function checkWith(schema: z.ZodType, options: object, prefix: string): void {
  const parsed = schema.safeParse(options)
  if (parsed.success) return
  const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, options))
  const path = `${prefix}${problem?.path.map(String).join('.')}`
  const flag = Object.entries(flagsByOption).find(([option]) => path === option || path.startsWith(`${option}.`))?.[1]
  throw engineryError('USAGE_INVALID', { reason: `${flag ?? `--set ${path}`}: ${problem?.reason}` })
}
