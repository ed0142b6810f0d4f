import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import type { ElementType } from '../tensor/element-type.js'
import { Tensor } from '../tensor/tensor.js'
import { isTensor } from '../tensor/tensor-internals.js'
import type { NamedTensors } from './calibration-runner.js'
import { passOn } from './spare-tensors.js'

/** An input of the model; lengths that are open are null. */
export interface SampleInput {
  readonly name: string
  readonly elementType: string | null
  readonly shape: readonly (number | string | null)[] | null
}

type Checked = Record<string, Tensor>

/**
 * A sample as the model takes it: every input there, of its type, and of a shape that fits. A batch dimension that is
 * missing is put in front. What a batch of the model holds is not asked here: a sample may be a part of one.
 *
 * @throws CALIBRATION_SAMPLE_INVALID
 */
export function checkSample(sample: unknown, index: number, inputs: readonly SampleInput[]): Checked {
  const refuse = (expected: string, received: string) =>
    engineryError('CALIBRATION_SAMPLE_INVALID', { sample: index, expected, received })
  const names = inputs.map(({ name }) => name)
  if (typeof sample !== 'object' || sample === null || isTensor(sample)) {
    throw refuse(`an object with the tensors ${names.join(', ')}`, describeValue(sample))
  }
  const extra = Object.keys(sample).find((name) => !names.includes(name))
  if (extra !== undefined) throw refuse(`the inputs ${names.join(', ')}`, `one named ${extra}`)
  const checked: Checked = {}
  for (const input of inputs) {
    const tensor = Object.hasOwn(sample, input.name) ? (sample as Record<string, unknown>)[input.name] : undefined
    if (!isTensor(tensor)) throw refuse(`a tensor for the input ${input.name}`, describeValue(tensor))
    if (input.elementType !== null && tensor.type !== input.elementType) {
      throw refuse(`${input.elementType} for the input ${input.name}`, tensor.type)
    }
    const fitted = fitShape(tensor.shape, input.shape)
    if (fitted === null) {
      throw refuse(`a shape like ${formatShape(input.shape ?? [])} for the input ${input.name}`, formatShape(tensor.shape))
    }
    checked[input.name] = fitted === tensor.shape ? tensor : reshape(tensor, fitted)
  }
  return checked
}

/** The shape with its batch dimension; null where it does not fit. A batch may be smaller than the model's. */
function fitShape(shape: readonly number[], wanted: SampleInput['shape']): readonly number[] | null {
  if (wanted === null) return shape
  const full = shape.length === wanted.length - 1 ? [1, ...shape] : shape
  const fits = (length: number, axis: number) => {
    const expected = wanted[axis]
    return typeof expected !== 'number' || expected === length || (axis === 0 && length === 1)
  }
  return full.length === wanted.length && full.every(fits) ? full : null
}

export function formatShape(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((length) => length ?? '?').join(', ')}]`
}

function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  const reshaped = Tensor.from(tensor.data as Float32Array, shape, tensor.type as ElementType) as Tensor
  // The memory of engines goes with the tensor that owns it.
  if (!tensor.isNative) passOn(tensor, reshaped)
  return reshaped
}

/** How many samples make one batch of the model: 1 where they come as it takes them. */
export function samplesPerBatch(sample: NamedTensors, inputs: readonly SampleInput[]): number {
  const batches = new Set<number>()
  for (const { name, shape } of inputs) {
    const wanted = shape?.[0]
    batches.add(typeof wanted === 'number' && wanted > 1 && sample[name]?.shape[0] === 1 ? wanted : 1)
  }
  return batches.size === 1 ? ([...batches][0] as number) : 1
}

/** Samples of batch 1, one behind the other. */
export function stackSamples(samples: readonly NamedTensors[], first: number): NamedTensors {
  const stacked: Checked = {}
  for (const name of Object.keys(samples[0] as NamedTensors)) {
    const parts = samples.map((sample) => sample[name] as Tensor)
    const { type, shape } = parts[0] as Tensor
    const odd = parts.findIndex((part) => formatShape(part.shape) !== formatShape(shape))
    if (odd !== -1) {
      const expected = `${formatShape(shape)} for the input ${name}, as the samples of the same batch`
      const received = formatShape((parts[odd] as Tensor).shape)
      throw engineryError('CALIBRATION_SAMPLE_INVALID', { sample: first + odd, expected, received })
    }
    const data = parts.map((part) => part.data) as Float32Array[]
    const [one] = data as [Float32Array]
    const all = new (one.constructor as Float32ArrayConstructor)(one.length * data.length)
    for (const [index, values] of data.entries()) all.set(values, index * one.length)
    stacked[name] = Tensor.from(all, [parts.length, ...shape.slice(1)], type) as Tensor
  }
  return stacked
}
