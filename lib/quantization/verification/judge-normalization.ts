import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { ChannelStatistics } from './trained-statistics.js'

/** How pixels of 0 to 255 are commonly prepared: a mean off, and over a deviation, of all colours about alike. */
const preparations = [
  { name: 'pixels of 0 to 255 as they are', mean: 0, deviation: 1 },
  { name: 'pixels over 255', mean: 0, deviation: 255 },
  { name: 'pixels minus 127.5, over 127.5', mean: 127.5, deviation: 127.5 },
  { name: "pixels minus ImageNet's means (about 116), over its deviations (about 57)", mean: 116.3, deviation: 57.1 },
] as const

/** What the first convolution reads of samples, a number for each channel, and what it makes of that. */
export interface FirstLayerStatistics {
  readonly input: { readonly means: ArrayLike<number>; readonly minima: ArrayLike<number>; readonly maxima: ArrayLike<number> }
  readonly output: ChannelStatistics
  /** Sums of each filter: a row for each channel of the output, in which there is one for each channel of the input. */
  readonly sums: readonly (readonly number[])[]
  readonly bias: ArrayLike<number> | null
  /** What training saw there; null where the model does not tell any more. */
  readonly expected: ChannelStatistics | null
}

/** How far a layer's output is from what is expected of it; medians over channels. */
export interface Distance {
  /** Of means, in deviations. */
  readonly offset: number
  /** Of deviations, in powers of two; negative where they are too small. */
  readonly scale: number
}

export interface NormalizationVerdict {
  readonly asIs: Distance
  /** The usual way of preparing pixels that fits best. */
  readonly best: { readonly name: string; readonly distance: Distance }
  readonly isWrong: boolean
}

/**
 * Right samples are within .9 of what BatchNormalization remembers; pictures of another kind than it saw within 1.5, and no other
 * preparation is nearer. Wrongly prepared ones are at 1 and more, and the right preparation takes a third to nearly all of it away.
 */
const known = { least: 1, gained: 0.67 } as const
/**
 * Where no normalization is left: channels of trained layers deviate about by one, and about as much as their mean is off zero;
 * at most twice as little in models that were seen, and three times as little where photographs have no colours. What is shifted,
 * or scaled down, has three times and more, and prepared rightly it would be less than half as far off.
 */
const unknown = { least: 3, gained: 0.5 } as const
/** Pictures that begin at black, but do not reach white, are dark rather than prepared wrongly. This share of white is less than any picture. */
const darkest = 0.03

/** Compares what a layer makes of samples as they are with what it would make of them prepared otherwise; nothing is run again. */
export function judgeNormalization(layer: FirstLayerStatistics): NormalizationVerdict {
  const asIs = distanceOf(layer.output, layer.expected)
  const [best, ...others] = preparations.map((preparation) => {
    const distance = distanceOf(prepareOtherwise(layer, preparation), layer.expected)
    return { ...preparation, distance, total: sizeOf(distance) }
  })
  const nearest = others.reduce((a, b) => (b.total < a.total ? b : a), best as NonNullable<typeof best>)
  const { name, distance } = nearest
  const { least, gained } = layer.expected === null ? unknown : known
  const isFar = (layer.expected === null ? asIs.offset : sizeOf(asIs)) >= least
  const isNearer = sizeOf(distance) <= gained * sizeOf(asIs)
  return { asIs, best: { name, distance }, isWrong: isFar && isNearer && !areDark(layer.input, nearest) }
}

/** What is said of it; empty where nothing is wrong. */
export function warnOfNormalization(
  { layer, input, isKnown }: { readonly layer: string; readonly input: string; readonly isKnown: boolean },
  { asIs, best, isWrong }: NormalizationVerdict,
): CalibrationWarning[] {
  if (!isWrong) return []
  const factor = 2 ** Math.abs(asIs.scale)
  const shown = (value: number) => Number(value.toPrecision(2))
  const off = [
    ...(factor >= 1.3 ? [`${shown(factor)} times too ${asIs.scale < 0 ? 'small' : 'large'}`] : []),
    ...(asIs.offset >= 0.3 ? [`off by ${shown(asIs.offset)} deviations`] : []),
  ].join(' and ')
  const evidence = isKnown
    ? `what ${layer} makes of them is ${off}, beside what the BatchNormalization behind it was trained with`
    : `the channels of ${layer} hardly vary: their means are ${shown(asIs.offset)} deviations off zero`
  return [
    {
      code: 'SAMPLES_NORMALIZED',
      message: `samples of ${input} look normalized otherwise than those the model was trained with: ${evidence}; ${best.name} would fit better`,
      why: 'Ranges of such samples are useless for others, and the comparison with the float model cannot show it: both see the same samples. Pictures of far less contrast than those of the training look alike.',
    },
  ]
}

/** True for what that preparation makes of dark pictures. */
function areDark(
  { minima, maxima }: FirstLayerStatistics['input'],
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): boolean {
  const shares = (values: ArrayLike<number>) => Array.from(values, (value) => (value * deviation + mean) / 255)
  const [black, white] = [Math.min(...shares(minima)), Math.max(...shares(maxima))]
  return Math.abs(black) <= darkest && white >= darkest && white <= 1 + darkest
}

/** The darkest and the brightest element of each channel are taken for 0 and 255, whatever was done to them before. */
function prepareOtherwise(
  { input, output, sums, bias }: FirstLayerStatistics,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): ChannelStatistics {
  const channels = Array.from(input.means, (before, channel) => {
    const least = input.minima[channel] as number
    const width = Math.max((input.maxima[channel] as number) - least, 1e-12)
    return { before, after: (((before - least) / width) * 255 - mean) / deviation, factor: 255 / width / deviation }
  })
  const factor = channels.reduce((sum, channel) => sum + channel.factor, 0) / channels.length
  const means = sums.map((row, channel) => {
    const own = bias?.[channel] ?? 0
    const shift = row.reduce((sum, value, at) => {
      const { before, after } = channels[at] as (typeof channels)[number]
      return sum + value * (after - factor * before)
    }, 0)
    return factor * ((output.means[channel] as number) - own) + shift + own
  })
  return { means, deviations: Array.from(output.deviations, (value) => factor * value) }
}

function distanceOf({ means, deviations }: ChannelStatistics, expected: ChannelStatistics | null): Distance {
  const offsets = Array.from(means, (mean, channel) => {
    if (expected === null) return Math.abs(mean) / Math.max(deviations[channel] as number, 1e-12)
    const wanted = expected.deviations[channel] as number
    return wanted > 0 ? Math.abs(mean - (expected.means[channel] as number)) / wanted : Number.NaN
  })
  const scales = Array.from(deviations, (own, channel) => {
    const wanted = expected === null ? 1 : (expected.deviations[channel] as number)
    return wanted > 0 ? Math.log2(Math.max(own, 1e-12) / wanted) : Number.NaN
  })
  return { offset: medianOf(offsets), scale: medianOf(scales) }
}

function sizeOf({ offset, scale }: Distance): number {
  return offset + Math.abs(scale)
}

function medianOf(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
