import type { TensorComparison } from '../../lib/native/kernels-addon.js'
import { loadKernels } from '../../lib/native/load-addon.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** What is kept of an output: all its values, or statistics and the values at some indices. */
export interface StoredOutput {
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly indices?: readonly number[]
  readonly mean?: number
  readonly meanAbs?: number
  readonly maxAbs?: number
}

/** Every position: how far `result` is from `reference`. */
export function compareAll(reference: Float32Array, result: Tensor): TensorComparison {
  return loadKernels().compareTensors(reference, result.toFloat32())
}

/** The largest of all differences between what is stored and what came, as a share of the largest stored magnitude. */
export function relativeDifference(stored: StoredOutput, result: Tensor): number {
  const values = result.toFloat32()
  let sum = 0
  let absSum = 0
  let absMax = 0
  for (const value of values) {
    sum += value
    absSum += Math.abs(value)
    absMax = Math.max(absMax, Math.abs(value))
  }
  const differences = stored.values.map((value, i) => (values[stored.indices?.[i] ?? i] as number) - value)
  if (stored.mean !== undefined) differences.push(sum / values.length - stored.mean)
  if (stored.meanAbs !== undefined) differences.push(absSum / values.length - stored.meanAbs)
  if (stored.maxAbs !== undefined) differences.push(absMax - stored.maxAbs)
  const scale = stored.maxAbs ?? stored.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  // NaN must not pass as a small difference.
  return (
    differences.reduce((largest, difference) => (Math.abs(difference) <= largest ? largest : Math.abs(difference)), 0) / scale
  )
}

export interface RowMatch {
  /** Rows of the reference for which the results hold one that differs by at most the tolerance. */
  readonly matched: number
  readonly rows: number
}

/**
 * Compares sets of rows: where a TopK selects the rows, neither their order is fixed nor, between equal scores, which
 * are taken. A row is one position of the second dimension over all outputs, within its item of the batch.
 */
export function matchRows(
  stored: Readonly<Record<string, StoredOutput>>,
  results: Readonly<Record<string, Tensor>>,
  tolerance: number,
): RowMatch {
  const columns = Object.entries(stored).map(([name, { shape, values }]) => ({
    expected: values,
    received: (results[name] as Tensor).toFloat32(),
    width: shape[2] as number,
    allowed: tolerance * values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
  }))
  const [batch, rows] = (Object.values(stored)[0] as StoredOutput).shape as [number, number]
  let matched = 0
  for (let item = 0; item < batch; item++) {
    const free = new Set(Array.from({ length: rows }, (_, row) => item * rows + row))
    for (let row = item * rows; row < (item + 1) * rows; row++) {
      const found = [...free].find((candidate) =>
        columns.every(({ expected, received, width, allowed }) =>
          Array.from({ length: width }, (_, i) => i).every(
            (i) => Math.abs((expected[row * width + i] as number) - (received[candidate * width + i] as number)) <= allowed,
          ),
        ),
      )
      if (found === undefined) continue
      free.delete(found)
      matched++
    }
  }
  return { matched, rows: batch * rows }
}
