import type { ImageGeometry } from '../../../../lib/preprocess/geometry.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'

/** A picture that is the input itself. */
export function wholeInput(width: number, height: number = width): ImageGeometry {
  return { original: { width, height }, input: { width, height }, scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
}

/** A picture of twice the size, shrunk into the input with padding to the left and above. */
export function padded(width: number, height: number, offsetX: number, offsetY: number): ImageGeometry {
  const original = { width: 2 * (width - 2 * offsetX), height: 2 * (height - 2 * offsetY) }
  return { original, input: { width, height }, scaleX: 0.5, scaleY: 0.5, offsetX, offsetY }
}

/** A float32 tensor of zeros in which some elements, by their place, have values. */
export function sparse(shape: readonly number[], values: Readonly<Record<number, number>>): Tensor<'f32'> {
  const data = new Float32Array(shape.reduce((product, length) => product * length, 1))
  for (const [at, value] of Object.entries(values)) data[Number(at)] = value
  return Tensor.from(data, shape)
}

/** Swaps the last two of three dimensions. */
export function transposed(tensor: Tensor<'f32'>): Tensor<'f32'> {
  const [samples, rows, columns] = tensor.shape as [number, number, number]
  const data = new Float32Array(tensor.size)
  for (let s = 0; s < samples; s++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        data[(s * columns + c) * rows + r] = tensor.data[(s * rows + r) * columns + c] as number
      }
    }
  }
  return Tensor.from(data, [samples, columns, rows])
}

/** Rows of numbers as one sample, `[1, rows, columns]`. */
export function rowsOf(rows: readonly (readonly number[])[]): Tensor<'f32'> {
  return Tensor.from(Float32Array.from(rows.flat()), [1, rows.length, rows[0]?.length ?? 0])
}
