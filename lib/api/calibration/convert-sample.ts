import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import { engineryError } from '../../errors/enginery-error.js'
import { convertExactly } from '../../tensor/convert-exactly.js'
import { type FixedSizeElementType, isElementType } from '../../tensor/element-type.js'
import { isTensor, Tensor } from '../../tensor/tensor.js'
import type { TensorArray } from '../../tensor/tensor-array.js'

/**
 * A sample in the model's element types, where every element is the same number in them. What else may be wrong with it
 * is found where it is used.
 *
 * @throws CALIBRATION_SAMPLE_INVALID
 */
export function convertSample(sample: NamedTensors, inputs: readonly SampleInput[], index: number): NamedTensors {
  if (typeof sample !== 'object' || sample === null) return sample
  let converted: Record<string, Tensor> | null = null
  for (const { name, elementType } of inputs) {
    const tensor = Object.hasOwn(sample, name) ? sample[name] : undefined
    if (!isTensor(tensor) || elementType === null || tensor.type === elementType) continue
    converted ??= { ...sample }
    converted[name] = convertTensor(tensor, elementType, name, index)
  }
  return converted ?? sample
}

function convertTensor(tensor: Tensor, to: string, name: string, index: number): Tensor {
  const { type, data, size, shape } = tensor
  const isPossible = isElementType(to) && to !== 'string' && type !== 'string'
  const result = isPossible
    ? convertExactly(data as Float32Array, type as FixedSizeElementType, to as FixedSizeElementType, size)
    : null
  if (result !== null && 'data' in result) return Tensor.from(result.data as TensorArray, shape, to as 'f32') as Tensor
  const why = result === null ? '' : ` with ${result.value} at position ${result.position}, which ${to} does not hold exactly`
  throw engineryError('CALIBRATION_SAMPLE_INVALID', {
    sample: index,
    expected: `elements of type ${to} for the input ${name}`,
    received: `${type}${why}`,
  })
}
