import { engineryError } from '../../errors/enginery-error.js'
import type { TensorRtProfileInput } from './build-options.js'

/** Shapes, by input, of one inference; for inputs that are shape tensors, their values. */
export type SeenShapes = Readonly<Record<string, readonly number[]>>

/**
 * Makes an optimization profile of the shapes that inferences had: the smallest and largest of each dimension, and as `opt` the
 * combination of shapes that was most frequent. Where none came twice, it is the one of middle size: TensorRT tunes for one
 * that really occurs, not for a mixture.
 */
export class ShapeCollector {
  readonly #seen = new Map<string, { shapes: SeenShapes; count: number; size: number }>()
  readonly #values: ReadonlySet<string>

  /** @param values inputs that are shape tensors: what is given of them are values */
  constructor(values: Iterable<string> = []) {
    this.#values = new Set(values)
  }

  /** Different combinations of shapes. */
  get combinations(): number {
    return this.#seen.size
  }

  /** @throws PROFILES_INVALID where an input, or the number of its dimensions, is not that of before */
  add(shapes: SeenShapes): void {
    const names = Object.keys(shapes).sort()
    const key = JSON.stringify(names.map((name) => [name, shapes[name]]))
    const before = this.#seen.get(key)
    if (before !== undefined) {
      before.count++
      return
    }
    const [first] = this.#seen.values()
    if (first !== undefined) requireAlike(first.shapes, shapes)
    const size = names.reduce((sum, name) => sum + (this.#values.has(name) ? 0 : elementsOf(shapes[name] as number[])), 0)
    this.#seen.set(key, { shapes, count: 1, size })
  }

  /** @throws PROFILES_INVALID where nothing was added */
  finish(): TensorRtProfileInput {
    const all = [...this.#seen.values()].sort((a, b) => a.size - b.size)
    const [first] = all
    if (first === undefined) throw refuse('there were no samples')
    // Of equally frequent ones the larger: too large a kernel costs less than too small a one.
    const frequent = all.reduce((best, each) => (each.count >= best.count ? each : best))
    const opt = frequent.count > 1 ? frequent : (all[Math.floor(all.length / 2)] as typeof frequent)
    const profile: TensorRtProfileInput = {}
    for (const [name, shape] of Object.entries(first.shapes)) {
      const column = (axis: number) => all.map(({ shapes }) => (shapes[name] as readonly number[])[axis] as number)
      const range = {
        min: shape.map((_, axis) => column(axis).reduce((a, b) => Math.min(a, b))),
        opt: [...(opt.shapes[name] as readonly number[])],
        max: shape.map((_, axis) => column(axis).reduce((a, b) => Math.max(a, b))),
      }
      const value = this.#values.has(name) ? { values: range } : range
      Object.defineProperty(profile, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return profile
  }
}

function requireAlike(before: SeenShapes, now: SeenShapes): void {
  const describe = (shapes: SeenShapes) =>
    Object.keys(shapes)
      .sort()
      .map((name) => `${name} of ${shapes[name]?.length} dimensions`)
      .join(', ')
  if (describe(before) !== describe(now)) throw refuse(`a sample has ${describe(now)}, those before ${describe(before)}`)
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

function refuse(reason: string): Error {
  return engineryError('PROFILES_INVALID', { path: 'A run over samples', reason })
}
