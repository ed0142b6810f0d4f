import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { CalibrationSamples, CalibrationSettings } from '../../quantization/quantize-options.js'
import { isTensor, Tensor } from '../../tensor/tensor.js'
import type { TensorArray } from '../../tensor/tensor-array.js'
import type { CalibrationSource } from './calibration-source.js'
import { convertSample } from './convert-sample.js'

/** Named tensors that the caller gives one after the other. What the source throws comes out as it is. */
export function samplesFromIterable(
  data: CalibrationSamples,
  { samples }: CalibrationSettings,
  inputs: readonly SampleInput[],
): CalibrationSource {
  const isList = Array.isArray(data)
  return {
    samples: () => readSamples(typeof data === 'function' ? data() : data, samples, inputs),
    // A generator is its own iterator: begun again it would go on where it stopped.
    isRepeatable: typeof data === 'function' || isList || !('next' in data),
    count: isList ? Math.min(data.length, samples) : null,
    identity: async () => null,
    description: isList ? `${Math.min(data.length, samples)} samples given as a list` : 'samples given one after the other',
    preprocess: null,
    broken: [],
    close: async () => {},
  }
}

async function* readSamples(
  source: ReturnType<Extract<CalibrationSamples, () => unknown>>,
  most: number,
  inputs: readonly SampleInput[],
): AsyncGenerator<NamedTensors, void, undefined> {
  if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source || Symbol.iterator in source)) {
    const reason = `expected a function that returns an iterable of named tensors, received ${describeValue(source)}`
    throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.data', reason })
  }
  let index = 0
  for await (const sample of source) {
    yield convertSample(wrapArrays(sample, inputs, index), inputs, index)
    index++
    // Before the next is asked for: it may cost, or never come.
    if (index === most) return
  }
}

/** Plain arrays as tensors of the input's shape. What is no sample at all is passed on, to be refused where all are. */
function wrapArrays(sample: unknown, inputs: readonly SampleInput[], index: number): NamedTensors {
  if (typeof sample !== 'object' || sample === null || isTensor(sample)) return sample as NamedTensors
  const wrapped: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(sample)) {
    const input = inputs.find((each) => each.name === name)
    wrapped[name] = ArrayBuffer.isView(value) && input !== undefined ? wrapArray(value as TensorArray, input, index) : value
  }
  return wrapped as NamedTensors
}

function wrapArray(array: TensorArray, { name, shape, elementType }: SampleInput, index: number): Tensor {
  // A batch that is left open is 1.
  const lengths = shape?.map((length, axis) => (typeof length === 'number' ? length : axis === 0 ? 1 : null))
  const refuse = (expected: string) =>
    engineryError('CALIBRATION_SAMPLE_INVALID', { sample: index, expected, received: describeValue(array) })
  if (lengths === undefined || lengths.includes(null)) {
    throw refuse(
      `a Tensor for the input ${name}, whose shape [${shape?.map((length) => length ?? '?').join(', ') ?? '?'}] is open`,
    )
  }
  const whole = lengths as number[]
  const count = whole.reduce((product, length) => product * length, 1)
  // One sample for a model with a fixed batch: it is stacked with others.
  const fits = array.length === count ? whole : array.length * (whole[0] ?? 1) === count ? [1, ...whole.slice(1)] : null
  if (fits === null) throw refuse(`${count} elements of shape [${whole.join(', ')}] for the input ${name}`)
  // These have no array of their own: their bits come in one of integers.
  const isBits = (elementType === 'f16' || elementType === 'bf16') && array instanceof Uint16Array
  const isBool = elementType === 'bool' && array instanceof Uint8Array
  return (isBits || isBool ? Tensor.from(array, fits, elementType as 'f16') : Tensor.from(array, fits)) as Tensor
}
