import { withDefaultBackend } from '../../api/engines/build-options.js'
import { engineryError } from '../../errors/enginery-error.js'
import { describeIssue, type OptionProblem } from '../../errors/parse-options.js'
import { configFileSchema, type EngineConfig, type Recipe } from '../config/config-schema.js'
import type { BuildFlags } from './build-flags.js'
import { defineOwn, setAtPath } from './parse-assignment.js'
import type { PictureFlags } from './recipe-flags.js'

/**
 * The options of buildEngine, and of what is done before and after inference, that the flags stand for, checked with
 * their own schema.
 *
 * @param configured the decoder that the configuration names: --set may change one of its options
 * @throws USAGE_INVALID that names the flag
 */
export function buildOptionsFromFlags(flags: BuildFlags & PictureFlags, configured?: string): EngineConfig & Recipe {
  const options: Record<string, unknown> = {}
  for (const [path, value] of flags.set ?? []) setAtPath(options, path.split('.'), value)
  if (flags.preset !== undefined) setAtPath(options, ['preprocess', 'preset'], flags.preset)
  if (flags.decoder !== undefined) setAtPath(options, ['task', 'decoder'], flags.decoder)
  else if (configured !== undefined && isPlainObject(options.task)) options.task = { decoder: configured, ...options.task }
  if (flags.device !== undefined) options.device = flags.device
  if (flags.precision !== undefined) options.precision = flags.precision
  if (flags.dynamicShapes) options.shapes = 'dynamic'
  for (const [name, shape] of flags.shape ?? []) setAtPath(options, ['shapes', name], shape)
  for (const name of ['performance', 'requests', 'streams', 'threads'] as const) {
    if (flags[name] !== undefined) setAtPath(options, ['hints', name], flags[name])
  }
  for (const [name, value] of flags.property ?? []) setAtPath(options, ['properties', name], value)
  if (flags.cache !== undefined) options.cache = flags.cache
  checkFlags(options)
  return options
}

function checkFlags(options: object): void {
  const parsed = configFileSchema.safeParse(withDefaultBackend(options))
  if (parsed.success) return
  const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, options, configFileSchema)) as [OptionProblem]
  throw engineryError('USAGE_INVALID', { reason: `${flagFor(problem.path)}: ${problem.reason}` })
}

const flagsByPath: Readonly<Record<string, string>> = {
  'task.decoder': '--decoder',
  'preprocess.preset': '--preset',
  device: '--device',
  precision: '--precision',
  cache: '--cache',
  'hints.performance': '--performance',
  'hints.requests': '--requests',
  'hints.streams': '--streams',
  'hints.threads': '--threads',
}

function flagFor(path: readonly PropertyKey[]): string {
  const [first, second] = path.map(String)
  if (first === 'shapes' && second !== undefined) return `--shape ${second}`
  if (first === 'properties' && second !== undefined) return `--property ${second}`
  return flagsByPath[path.map(String).join('.')] ?? `--set ${path.map(String).join('.')}`
}

/** Both together; `over` wins. Objects are merged key by key, everything else is replaced. */
export function mergeBuildOptions<Options extends object = EngineConfig>(
  base: NoInfer<Options>,
  over: NoInfer<Options>,
): Options {
  return mergeObjects(base as Record<string, unknown>, over as Record<string, unknown>, 2) as Options
}

// Two levels: options such as hints and shapes are merged, a single shape or a list of steps is taken whole.
function mergeObjects(base: Record<string, unknown>, over: Record<string, unknown>, depth: number): Record<string, unknown> {
  const merged = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined
    const mergeable = depth > 1 && key !== 'model' && isPlainObject(before) && isPlainObject(value)
    defineOwn(merged, key, mergeable ? mergeObjects(before, value, depth - 1) : value)
  }
  return merged
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
