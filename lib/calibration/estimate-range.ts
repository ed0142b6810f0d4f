import { engineryError } from '../errors/enginery-error.js'
import { aggregateSamples } from './aggregate-samples.js'
import { findEntropyThreshold } from './entropy-threshold.js'
import { edgesOf, findPercentile } from './histogram-values.js'
import { findLeastErrorRange } from './least-error-range.js'
import type { RangeEstimator } from './range-estimator-options.js'
import type { TensorStatistics } from './statistic-points.js'

/** Numbers between which integers stand for elements; what is outside is clipped. */
export interface EstimatedRange {
  readonly min: number
  readonly max: number
}

export interface EstimateContext {
  /** Zero is integer zero, and the range is as wide below as above. */
  readonly isSymmetric: boolean
  /** Integers above zero, or in an asymmetric range; default: those of u8, 127 where a symmetric one holds negative elements, else 255. */
  readonly steps?: number | undefined
}

/**
 * The range of a tensor by what was observed of it. It need not hold zero, nor be symmetric: that is for the quantizer.
 *
 * Of nothing, zeros come back: a tensor without elements has no range.
 *
 * @throws BUG where the statistic that the estimator needs was not collected
 */
export function estimateRange(statistics: TensorStatistics, estimator: RangeEstimator, context: EstimateContext): EstimatedRange {
  const need = <T>(statistic: T | undefined): T => {
    if (statistic !== undefined) return statistic
    throw engineryError('BUG', { reason: `the range estimator ${estimator.statistic} lacks the statistic it needs` })
  }
  switch (estimator.statistic) {
    case 'minmax': {
      const { minima, maxima } = need(statistics.range)
      return aggregateBoth(minima, maxima, estimator)
    }
    case 'quantile': {
      const { low, high } = need(statistics.quantiles)
      return aggregateBoth(low, high, estimator)
    }
    case 'percentile': {
      const histogram = need(statistics.histogram)
      return { min: findPercentile(histogram, estimator.lower), max: findPercentile(histogram, estimator.upper) }
    }
    case 'entropy': {
      const histogram = need(statistics.histogram)
      const { min, max } = edgesOf(histogram)
      const threshold = findEntropyThreshold(histogram, context)
      return { min: Math.max(min, -threshold), max: Math.min(max, threshold) }
    }
    case 'mse':
      return findLeastErrorRange(need(statistics.histogram), context)
  }
}

/** Ranges of the channels of a tensor: their smallest and largest elements among all samples. */
export function estimateChannelRanges(statistics: TensorStatistics): EstimatedRange[] {
  const { channelRange } = statistics
  if (channelRange === undefined) throw engineryError('BUG', { reason: 'ranges of channels were not collected' })
  return Array.from(channelRange.minima, (min, channel) => ({ min, max: channelRange.maxima[channel] as number }))
}

function aggregateBoth(
  minima: Float32Array,
  maxima: Float32Array,
  { aggregate, outliers }: Extract<RangeEstimator, { statistic: 'minmax' | 'quantile' }>,
): EstimatedRange {
  if (minima.length === 0) return { min: 0, max: 0 }
  const { min, max } = typeof aggregate === 'string' ? { min: aggregate, max: aggregate } : aggregate
  return { min: aggregateSamples(minima, min, outliers, 'min'), max: aggregateSamples(maxima, max, outliers, 'max') }
}
