/**
 * Resizing of one channel in float64, written from the definitions and not after OpenVINO: what its preprocessing is
 * compared with.
 */
export interface Channel {
  height: number
  width: number
  data: ArrayLike<number>
}

type Filter = (distance: number) => number

const triangle: Filter = (distance) => Math.max(0, 1 - Math.abs(distance))

/** Keys' cubic convolution; Pillow takes a = -0.5, most others -0.75. */
const keys =
  (a: number): Filter =>
  (distance) => {
    const x = Math.abs(distance)
    if (x < 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
    return x < 2 ? a * (x ** 3 - 5 * x ** 2 + 8 * x - 4) : 0
  }

/** Weights over the source for every position of the target. */
type Weights = { at: number; weight: number }[][]

/** As TensorFlow and ONNX sample: the filter is as wide as its source pixels, however much smaller the target. */
function sampleWeights(from: number, to: number, filter: Filter, radius: number): Weights {
  return Array.from({ length: to }, (_, position) => {
    const center = ((position + 0.5) * from) / to - 0.5
    const weights = []
    for (let at = Math.floor(center) - radius + 1; at <= Math.floor(center) + radius; at++) {
      weights.push({ at: Math.min(Math.max(at, 0), from - 1), weight: filter(center - at) })
    }
    return weights
  })
}

/** As Pillow does: the filter grows with the scale when the target is smaller, and is cut at the edges. */
function pillowWeights(from: number, to: number, filter: Filter, radius: number): Weights {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  return Array.from({ length: to }, (_, position) => {
    const center = (position + 0.5) * scale
    const first = Math.max(0, Math.floor(center - radius * stretch + 0.5))
    const last = Math.min(from, Math.floor(center + radius * stretch + 0.5))
    const weights = []
    for (let at = first; at < last; at++) weights.push({ at, weight: filter((at - center + 0.5) / stretch) })
    const sum = weights.reduce((total, { weight }) => total + weight, 0)
    return weights.map(({ at, weight }) => ({ at, weight: weight / sum }))
  })
}

function nearestWeights(from: number, to: number): Weights {
  // The middle of two pixels goes to the first.
  return Array.from({ length: to }, (_, position) => {
    const at = Math.ceil(((position + 0.5) * from) / to - 0.5 - 0.5)
    return [{ at: Math.min(Math.max(at, 0), from - 1), weight: 1 }]
  })
}

const algorithms = {
  linear: (from: number, to: number) => sampleWeights(from, to, triangle, 1),
  cubic: (from: number, to: number) => sampleWeights(from, to, keys(-0.75), 2),
  nearest: nearestWeights,
  'bilinear-pillow': (from: number, to: number) => pillowWeights(from, to, triangle, 1),
  'bicubic-pillow': (from: number, to: number) => pillowWeights(from, to, keys(-0.5), 2),
}

export type ResizeAlgorithm = keyof typeof algorithms
export const resizeAlgorithms = Object.keys(algorithms) as ResizeAlgorithm[]

export function resizeChannel(source: Channel, height: number, width: number, algorithm: ResizeAlgorithm): Float64Array {
  const rows = algorithms[algorithm](source.height, height)
  const columns = algorithms[algorithm](source.width, width)
  const result = new Float64Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (const row of rows[y] ?? []) {
        for (const column of columns[x] ?? []) {
          sum += row.weight * column.weight * (source.data[row.at * source.width + column.at] as number)
        }
      }
      result[y * width + x] = sum
    }
  }
  return result
}
