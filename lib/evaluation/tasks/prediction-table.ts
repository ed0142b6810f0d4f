import type { Tensor } from '../../tensor/tensor.js'

/**
 * An output seen as one table for each sample: a row for each place or query, a column for each of its numbers, whichever
 * way round, and in however many dimensions, the model lays them out. Element (s, r, c) is
 * `data[s * sampleStride + r * rowStride + c * columnStride]`.
 */
export interface PredictionTable {
  readonly data: Float32Array
  readonly samples: number
  readonly rows: number
  readonly columns: number
  readonly sampleStride: number
  readonly rowStride: number
  readonly columnStride: number
}

/** `[samples, rows, columns]`. */
export function rowTable(tensor: Tensor): PredictionTable {
  const [samples, rows, columns] = tensor.shape as [number, number, number]
  return { ...shared(tensor, samples, rows, columns), rowStride: columns, columnStride: 1 }
}

/** `[samples, columns, rows]`. */
export function columnTable(tensor: Tensor): PredictionTable {
  const [samples, columns, rows] = tensor.shape as [number, number, number]
  return { ...shared(tensor, samples, rows, columns), rowStride: 1, columnStride: rows }
}

/** What is known beforehand of a table: its rows, and the grid that they are where they are one. */
export interface KnownRows {
  readonly rows: number
  readonly grid?: { readonly width: number; readonly height: number }
}

/**
 * The output as a table of so many rows: `[samples, rows, columns]`, `[samples, columns, rows]`, and for a grid
 * `[samples, columns, height, width]` and `[samples, height, width, columns]`. Undefined where its shape is none of them.
 * `order` narrows down three dimensions, of which either may have that length by chance.
 */
export function tableWithRows(
  tensor: Tensor,
  { rows, grid }: KnownRows,
  order: 'rows-first' | 'columns-first' | 'either' = 'either',
): PredictionTable | undefined {
  const { shape } = tensor
  if (shape.length === 3) {
    if (shape[1] === rows && order !== 'columns-first') return rowTable(tensor)
    if (shape[2] === rows && order !== 'rows-first') return columnTable(tensor)
  }
  if (shape.length === 4 && grid) {
    const samples = shape[0] as number
    if (shape[2] === grid.height && shape[3] === grid.width) {
      return { ...shared(tensor, samples, rows, shape[1] as number), rowStride: 1, columnStride: rows }
    }
    if (shape[1] === grid.height && shape[2] === grid.width) {
      const columns = shape[3] as number
      return { ...shared(tensor, samples, rows, columns), rowStride: columns, columnStride: 1 }
    }
  }
  return undefined
}

function shared(tensor: Tensor, samples: number, rows: number, columns: number) {
  return { data: tensor.toFloat32(), samples, rows, columns, sampleStride: rows * columns }
}
