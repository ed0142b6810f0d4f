import type { Tensor } from '../tensor/tensor.js'
import type { NamedTensors } from './calibration-runner.js'
import type { CalibrationWarning } from './calibration-warning.js'

export interface SampleFacts {
  /** Means and standard deviations that pictures are brought to, where preprocessing says so. */
  readonly isNormalized?: boolean | undefined
}

/** Below it, ranges still move a lot with every further sample. */
const fewSamples = 32
const tinyMagnitude = 1e-3
const hugeMagnitude = 1e4
/** Elements looked at of each input of a sample: enough to tell samples apart, and quick. */
const lookedAt = 4096

/**
 * Looks at samples as they pass, and says afterwards what is odd about them. A look at some elements of each: what it says
 * is a reason to look closer, not a proof.
 */
export class SampleChecker {
  readonly #inputs = new Map<string, InputFacts>()
  readonly #seen = new Map<string, number>()
  #samples = 0
  #duplicates = 0
  #constant = 0

  constructor(readonly facts: SampleFacts = {}) {}

  add(sample: NamedTensors): void {
    const marks: string[] = []
    let isConstant = true
    for (const [name, tensor] of Object.entries(sample)) {
      const input = this.#inputs.get(name) ?? newFacts()
      this.#inputs.set(name, input)
      const look = lookAt(tensor)
      if (look === null) continue
      input.min = Math.min(input.min, look.min)
      input.max = Math.max(input.max, look.max)
      input.isWhole &&= look.isWhole
      if (look.min !== look.max) isConstant = false
      marks.push(look.mark)
    }
    if (marks.length > 0) {
      const mark = marks.join()
      if (this.#seen.has(mark)) this.#duplicates++
      this.#seen.set(mark, this.#samples)
      if (isConstant) this.#constant++
    }
    this.#samples++
  }

  finish(): CalibrationWarning[] {
    const warnings: CalibrationWarning[] = []
    const warn = (code: string, message: string, why: string) => warnings.push({ code, message, why })
    const count = this.#samples
    if (count < fewSamples) {
      const why = `Ranges come from what is seen: with less than ${fewSamples} samples they hang on single ones, and values that occur later are clipped. 100 to 300 are usual.`
      warn('SAMPLES_FEW', count === 1 ? 'there is only 1 sample' : `there are only ${count} samples`, why)
    }
    if (count > 1 && this.#seen.size === 1) {
      warn(
        'SAMPLES_EQUAL',
        `all ${count} samples look the same`,
        'They say no more than one of them does: the source may repeat itself.',
      )
    } else if (this.#duplicates > 0) {
      warn(
        'SAMPLES_REPEATED',
        `${this.#duplicates} of ${count} samples look like one before`,
        'Repeated samples weigh more than others and add nothing.',
      )
    }
    if (this.#constant > 0) {
      const why = 'An empty picture has no features: it pulls averages of ranges down.'
      warn('SAMPLES_CONSTANT', `${this.#constant} of ${count} samples hold one value everywhere`, why)
    }
    for (const [name, input] of this.#inputs) warnings.push(...this.#checkScale(name, input))
    return warnings
  }

  #checkScale(name: string, { min, max, isWhole }: InputFacts): CalibrationWarning[] {
    if (min > max) return []
    const largest = Math.max(-min, max)
    const why = 'The model sees other values when it is used, if there they are scaled: then every range is wrong.'
    const seen = `input ${name}: what was looked at lies between ${min} and ${max}`
    if (largest > 0 && largest <= tinyMagnitude) return [{ code: 'INPUT_TINY', message: `${seen}, which is tiny`, why }]
    if (largest >= hugeMagnitude) return [{ code: 'INPUT_HUGE', message: `${seen}, which is huge`, why }]
    if (this.facts.isNormalized === true && isWhole && min >= 0 && max > 1 && max <= 255) {
      const message = `${seen}, whole numbers as pixels have, though the preprocessing says mean and scale`
      return [{ code: 'INPUT_NOT_NORMALIZED', message, why }]
    }
    return []
  }
}

interface InputFacts {
  min: number
  max: number
  isWhole: boolean
}

function newFacts(): InputFacts {
  return { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, isWhole: true }
}

/** Evenly spread elements of a float tensor; null for other types, whose values mean what they will (indices, masks). */
function lookAt({ type, data, size }: Tensor): (InputFacts & { readonly mark: string }) | null {
  if (type !== 'f32' || size === 0) return null
  const values = data as Float32Array
  const step = Math.max(1, size / lookedAt)
  const facts = newFacts()
  // FNV-1a over the bits: equal samples have equal marks.
  let hash = 0x811c9dc5
  const bits = new Uint32Array(1)
  const float = new Float32Array(bits.buffer)
  for (let position = 0; position < size; position += step) {
    const value = values[Math.floor(position)] as number
    float[0] = value
    hash = Math.imul(hash ^ (bits[0] as number), 0x01000193)
    // What is not finite is told otherwise.
    if (!Number.isFinite(value)) continue
    facts.min = Math.min(facts.min, value)
    facts.max = Math.max(facts.max, value)
    facts.isWhole &&= Number.isInteger(value)
  }
  return { ...facts, mark: `${size}:${hash >>> 0}` }
}
