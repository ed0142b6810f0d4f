import { createHash } from 'node:crypto'
import { engineryError } from '../errors/enginery-error.js'
import { compareIdentities, mismatchError } from './compare-identities.js'
import { joinFloats } from './float-list.js'
import { measureConvergence } from './measure-convergence.js'
import {
  type ChannelMean,
  type ChannelRange,
  type ChannelSpread,
  type Histogram,
  mostSpreadSamples,
  type TensorStatistics,
} from './statistic-points.js'
import type { StoredStatistics } from './stats-file.js'

/**
 * Statistics of all samples from those of parts (shards) of them, as if they had been collected at once in this order. What
 * not every part has of a tensor is left out.
 *
 * @throws STATISTICS_MISMATCH where the parts are of different models, preprocessing or options
 */
export function mergeStatistics(parts: readonly StoredStatistics[]): StoredStatistics {
  const [first] = parts
  if (first === undefined) throw engineryError('CALIBRATION_EMPTY', {})
  for (const [index, { identity }] of parts.entries()) {
    const differences = compareIdentities({ ...first.identity, data: identity.data }, identity)
    if (differences.length > 0) throw mismatchError(`part ${index}`, differences)
  }
  const data = createHash('sha256')
    .update(JSON.stringify(parts.map(({ identity }) => identity.data)))
    .digest('hex')
  const statistics = new Map<string, TensorStatistics>()
  for (const name of first.statistics.keys()) {
    const found = parts.map((part) => ({ samples: part.sampleCount, ...part.statistics.get(name) }))
    statistics.set(name, mergeTensor(found))
  }
  return {
    identity: { ...first.identity, data },
    sampleCount: parts.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    shapes: first.shapes,
    skipped: first.skipped,
    warnings: parts.flatMap(({ warnings }) => warnings),
    convergence: measureConvergence(statistics),
    statistics,
  }
}

type Part = TensorStatistics & { readonly samples: number }

function mergeTensor(parts: readonly Part[]): TensorStatistics {
  const ranges = all(parts, ({ range }) => range)
  const channelRanges = all(parts, ({ channelRange }) => channelRange)
  const means = all(parts, ({ channelMean, samples }) => channelMean && { ...channelMean, samples })
  const spreads = all(parts, ({ channelSpread, samples }) => channelSpread && { ...channelSpread, samples })
  const histograms = all(parts, ({ histogram }) => histogram)
  const quantiles = all(parts, ({ quantiles }) => quantiles)
  const [pair] = quantiles ?? []
  return {
    ...(ranges && {
      range: { minima: joinFloats(ranges.map(({ minima }) => minima)), maxima: joinFloats(ranges.map(({ maxima }) => maxima)) },
    }),
    ...(channelRanges && { channelRange: channelRanges.reduce(hullOf) }),
    ...(means && { channelMean: meanOf(means) }),
    ...(spreads && { channelSpread: mergeSpreads(spreads) }),
    ...(histograms && { histogram: histograms.reduce(addHistograms) }),
    ...(quantiles &&
      pair && {
        quantiles: {
          ...pair,
          low: joinFloats(quantiles.map(({ low }) => low)),
          high: joinFloats(quantiles.map(({ high }) => high)),
        },
      }),
  }
}

/** What each part has; null where one has it not. */
function all<T>(parts: readonly Part[], read: (part: Part) => T | undefined): T[] | null {
  const found = parts.map(read)
  return found.includes(undefined) ? null : (found as T[])
}

function hullOf(a: ChannelRange, b: ChannelRange): ChannelRange {
  return {
    axis: a.axis,
    minima: a.minima.map((value, channel) => Math.min(value, b.minima[channel] as number)),
    maxima: a.maxima.map((value, channel) => Math.max(value, b.maxima[channel] as number)),
  }
}

function meanOf(parts: readonly (ChannelMean & { readonly samples: number })[]): ChannelMean {
  const [{ axis, means }] = parts as unknown as [ChannelMean]
  const total = parts.reduce((sum, { samples }) => sum + samples, 0)
  return {
    axis,
    means: means.map(
      (_, channel) => parts.reduce((sum, part) => sum + (part.means[channel] as number) * part.samples, 0) / total,
    ),
  }
}

function mergeSpreads(parts: readonly (ChannelSpread & { readonly samples: number })[]): ChannelSpread {
  const [{ axis, squares }] = parts as unknown as [ChannelSpread]
  const most = mostSpreadSamples * squares.length
  const { means } = meanOf(parts.map((part) => ({ axis, means: part.squares, samples: part.samples })))
  return {
    axis,
    minima: joinFloats(parts.map(({ minima }) => minima)).slice(0, most),
    maxima: joinFloats(parts.map(({ maxima }) => maxima)).slice(0, most),
    squares: means,
  }
}

/** Counts of both, in bins of the greater width. The order of histograms makes no difference. */
export function addHistograms(a: Histogram, b: Histogram): Histogram {
  if (a.counts.length === 0) return b
  if (b.counts.length === 0) return a
  const width = Math.max(a.width, b.width)
  const ratioOf = (histogram: Histogram) => width / histogram.width
  const first = Math.min(...[a, b].map((histogram) => Math.floor(histogram.first / ratioOf(histogram))))
  const end = Math.max(...[a, b].map((histogram) => lastBin(histogram, ratioOf(histogram)) + 1))
  const counts = new Float64Array(end - first)
  for (const histogram of [a, b]) {
    const ratio = ratioOf(histogram)
    for (const [index, count] of histogram.counts.entries()) {
      const bin = Math.floor((histogram.first + index) / ratio) - first
      counts[bin] = (counts[bin] as number) + count
    }
  }
  return { width, first, counts }
}

function lastBin({ first, counts }: Histogram, ratio: number): number {
  return Math.floor((first + counts.length - 1) / ratio)
}
