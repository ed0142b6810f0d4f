import type { ErrorEntry } from '../error-entry.js'

export const tensorsErrors = {
  TENSOR_TYPE_INVALID: {
    topic: 'Tensors',
    message: 'Expected one of the element types {expected}, received {received}',
    cure: 'Use one of these names.',
  },
  TENSOR_SHAPE_INVALID: {
    topic: 'Tensors',
    message: 'Expected a shape of whole numbers, each at least 0, whose product stays below 2^53; received {received}',
    cure: 'Pass the shape as an array of lengths, for example [1, 3, 224, 224].',
  },
  TENSOR_DATA_INVALID: {
    topic: 'Tensors',
    message: 'A tensor {type}[{shape}] is held by {expected}, received {received}',
    cure: 'Pass data of that kind and length, or another type or shape.',
  },
  TENSOR_CONSTRUCTED: {
    topic: 'Tensors',
    message: 'Expected a tensor to be made by Tensor.from or Tensor.allocate, received a call of new Tensor({received})',
    cure: 'Write Tensor.from(data, shape) for an array that is there, Tensor.allocate(type, shape) for a tensor of zeros.',
  },
  TENSOR_DETACHED: {
    topic: 'Tensors',
    message: 'The memory of {what} is gone: its ArrayBuffer was transferred or shrunk',
    cure: 'Pass a copy to the worker or structure that took the buffer, or create the tensor again.',
  },
  TENSOR_IN_USE: {
    topic: 'Tensors',
    message: '{what} is being written by a running inference',
    cure: 'Await that inference first, or pass another tensor: one per inference that runs at the same time.',
  },
  TENSOR_RELEASED: {
    topic: 'Tensors',
    message: 'The tensor {type}[{shape}] was released: its memory is back in the pool',
    cure: 'Read the data before release(), keep a copy (Tensor.copyOf), or do not release the tensor.',
  },
} as const satisfies Record<string, ErrorEntry>
