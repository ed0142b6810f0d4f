/** A tensor with values one can see through. */
export interface Dense {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

export interface Window {
  readonly strides: readonly [number, number]
  readonly pads: readonly [top: number, left: number, bottom: number, right: number]
  readonly dilations: readonly [number, number]
  readonly group: number
}

/** Convolution over [1, C, H, W], as the definition has it: one product after the other, in float64. */
export function convolve(input: Dense, weights: Dense, bias: ArrayLike<number>, window: Window): Dense {
  const { strides, pads, dilations, group } = window
  const [, channels, height, width] = input.shape as [number, number, number, number]
  const [filters, perGroup, rows, columns] = weights.shape as [number, number, number, number]
  const lengthOf = (axis: 0 | 1, length: number, kernel: number) =>
    Math.floor((length + pads[axis] + (pads[axis + 2] as number) - ((kernel - 1) * dilations[axis] + 1)) / strides[axis]) + 1
  const [outHeight, outWidth] = [lengthOf(0, height, rows), lengthOf(1, width, columns)]
  const data = new Float64Array(filters * outHeight * outWidth)
  for (let at = 0; at < data.length; at++) {
    const filter = Math.floor(at / (outHeight * outWidth))
    const [y, x] = [Math.floor(at / outWidth) % outHeight, at % outWidth]
    const first = Math.floor(filter / (filters / group)) * (channels / group)
    let sum = bias[filter] as number
    for (let c = 0; c < perGroup; c++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const [py, px] = [y * strides[0] - pads[0] + i * dilations[0], x * strides[1] - pads[1] + j * dilations[1]]
          if (py < 0 || px < 0 || py >= height || px >= width) continue
          const weight = weights.data[((filter * perGroup + c) * rows + i) * columns + j] as number
          sum += weight * (input.data[((first + c) * height + py) * width + px] as number)
        }
      }
    }
    data[at] = sum
  }
  return { shape: [1, filters, outHeight, outWidth], data }
}

/** Its transpose: every input element adds the kernel, scaled by itself, to the output. */
export function convolveTransposed(input: Dense, weights: Dense, bias: ArrayLike<number>, window: Window): Dense {
  const { strides, pads, dilations, group } = window
  const [, channels, height, width] = input.shape as [number, number, number, number]
  const [, perGroup, rows, columns] = weights.shape as [number, number, number, number]
  const lengthOf = (axis: 0 | 1, length: number, kernel: number) =>
    (length - 1) * strides[axis] + (kernel - 1) * dilations[axis] + 1 - pads[axis] - (pads[axis + 2] as number)
  const [outHeight, outWidth] = [lengthOf(0, height, rows), lengthOf(1, width, columns)]
  const filters = perGroup * group
  const data = Float64Array.from(
    { length: filters * outHeight * outWidth },
    (_, at) => bias[Math.floor(at / (outHeight * outWidth))] as number,
  )
  for (let at = 0; at < channels * height * width; at++) {
    const channel = Math.floor(at / (height * width))
    const [y, x] = [Math.floor(at / width) % height, at % width]
    const first = Math.floor(channel / (channels / group)) * perGroup
    for (let c = 0; c < perGroup; c++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const [py, px] = [y * strides[0] - pads[0] + i * dilations[0], x * strides[1] - pads[1] + j * dilations[1]]
          if (py < 0 || px < 0 || py >= outHeight || px >= outWidth) continue
          const target = ((first + c) * outHeight + py) * outWidth + px
          const weight = weights.data[((channel * perGroup + c) * rows + i) * columns + j] as number
          data[target] = (data[target] as number) + weight * (input.data[at] as number)
        }
      }
    }
  }
  return { shape: [1, filters, outHeight, outWidth], data }
}

/** [rows, inner] times [inner, columns]. */
export function multiply(left: Dense, right: Dense, bias: ArrayLike<number>): Dense {
  const [rows, inner] = left.shape as [number, number]
  const columns = right.shape[1] as number
  const data = new Float64Array(rows * columns)
  for (let at = 0; at < data.length; at++) {
    const [row, column] = [Math.floor(at / columns), at % columns]
    let sum = bias[column] as number
    for (let i = 0; i < inner; i++) sum += (left.data[row * inner + i] as number) * (right.data[i * columns + column] as number)
    data[at] = sum
  }
  return { shape: [rows, columns], data }
}

/** Mean of each channel along an axis. */
export function meanOfChannels({ shape, data }: Dense, axis: number): Float64Array {
  const channels = shape[axis] as number
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const means = new Float64Array(channels)
  for (let at = 0; at < data.length; at++) {
    const channel = Math.floor(at / inner) % channels
    means[channel] = (means[channel] as number) + (data[at] as number) / (data.length / channels)
  }
  return means
}
