import type { ImageSize } from '../../image/image.js'

/** A map of predictions: one for each square of `stride` pixels of the input. */
export interface GridLevel {
  readonly stride: number
  readonly width: number
  readonly height: number
  /** Cells of the levels before it. */
  readonly start: number
}

/** The cells of all levels in the order in which models join them: levels, rows, columns. */
export interface GridCells {
  readonly count: number
  readonly levels: readonly GridLevel[]
  readonly column: Uint16Array
  readonly row: Uint16Array
  readonly stride: Uint16Array
}

/** Lists the cells, and again only where the size of the input changes. */
export function createGridLister(strides: readonly number[]): (input: ImageSize) => GridCells {
  let last: { input: ImageSize; cells: GridCells } | undefined
  return (input) => {
    if (last?.input.width !== input.width || last.input.height !== input.height) {
      last = { input: { width: input.width, height: input.height }, cells: listGridCells(input, strides) }
    }
    return last.cells
  }
}

function listGridCells(input: ImageSize, strides: readonly number[]): GridCells {
  const levels: GridLevel[] = []
  let count = 0
  for (const stride of strides) {
    // Convolutions that halve a padded map round up.
    const width = Math.ceil(input.width / stride)
    const height = Math.ceil(input.height / stride)
    levels.push({ stride, width, height, start: count })
    count += width * height
  }
  const [column, row, stride] = [new Uint16Array(count), new Uint16Array(count), new Uint16Array(count)]
  for (const level of levels) {
    for (let i = 0; i < level.width * level.height; i++) {
      column[level.start + i] = i % level.width
      row[level.start + i] = Math.floor(i / level.width)
      stride[level.start + i] = level.stride
    }
  }
  return { count, levels, column, row, stride }
}
