import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import { engineryError } from '../../errors/enginery-error.js'
import { fromFloat32, toFloat32 } from '../../tensor/convert-elements.js'
import { convertExactly, type InexactElement } from '../../tensor/convert-exactly.js'
import { type ElementArray, elementTypes, type FixedSizeElementType, isElementType } from '../../tensor/element-type.js'
import { isTensor, Tensor } from '../../tensor/tensor.js'
import type { TensorArray } from '../../tensor/tensor-array.js'

/**
 * A sample in the model's element types, where every element is the same number in them. Floats are rounded for an input
 * of 16 bits: whoever runs the model rounds them too. What else may be wrong with it is found where it is used.
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
  const elements = data as ElementArray<FixedSizeElementType>
  const result = isPossible ? convert(elements, type as FixedSizeElementType, to as FixedSizeElementType, size) : null
  if (result !== null && 'data' in result) return Tensor.from(result.data as TensorArray, shape, to as 'f32') as Tensor
  const why = result === null ? '' : ` with ${result.value} at position ${result.position}, which ${to} does not hold`
  throw engineryError('CALIBRATION_SAMPLE_INVALID', {
    sample: index,
    expected: `elements of type ${to} for the input ${name}`,
    received: `${type}${why}${result === null || isRounded(type, to) ? '' : ' exactly'}`,
  })
}

type Converted = { readonly data: ElementArray<FixedSizeElementType> } | InexactElement

function convert(
  data: ElementArray<FixedSizeElementType>,
  from: FixedSizeElementType,
  to: FixedSizeElementType,
  count: number,
): Converted {
  return isRounded(from, to) ? roundToHalves(data, from, to, count) : convertExactly(data, from, to, count)
}

function isRounded(from: string, to: string): boolean {
  return (to === 'f16' || to === 'bf16') && isElementType(from) && elementTypes[from].kind === 'float'
}

/** To the nearest; what is finite and would become infinite is told. */
function roundToHalves(
  data: ElementArray<FixedSizeElementType>,
  from: FixedSizeElementType,
  to: FixedSizeElementType,
  count: number,
): Converted {
  const floats = from === 'f32' ? (data as Float32Array) : toFloat32(from, data, { elementCount: count })
  const halves = fromFloat32(to, floats)
  const back = toFloat32(to, halves, { elementCount: count })
  // In 64 bits a number may be too large for float32 already.
  const values = from === 'f64' ? (data as Float64Array) : floats
  const position = values.findIndex((value, at) => Number.isFinite(value) && !Number.isFinite(back[at]))
  return position === -1 ? { data: halves } : { position, value: values[position] as number }
}
