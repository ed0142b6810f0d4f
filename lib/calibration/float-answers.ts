import { createHash } from 'node:crypto'
import type { NamedTensors } from './calibration-runner.js'
import type { CalibrationWarning } from './calibration-warning.js'

/** One output of one inference, as numbers. */
export interface AnsweredOutput {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
  /** True for integers. */
  readonly isWhole: boolean
}

export interface AnsweredInference {
  /** Digest of what went in, see {@link digestInputs}. */
  readonly inputs: string
  readonly outputs: ReadonlyMap<string, AnsweredOutput>
}

/**
 * What the float model makes of the first samples, kept with the statistics: another way of quantizing is compared with it, and
 * the float model need not be compiled again.
 */
export interface FloatAnswers {
  /** Inferences that were asked for; there may be fewer samples, or less room. */
  readonly most: number
  readonly inferences: readonly AnsweredInference[]
  /** What was noticed about the scale of the samples. */
  readonly scale: readonly CalibrationWarning[]
}

/** Bytes of answers that are kept; computing more again takes less than they are worth. */
export const mostAnswerBytes = 16 << 20

export function bytesOfAnswers({ inferences }: FloatAnswers): number {
  return inferences.reduce(
    (sum, { outputs }) => sum + [...outputs.values()].reduce((own, { values }) => own + values.byteLength, 0),
    0,
  )
}

/** SHA-256 of inputs with their names, types and shapes, in hex. */
export function digestInputs(inputs: NamedTensors): string {
  const hash = createHash('sha256')
  for (const [name, tensor] of Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, tensor.type, tensor.shape]))
    const { data } = tensor
    if (ArrayBuffer.isView(data)) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    else hash.update(JSON.stringify(data))
  }
  return hash.digest('hex')
}
