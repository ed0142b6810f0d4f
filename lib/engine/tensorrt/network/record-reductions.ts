import { broadcastPair, commonType } from './broadcast.js'
import { readEquation } from './einsum-shape.js'
import type { LayerName } from './layer-names.js'
import {
  layerSchema,
  matrixMultiplySchema,
  normalizationSchema,
  reduceSchema,
  softmaxSchema,
  topKSchema,
} from './layer-options.js'
import { NetworkTensor } from './network-tensor.js'
import type { LayerCall, NetworkRecording } from './recording.js'

export function recordReduce(
  recording: NetworkRecording,
  input: unknown,
  operation: LayerName<'reduce'>,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('reduce', reduceSchema, options)
  const tensor = call.tensor(input)
  const { keepDimensions } = call.options
  const shape = knownShape(call, tensor)
  const axes = axesOf(call, call.options.axes, shape.length)
  const made = keepDimensions
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis))
  return call.addOne(
    { inputs: [tensor], choices: { operation }, lists: { axes }, numbers: { keepDimensions } },
    tensor.type,
    made,
  )
}

export function recordSoftmax(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('softmax', softmaxSchema, options)
  const tensor = call.tensor(input)
  const axis = call.axis(call.options.axis, knownShape(call, tensor).length)
  return call.addOne({ inputs: [tensor], lists: { axes: [axis] } }, tensor.type, tensor.shape)
}

export function recordTopK(
  recording: NetworkRecording,
  input: unknown,
  operation: LayerName<'topK'>,
  options: unknown,
): { values: NetworkTensor; indices: NetworkTensor } {
  const call = recording.begin('topk', topKSchema, options)
  const tensor = call.tensor(input)
  const shape = knownShape(call, tensor)
  const { k, indicesType } = call.options
  const axis = call.axis(call.options.axis, shape.length)
  const asked = k instanceof NetworkTensor ? call.tensor(k, 'k') : null
  const length = shape[axis] as number
  if (typeof k === 'number' && length >= 0 && k > length)
    call.refuse(`k of at most ${length}, the length of dimension ${axis}`, String(k))
  const made = shape.map((one, place) => (place === axis ? (asked ? -1 : (k as number)) : one))
  const [values, indices] = call.add({
    inputs: asked ? [tensor, asked] : [tensor],
    choices: { operation, indicesType: indicesType === 'i64' ? 'i64' : undefined },
    // A k that another tensor says stands for none until then.
    numbers: { k: asked ? 1 : (k as number) },
    lists: { axes: [axis] },
    outputs: [
      { type: tensor.type, shape: made },
      { type: indicesType ?? 'i32', shape: made },
    ],
  }) as [NetworkTensor, NetworkTensor]
  return { values, indices }
}

export function recordMatrixMultiply(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('matrix-multiply', matrixMultiplySchema, options)
  const tensors = call.tensors(inputs, 2)
  if (tensors.length !== 2) call.refuse('two inputs', String(tensors.length))
  const [one, other] = tensors as [NetworkTensor, NetworkTensor]
  const [first, second] = call.options.operations
  const shape = one.shape && other.shape && productShape(call, one.shape, first, other.shape, second)
  return call.addOne({ inputs: tensors, choices: { first, second } }, commonType(call, tensors), shape)
}

function productShape(
  call: LayerCall,
  one: readonly number[],
  first: LayerName<'matrix'>,
  other: readonly number[],
  second: LayerName<'matrix'>,
): number[] {
  const left = readMatrix(call, one, first)
  const right = readMatrix(call, other, second)
  const [rows, inner] = left.isVector ? [null, left.last] : [left.next, left.last]
  const [against, columns] = right.isVector ? [right.last, null] : [right.next, right.last]
  if (inner !== against && inner >= 0 && against >= 0) {
    call.refuse(
      'as many columns of the one as rows of the other',
      `[${one.join(', ')}] (${first}) and [${other.join(', ')}] (${second})`,
    )
  }
  const batch = broadcastPair(call, left.batch, right.batch)
  return [...batch, ...(rows === null ? [] : [rows]), ...(columns === null ? [] : [columns])]
}

function readMatrix(call: LayerCall, shape: readonly number[], operation: LayerName<'matrix'>) {
  const isVector = operation === 'vector'
  const least = isVector ? 1 : 2
  if (shape.length < least) call.refuse(`a tensor of at least ${least} dimensions`, `[${shape.join(', ')}]`)
  const batch = shape.slice(0, shape.length - least)
  const [next, last] = shape.slice(-2) as [number, number]
  if (isVector) return { isVector, batch, next: 1, last: shape.at(-1) as number }
  return operation === 'transpose' ? { isVector, batch, next: last, last: next } : { isVector, batch, next, last }
}

export function recordNormalization(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('normalization', normalizationSchema, options)
  const tensors = call.tensors(inputs, 3)
  if (tensors.length !== 3) call.refuse('input, scale and bias', `${tensors.length} tensors`)
  const [tensor] = tensors as [NetworkTensor]
  const shape = knownShape(call, tensor)
  const { epsilon, groups } = call.options
  const axes = axesOf(call, call.options.axes, shape.length)
  return call.addOne({ inputs: tensors, lists: { axes }, numbers: { epsilon, groups } }, commonType(call, tensors), shape)
}

export function recordEinsum(recording: NetworkRecording, inputs: unknown, equation: string, options: unknown): NetworkTensor {
  const call = recording.begin('einsum', layerSchema, options)
  const tensors = call.tensors(inputs)
  const shape = readEquation(call, equation, tensors)
  return call.addOne({ inputs: tensors, choices: { equation } }, commonType(call, tensors), shape)
}

function axesOf(call: LayerCall, axes: readonly number[], rank: number): number[] {
  return [...new Set(axes.map((axis) => call.axis(axis, rank)))].sort((a, b) => a - b)
}

function knownShape(call: LayerCall, tensor: NetworkTensor): readonly number[] {
  return tensor.shape ?? call.refuse('a tensor whose shape is known (reshape it with numbers before)', String(tensor))
}
