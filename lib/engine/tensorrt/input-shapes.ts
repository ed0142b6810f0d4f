import { engineryError } from '../../errors/enginery-error.js'
import type { NativeProfileRange } from '../../native/tensorrt-addon.js'
import type { TensorRtCompileOptions, TensorRtProfileInput } from './build-options.js'

/** An input as the model declares it; null where a dimension is open. */
export interface DeclaredInput {
  readonly name: string
  readonly shape: readonly (number | null)[]
}

export interface PlannedShapes {
  /** Fixed dimensions for inputs that the model leaves open. */
  readonly inputShapes: Record<string, number[]>
  readonly profiles: NativeProfileRange[][]
  /** The profile to calibrate with, where it is one of its own. */
  readonly calibration?: NativeProfileRange[]
  /** Inputs whose open batch dimension became 1 because nobody said otherwise. */
  readonly batchFixed: readonly string[]
}

/**
 * What becomes of the dimensions that a model leaves open: fixed by `shapes`, ranges of `profiles`, and 1 for an open batch
 * dimension that nobody mentions.
 *
 * @throws TENSORRT_PROFILE_INVALID, INPUT_UNKNOWN
 */
export function planShapes(
  model: string,
  inputs: readonly DeclaredInput[],
  { shapes = {}, profiles = [], calibrationProfile }: Pick<TensorRtCompileOptions, 'shapes' | 'profiles' | 'calibrationProfile'>,
): PlannedShapes {
  const known = new Map(inputs.map((input) => [input.name, input]))
  const own = typeof calibrationProfile === 'object' ? calibrationProfile : undefined
  for (const name of [...Object.keys(shapes), ...[...profiles, own ?? {}].flatMap((profile) => Object.keys(profile))]) {
    if (!known.has(name)) throw engineryError('INPUT_UNKNOWN', { name, expected: [...known.keys()] })
  }
  const inputShapes: Record<string, number[]> = {}
  const batchFixed: string[] = []
  for (const input of inputs) {
    const fixed = shapes[input.name]
    const isRanged = profiles.some((profile) => Object.hasOwn(profile, input.name))
    if (fixed !== undefined && isRanged) throw refuse(model, `${input.name} is in shapes and in profiles`)
    if (isRanged && input.shape.includes(null)) requireInAll(model, input, profiles, own)
    if (fixed !== undefined) inputShapes[input.name] = checkFixed(model, input, fixed)
    else if (!isRanged && input.shape.includes(null)) {
      inputShapes[input.name] = fixBatch(model, input)
      batchFixed.push(input.name)
    }
  }
  if (typeof calibrationProfile === 'number' && calibrationProfile >= profiles.length) {
    throw refuse(model, `calibrationProfile is ${calibrationProfile}, and there are ${profiles.length} profiles, counted from 0`)
  }
  const plan = (profile: TensorRtProfileInput, title: string) => planProfile(model, known, profile, title)
  return {
    inputShapes,
    profiles: profiles.map((profile, index) => plan(profile, `profile ${index}`)),
    ...(own && { calibration: plan(own, 'calibrationProfile') }),
    batchFixed,
  }
}

/** TensorRT wants every open dimension of every profile. */
function requireInAll(
  model: string,
  { name, shape }: DeclaredInput,
  profiles: readonly TensorRtProfileInput[],
  own: TensorRtProfileInput | undefined,
): void {
  const lacking = profiles.findIndex((profile) => !Object.hasOwn(profile, name))
  if (lacking >= 0) throw refuse(model, `${name} is ${show(shape)}, and profile ${lacking} says nothing of it, as others do`)
  if (own && !Object.hasOwn(own, name))
    throw refuse(model, `${name} is ${show(shape)}, and calibrationProfile says nothing of it`)
}

function refuse(model: string, reason: string) {
  return engineryError('TENSORRT_PROFILE_INVALID', { model, reason })
}

function checkFixed(model: string, { name, shape }: DeclaredInput, fixed: readonly number[]): number[] {
  const fits = fixed.length === shape.length && fixed.every((length, axis) => shape[axis] === null || shape[axis] === length)
  if (!fits) throw refuse(model, `${name} is ${show(shape)}, shapes says ${show(fixed)}`)
  return [...fixed]
}

function fixBatch(model: string, { name, shape }: DeclaredInput): number[] {
  const fixed = shape.map((length, axis) => (axis === 0 ? (length ?? 1) : length))
  if (fixed.includes(null)) throw refuse(model, `${name} is ${show(shape)}, and nothing says how long its open dimensions are`)
  return fixed as number[]
}

function planProfile(
  model: string,
  known: ReadonlyMap<string, DeclaredInput>,
  profile: TensorRtProfileInput,
  title: string,
): NativeProfileRange[] {
  return Object.entries(profile).map(([input, range]) => {
    const where = `${title}, input ${input}`
    const isValues = 'values' in range
    const { min, opt, max } = isValues ? range.values : range
    if (min.length !== opt.length || opt.length !== max.length) {
      throw refuse(model, `${where}: min, opt and max have ${min.length}, ${opt.length} and ${max.length} numbers`)
    }
    const wrong = opt.findIndex((length, axis) => (min[axis] as number) > length || length > (max[axis] as number))
    if (wrong >= 0) throw refuse(model, `${where}: min <= opt <= max does not hold at position ${wrong}`)
    if (!isValues) checkRange(model, where, known.get(input) as DeclaredInput, min, max)
    return { input, ...(isValues && { values: true }), min: [...min], opt: [...opt], max: [...max] }
  })
}

function checkRange(
  model: string,
  where: string,
  { shape }: DeclaredInput,
  min: readonly number[],
  max: readonly number[],
): void {
  if (min.length !== shape.length) throw refuse(model, `${where}: ${min.length} dimensions, the model has ${show(shape)}`)
  const wrong = shape.findIndex((length, axis) => length !== null && (min[axis] !== length || max[axis] !== length))
  if (wrong >= 0) throw refuse(model, `${where}: dimension ${wrong} is ${shape[wrong]} in the model and cannot be another`)
}

function show(shape: readonly (number | null)[]): string {
  return `[${shape.map((length) => length ?? '?').join(', ')}]`
}
