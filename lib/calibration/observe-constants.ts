import { engineryError } from '../errors/enginery-error.js'
import type { Constant } from '../graph/constant.js'
import type { Graph } from '../graph/graph.js'
import type { GraphTensor } from '../graph/graph-tensor.js'
import { loadKernels } from '../native/load-addon.js'
import { toFloat32 } from '../tensor/convert-elements.js'
import type { ElementArray, FixedSizeElementType } from '../tensor/element-type.js'
import { HistogramCounter } from './observe-exposed.js'
import type { SkippedPoint } from './plan-reductions.js'
import type { StatisticPoint, TensorStatistics } from './statistic-points.js'

/** Statistics of constants, as if of one sample. Weights are the same in every one, so they are looked at once. */
export async function observeConstants(
  graph: Graph,
  points: readonly StatisticPoint[],
): Promise<{ statistics: Map<string, TensorStatistics>; skipped: SkippedPoint[] }> {
  const statistics = new Map<string, TensorStatistics>()
  const skipped: SkippedPoint[] = []
  for (const point of points) {
    const constant = (graph.tensors.get(point.tensor) as GraphTensor).constant as Constant
    const values = toFloat32(
      constant.elementType as FixedSizeElementType,
      constant.values() as ElementArray<FixedSizeElementType>,
      {
        elementCount: constant.elements,
      },
    )
    if ('axis' in point && constant.shape[point.axis] === undefined) {
      skipped.push({ point, reason: `it has no axis ${point.axis}` })
      continue
    }
    statistics.set(point.tensor, { ...statistics.get(point.tensor), ...(await observe(values, constant.shape, point)) })
  }
  return { statistics, skipped }
}

async function observe(values: Float32Array, shape: readonly number[], point: StatisticPoint): Promise<TensorStatistics> {
  const notFinite = () => engineryError('CALIBRATION_NOT_FINITE', { sample: 0, tensor: point.tensor })
  if (point.kind === 'histogram') {
    const counter = new HistogramCounter()
    if (!(await counter.add(values))) throw notFinite()
    return { histogram: counter.finish() }
  }
  if (point.kind === 'quantiles') {
    const { lower, upper } = point
    const pair = new Float32Array(2)
    if (!(await loadKernels().findQuantiles(values, pair, lower, upper))) throw notFinite()
    return { quantiles: { lower, upper, low: pair.slice(0, 1), high: pair.slice(1) } }
  }
  const channels = point.kind === 'range' ? 1 : (shape[point.axis] as number)
  const inner =
    point.kind === 'range' ? values.length : shape.slice(point.axis + 1).reduce((product, length) => product * length, 1)
  const minima = new Float32Array(channels).fill(Number.POSITIVE_INFINITY)
  const maxima = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY)
  const sums = new Float64Array(channels)
  const squares = new Float64Array(channels)
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) throw notFinite()
    const channel = Math.floor(index / inner) % channels
    minima[channel] = Math.min(minima[channel] as number, value)
    maxima[channel] = Math.max(maxima[channel] as number, value)
    sums[channel] = (sums[channel] as number) + value
    squares[channel] = (squares[channel] as number) + value * value
  }
  if (point.kind === 'range') return { range: { minima, maxima } }
  const { axis } = point
  if (point.kind === 'channel-range') return { channelRange: { axis, minima, maxima } }
  const perChannel = values.length / channels
  if (point.kind === 'channel-mean') return { channelMean: { axis, means: sums.map((sum) => sum / perChannel) } }
  return { channelSpread: { axis, minima, maxima, squares: squares.map((sum) => sum / perChannel) } }
}
