import { elementTypes } from '../../tensor/element-type.js'
import type { Tensor } from '../../tensor/tensor.js'
import { jsonValue, readableValues } from './tensor-values.js'

/** What is in a tensor, in a few figures. Over finite values only; 64-bit integers are rounded to 2^53. */
export interface TensorSummary {
  /** Null for text, for empty tensors and where nothing is finite. */
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly notFinite: number
  /** The largest values with their positions, where the tensor is one row of them (`[1, 1000]`, `[1, 1000, 1, 1]`); else empty. */
  readonly top: readonly { readonly index: number; readonly value: number }[]
  /** The first values where there is no `top`. */
  readonly first: readonly (number | string)[]
}

export function summarizeTensor(tensor: Tensor, top: number): TensorSummary {
  const values = readableValues(tensor)
  const statistics =
    elementTypes[tensor.type].kind === 'string' ? noStatistics : computeStatistics(values as ArrayLike<number | bigint>)
  const isRow = tensor.shape.filter((length) => length !== 1).length === 1 && tensor.type !== 'string' && tensor.type !== 'bool'
  return {
    ...statistics,
    top: isRow ? largestValues(values as ArrayLike<number | bigint>, top) : [],
    first: isRow
      ? []
      : Array.from({ length: Math.min(top, values.length) }, (_, index) => jsonValue(values[index] as number | bigint | string)),
  }
}

const noStatistics = { min: null, max: null, mean: null, notFinite: 0 }

function computeStatistics(values: ArrayLike<number | bigint>): Pick<TensorSummary, 'min' | 'max' | 'mean' | 'notFinite'> {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let sum = 0
  let finite = 0
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i])
    if (!Number.isFinite(value)) continue
    finite++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  const notFinite = values.length - finite
  return finite === 0 ? { ...noStatistics, notFinite } : { min, max, mean: sum / finite, notFinite }
}

function largestValues(values: ArrayLike<number | bigint>, count: number): { index: number; value: number }[] {
  const best: { index: number; value: number }[] = []
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index])
    const last = best[best.length - 1]
    if (!Number.isFinite(value) || (best.length === count && last !== undefined && value <= last.value)) continue
    let at = best.length
    while (at > 0 && (best[at - 1] as { value: number }).value < value) at--
    best.splice(at, 0, { index, value })
    if (best.length > count) best.pop()
  }
  return best
}
