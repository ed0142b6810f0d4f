import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { movingOperators } from '../targets/target.js'

/**
 * What a trained first layer makes of its input is of the size of its bias: seen are ratios from .4 to 6. Pixels that were
 * not scaled make them 60 to hundreds, pixels scaled twice hundredths.
 */
const tooLarge = 30
const tooSmall = 0.03
/** The brightest pixel of any picture that shows something. */
const darkest = 30

/**
 * Mean over standard deviation of all that a model sees. Pictures that were scaled to 0..1 before a mean of 0..255 was taken
 * off have 15 and more; prepared as they should be, hardly 2.
 */
const tooFlat = 8

/** Layers with a bias that read an input of the model, moved or not. */
export function findFirstLayers(graph: Graph): GraphNode[] {
  return [...graph.nodes].filter((node) => {
    if (!node.is('Conv', 'Gemm') || node.inputs[2]?.constant?.elementType !== 'f32') return false
    return findSource(node)?.isGraphInput === true
  })
}

/** What a layer reads, before it was moved. */
export function findSource(layer: GraphNode): GraphTensor | null {
  let input = layer.inputs[0] ?? null
  while (input?.producer?.is(...movingOperators, 'Cast')) input = input.producer.inputs[0] ?? null
  return input
}

/**
 * What a layer computes without its bias, over its bias: of the middle channel, the root of the mean square.
 *
 * @param means and mean squares of what it computes, for each channel
 */
export function compareWithBias(bias: Float32Array, means: ArrayLike<number>, squares: ArrayLike<number>): number {
  const ratios = Array.from(bias, (own, channel) => {
    const square = (squares[channel] as number) - 2 * own * (means[channel] as number) + own * own
    return Math.sqrt(Math.max(0, square)) / Math.abs(own)
  })
  const known = ratios.filter(Number.isFinite).sort((a, b) => a - b)
  return known[Math.floor(known.length / 2)] ?? 1
}

/** True for elements as pixels have them before anything but resizing is done to them. */
export function looksLikePixels(values: ArrayLike<number>): boolean {
  let most = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number
    if (!(value >= 0 && value <= 255)) return false
    most = Math.max(most, value)
  }
  return most > darkest
}

/** Mean and standard deviation of all elements. */
export function measureSpread(samples: readonly ArrayLike<number>[]): { mean: number; deviation: number } {
  const origin = samples[0]?.[0] ?? 0
  let [count, sum, squares] = [0, 0, 0]
  for (const values of samples) {
    count += values.length
    for (let at = 0; at < values.length; at++) {
      // Of squares of large numbers that differ by little, nothing would be left.
      const shifted = (values[at] as number) - origin
      sum += shifted
      squares += shifted * shifted
    }
  }
  const mean = sum / Math.max(1, count)
  return { mean: origin + mean, deviation: Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean)) }
}

/** Samples that all but equal each other and themselves; empty where they do not. */
export function warnOfFlatness(input: string, { mean, deviation }: { mean: number; deviation: number }): CalibrationWarning[] {
  // What is one value everywhere is said elsewhere, and NaN is neither.
  if (!(deviation > 0 && Math.abs(mean) >= tooFlat * deviation)) return []
  const [near, by] = [mean, deviation].map((value) => Number(value.toPrecision(2)))
  return [
    {
      code: 'SAMPLES_SCALED',
      message: `samples look scaled otherwise than the model was trained with: all elements of ${input} are near ${near}, and differ by ${by} only`,
      why: 'A mean was taken off, or a factor applied, that is for numbers of another size: 0..1 instead of 0..255. Ranges of such samples are useless for others, and the comparison with the float model cannot show it.',
    },
  ]
}

/** Samples that can hardly be scaled as the model was trained; empty where nothing tells. */
export function warnOfScale(layer: string, ratio: number, arePixels: boolean): CalibrationWarning[] {
  const isLarge = ratio >= tooLarge && arePixels
  if (!isLarge && ratio > tooSmall) return []
  const seen = arePixels ? 'numbers from 0 to 255, as pixels have' : 'far from what its bias is made for'
  return [
    {
      code: 'SAMPLES_SCALED',
      message: `samples look scaled otherwise than the model was trained with: ${seen}, and ${layer} makes ${Number(ratio.toPrecision(2))} times its bias of them`,
      why: 'Ranges of such samples are useless for others, and the comparison with the float model cannot show it: both see the same samples.',
    },
  ]
}
