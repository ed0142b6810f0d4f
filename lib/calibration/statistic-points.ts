/**
 * What may be observed of a tensor while the float model runs on samples.
 *
 * - `range`: minimum and maximum of all elements, kept for each sample
 * - `channel-range`: minimum and maximum of each channel over all samples
 * - `channel-mean`: mean of each channel over all samples and all other axes
 * - `channel-spread`: minimum and maximum of each channel in each of the first samples, and the mean of its squares over all
 * - `histogram`: counts of all elements of all samples; the tensor itself leaves the model for it, which costs time
 * - `quantiles`: for each sample, the elements at two ranks; costs as a histogram does
 */
export type StatisticPoint =
  | { readonly tensor: string; readonly kind: 'range' }
  | { readonly tensor: string; readonly kind: 'channel-range'; readonly axis: number }
  | { readonly tensor: string; readonly kind: 'channel-mean'; readonly axis: number }
  | { readonly tensor: string; readonly kind: 'channel-spread'; readonly axis: number }
  | { readonly tensor: string; readonly kind: 'histogram' }
  | { readonly tensor: string; readonly kind: 'quantiles'; readonly lower: number; readonly upper: number }

/**
 * One value for each sample, in the order of the samples; for each batch where the model takes several samples at once,
 * and a single one for constants. Where the operators before a tensor leave nothing below zero (Relu), the minimum is not
 * measured but 0.
 */
export interface SampleRange {
  readonly minima: Float32Array
  readonly maxima: Float32Array
}

/** One value for each channel. A minimum that cannot be below zero is 0, as that of a range. */
export interface ChannelRange {
  /** Counted from the front. */
  readonly axis: number
  readonly minima: Float32Array
  readonly maxima: Float32Array
}

/** Samples count alike, also where their shapes differ. */
export interface ChannelMean {
  /** Counted from the front. */
  readonly axis: number
  readonly means: Float64Array
}

/** How far each channel reaches, sample by sample, and how large its elements are. */
export interface ChannelSpread {
  /** Counted from the front. */
  readonly axis: number
  /** A row of channels for each of the first {@link mostSpreadSamples} samples. */
  readonly minima: Float32Array
  readonly maxima: Float32Array
  /** Means of squares, a number for each channel. Samples count alike. */
  readonly squares: Float64Array
}

/** Memory for rows of channels must not grow with the samples, and ranges have settled by then. */
export const mostSpreadSamples = 128

/**
 * Counts of elements in bins of one width, which is a power of two, at multiples of that width: so counts of other
 * samples can be added in any order with the same result.
 */
export interface Histogram {
  readonly width: number
  /** Bin 0 holds elements from `first * width` on. */
  readonly first: number
  readonly counts: Float64Array
}

export interface SampleQuantiles {
  readonly lower: number
  readonly upper: number
  readonly low: Float32Array
  readonly high: Float32Array
}

/** What was observed of one tensor: of each kind what was asked for. */
export interface TensorStatistics {
  readonly range?: SampleRange
  readonly channelRange?: ChannelRange
  readonly channelMean?: ChannelMean
  readonly channelSpread?: ChannelSpread
  readonly histogram?: Histogram
  readonly quantiles?: SampleQuantiles
}

/** By name of the tensor. */
export type Statistics = ReadonlyMap<string, TensorStatistics>
