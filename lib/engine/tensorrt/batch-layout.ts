import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { checkSample, formatShape, type SampleInput } from '../../calibration/prepare-samples.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { NativeBatchInput } from '../../native/tensorrt-calibration.js'
import { byteLengthOf } from '../../tensor/element-type.js'
import { countElements } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'

/** An input of the network, in the shape that calibration runs it with. */
export interface CalibrationInput {
  readonly name: string
  readonly type: NativeBatchInput['type']
  readonly shape: readonly number[]
}

/** What a provider gave at once: some samples, or a whole batch. */
export interface BatchItem {
  readonly tensors: NamedTensors
  readonly samples: number
}

/**
 * How the inputs of a network make a batch. Where all of them have the same length in front, that is the batch, and items of
 * any number of samples can be put together. Else nothing says which axis counts samples, and every item must be a batch.
 */
export class BatchLayout {
  /** Samples of a batch; where they cannot be told apart, 1: the batch itself. */
  readonly samples: number
  readonly inputs: readonly CalibrationInput[]
  /** What an item may be: open where any number of samples does. */
  readonly expected: readonly SampleInput[]

  constructor(inputs: readonly CalibrationInput[]) {
    const lengths = new Set(inputs.map(({ shape }) => shape[0]))
    const [length] = lengths
    const hasSamples = lengths.size === 1 && length !== undefined
    this.inputs = inputs
    this.samples = hasSamples ? length : 1
    this.expected = inputs.map(({ name, type, shape }) => ({
      name,
      elementType: type,
      shape: hasSamples ? [null, ...shape.slice(1)] : shape,
    }))
  }

  /** As TensorRT calls it, which since version 10 it uses for nothing but its log. */
  get batchSize(): number {
    return this.inputs[0]?.shape[0] ?? 1
  }

  nativeInputs(): NativeBatchInput[] {
    return this.inputs.map(({ name, type, shape }) => ({ name, type, byteLength: byteLengthOf(type, countElements(shape)) }))
  }

  /** Elements of an input that make one sample. */
  elementsPerSample(input: number): number {
    return countElements((this.inputs[input] as CalibrationInput).shape) / this.samples
  }

  /** One sample of an item, without a copy: for a look at it. */
  sampleOf({ tensors }: BatchItem, sample: number): NamedTensors {
    const views = this.inputs.map(({ name, shape }, input) => {
      const { type, data } = tensors[name] as Tensor
      const size = this.elementsPerSample(input)
      const view = (data as Float32Array).subarray(sample * size, (sample + 1) * size)
      return [name, Tensor.from(view, this.samples === 1 ? shape : shape.slice(1), type)]
    })
    return Object.fromEntries(views)
  }

  /**
   * @param index which of the provider's items it is
   * @throws CALIBRATION_SAMPLE_INVALID
   */
  checkItem(item: unknown, index: number): BatchItem {
    const tensors = checkSample(item, index, this.expected)
    // checkSample lets an item be one sample of a batch, and here there is no telling.
    for (const { name, shape } of this.expected) {
      const found = (tensors[name] as Tensor).shape
      if (shape === null || shape[0] === null || shape.every((length, axis) => length === found[axis])) continue
      throw invalid(index, `a batch of the shape ${formatShape(shape)} for the input ${name}`, formatShape(found))
    }
    if (this.expected[0]?.shape?.[0] !== null) return { tensors, samples: 1 }
    const [first] = this.inputs as [CalibrationInput]
    const samples = (tensors[first.name] as Tensor).shape[0] as number
    if (samples === 0) throw invalid(index, 'at least one sample', `${formatShape((tensors[first.name] as Tensor).shape)}`)
    for (const { name } of this.inputs) {
      const found = (tensors[name] as Tensor).shape[0]
      if (found === samples) continue
      throw invalid(index, `${samples} samples for the input ${name}, as for ${first.name}`, String(found))
    }
    return { tensors, samples }
  }
}

function invalid(sample: number, expected: string, received: string): Error {
  return engineryError('CALIBRATION_SAMPLE_INVALID', { sample, expected, received })
}
