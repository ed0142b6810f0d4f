import type { DimensionMessage, ValueMessage } from '../model/onnx-messages.js'
import { nameOnnxType, onnxElementTypes } from '../model/onnx-types.js'
import type { Dimension, Shape, TensorType } from './graph-tensor.js'

/** Element type and shape that a file states for a value. */
export function typeFromMessage(value: ValueMessage): TensorType {
  const tensor = value.type?.tensor
  if (tensor === undefined) return { elementType: null, shape: null }
  const type = tensor.elementType ?? 0
  return { elementType: type === 0 ? null : nameOnnxType(type), shape: tensor.shape?.dimensions.map(readDimension) ?? null }
}

function readDimension({ value, symbol }: DimensionMessage): Dimension {
  // Some exporters write -1 for a length that is open, others call all of them "?": equal names must mean equal lengths.
  if (value !== undefined) return value < 0 ? null : value
  return symbol === undefined || symbol === '' || symbol === '?' ? null : symbol
}

/** The message that states a type for a value. */
export function messageFromType(name: string, { elementType, shape }: TensorType): ValueMessage {
  if (elementType === null) return { name }
  const dimensions = shape?.map((length) =>
    length === null ? {} : typeof length === 'number' ? { value: length } : { symbol: length },
  )
  return {
    name,
    type: {
      tensor: {
        elementType: onnxElementTypes.findIndex((type) => type.name === elementType),
        ...(dimensions && { shape: { dimensions } }),
      },
    },
  }
}

/** True where both state the same, symbols and unknown lengths included. */
export function isSameShape(a: Shape | null, b: Shape | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((length, index) => length === b[index])
}
