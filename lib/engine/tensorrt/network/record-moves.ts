import { commonType } from './broadcast.js'
import { concatenationSchema, gatherSchema, layerSchema, resizeSchema, shuffleSchema, sliceSchema } from './layer-options.js'
import { concatenateShapes, reshapeShape, transposeShape } from './move-shapes.js'
import { NetworkTensor } from './network-tensor.js'
import type { LayerCall, NetworkRecording } from './recording.js'

export function recordShuffle(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('shuffle', shuffleSchema, options)
  const tensor = call.tensor(input)
  const { firstTranspose, reshape, secondTranspose, zeroIsPlaceholder } = call.options
  const asked = reshape instanceof NetworkTensor ? call.tensor(reshape, 'reshape') : null
  let { shape } = tensor
  if (shape && firstTranspose) shape = transposeShape(call, shape, firstTranspose, 'firstTranspose')
  if (asked) shape = shapeAsked(asked)
  else if (shape && reshape) shape = reshapeShape(call, shape, reshape as number[], zeroIsPlaceholder ?? true)
  if (shape && secondTranspose) shape = transposeShape(call, shape, secondTranspose, 'secondTranspose')
  return call.addOne(
    {
      inputs: asked ? [tensor, asked] : [tensor],
      lists: { firstTranspose, reshape: asked ? undefined : (reshape as number[] | undefined), secondTranspose },
      numbers: { zeroIsPlaceholder },
    },
    tensor.type,
    shape,
  )
}

/** Open lengths, as many as a shape tensor has elements. */
function shapeAsked({ shape }: NetworkTensor): number[] | null {
  const count = shape?.[0] ?? -1
  return count < 0 ? null : new Array<number>(count).fill(-1)
}

export function recordConcatenation(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('concatenation', concatenationSchema, options)
  const tensors = call.tensors(inputs)
  const shapes = tensors.map(({ shape }) => shape).filter((shape) => shape !== null)
  const rank = shapes[0]?.length
  if (rank === undefined && call.options.axis < 0)
    call.refuse('an axis that is counted from the front', String(call.options.axis))
  const axis = rank === undefined ? call.options.axis : call.axis(call.options.axis, rank)
  const made = shapes.length === tensors.length ? concatenateShapes(call, shapes, axis) : null
  return call.addOne({ inputs: tensors, numbers: { axis } }, commonType(call, tensors), made)
}

export function recordSlice(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('slice', sliceSchema, options)
  const tensor = call.tensor(input)
  const { start, size, mode, fill } = call.options
  const rank = tensor.shape?.length ?? (Array.isArray(size) ? size.length : null)
  if (rank === null) return call.refuse('a tensor whose shape is known', String(tensor))
  const stride = call.options.stride ?? new Array<number>(rank).fill(1)
  const parts = { start, size, stride }
  const inputs: (NetworkTensor | null)[] = [tensor]
  const lists: Record<string, readonly number[]> = {}
  for (const [role, part] of Object.entries(parts)) {
    const isTensor = part instanceof NetworkTensor
    inputs.push(isTensor ? call.tensor(part, role) : null)
    if (isTensor) continue
    if (part.length !== rank) call.refuse(`${role} of ${rank} numbers`, `[${part.join(', ')}]`)
    lists[role] = part
  }
  if (fill !== undefined) inputs.push(call.tensor(fill, 'fill'))
  const made = lists.size ? [...lists.size] : new Array<number>(rank).fill(-1)
  if ((mode ?? 'strict-bounds') === 'strict-bounds') checkBounds(call, tensor.shape, lists)
  return call.addOne({ inputs, lists, choices: { mode } }, tensor.type, made)
}

function checkBounds(call: LayerCall, shape: readonly number[] | null, lists: Record<string, readonly number[]>): void {
  const { start, size, stride } = lists
  if (!shape || !start || !size || !stride) return
  for (const [axis, length] of shape.entries()) {
    const [from, count, step] = [start[axis] as number, size[axis] as number, stride[axis] as number]
    if (length < 0 || count <= 0) continue
    const last = from + (count - 1) * step
    if (from < 0 || from >= length || last < 0 || last >= length) {
      call.refuse(`places from 0 to ${length - 1} in dimension ${axis}`, `${from} to ${last}`)
    }
  }
}

export function recordGather(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('gather', gatherSchema, options)
  const tensors = call.tensors(inputs, 2)
  if (tensors.length !== 2) call.refuse('data and indices', `${tensors.length} tensors`)
  const [data, indices] = tensors as [NetworkTensor, NetworkTensor]
  if (indices.type !== null && indices.type !== 'i32' && indices.type !== 'i64')
    call.refuse('indices of i32 or i64', indices.type)
  const { mode, elementWiseDims = 0 } = call.options
  const { shape } = data
  const axis = shape ? call.axis(call.options.axis ?? 0, shape.length) : Math.max(call.options.axis ?? 0, 0)
  const made = shape && indices.shape && gatherShape(call, shape, indices.shape, axis, elementWiseDims)
  return call.addOne(
    {
      inputs: [data, indices],
      choices: { mode },
      numbers: { axis: mode === 'nd' ? undefined : axis, elementWiseDims: call.options.elementWiseDims },
    },
    data.type,
    made,
  )
}

function gatherShape(
  call: LayerCall<{ mode: 'default' | 'element' | 'nd' }>,
  data: readonly number[],
  indices: readonly number[],
  axis: number,
  batch: number,
): readonly number[] | null {
  const { mode } = call.options
  if (mode === 'element') {
    if (indices.length !== data.length)
      call.refuse(`indices of ${data.length} dimensions, as the data`, `[${indices.join(', ')}]`)
    return indices
  }
  if (mode === 'default') return [...data.slice(0, axis), ...indices.slice(batch), ...data.slice(axis + 1)]
  const depth = indices.at(-1) ?? -1
  if (depth < 0) return null
  if (depth + batch > data.length) call.refuse(`indices of at most ${data.length - batch} places each`, String(depth))
  return [...indices.slice(0, -1), ...data.slice(batch + depth)]
}

export function recordResize(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('resize', resizeSchema, options)
  const tensor = call.tensor(input)
  const { shape, scales, mode, coordinates, singlePixel, rounding, cubicCoefficient, excludeOutside } = call.options
  if ((shape === undefined) === (scales === undefined)) {
    call.refuse('either shape or scales', shape === undefined ? 'neither' : 'both')
  }
  const rank = tensor.shape?.length
  const count = scales?.length ?? (Array.isArray(shape) ? shape.length : undefined)
  if (rank !== undefined && count !== undefined && count !== rank)
    call.refuse(`${rank} numbers, one for each dimension`, String(count))
  const asked = shape instanceof NetworkTensor ? call.tensor(shape, 'shape') : null
  const made = scales
    ? (tensor.shape?.map((length, axis) => (length < 0 ? -1 : Math.floor(length * Math.fround(scales[axis] as number)))) ?? null)
    : asked
      ? new Array<number>(rank ?? 0).fill(-1)
      : (shape as readonly number[])
  return call.addOne(
    {
      inputs: asked ? [tensor, asked] : [tensor],
      lists: { shape: asked ? undefined : (shape as readonly number[] | undefined) },
      factors: { scales },
      choices: { mode, coordinates, singlePixel, rounding },
      numbers: { cubicCoefficient, excludeOutside },
    },
    tensor.type,
    asked && rank === undefined ? null : made,
  )
}

export function recordShape(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('shape', layerSchema, options)
  const tensor = call.tensor(input)
  return call.addOne({ inputs: [tensor] }, 'i64', [tensor.shape?.length ?? -1])
}
