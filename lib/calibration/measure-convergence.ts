import type { CalibrationWarning } from './calibration-warning.js'
import type { Statistics } from './statistic-points.js'

/** How far ranges still moved when the rest of the samples came. */
export interface RangeMovement {
  /** Samples that the ranges are compared after with those of all. */
  readonly samples: number
  /** Of the tensors' ranges, as a share of their width: what the ends moved. */
  readonly median: number
  readonly worst: number
  /** The tensor that moved most. */
  readonly worstTensor: string
}

/** After half and three quarters of the samples; empty where there are no ranges, or less than four samples. */
export type Convergence = readonly RangeMovement[]

const stages = [0.5, 0.75]

/** Ranges here are means of the samples' minima and maxima, whatever the quantizer makes of them. */
export function measureConvergence(statistics: Statistics): Convergence {
  return stages.flatMap((stage) => {
    const moved = measureMovements(statistics, stage)
    const [middle, worst] = [middleOf(moved), moved[0]]
    if (middle === undefined || worst === undefined) return []
    return [{ samples: worst.samples, median: middle.share, worst: worst.share, worstTensor: worst.tensor }]
  })
}

/** How far ranges still moved after a part of the samples, for a report. */
export interface ConvergenceStage {
  /** Samples that the ranges are compared after with those of all; batches, where the model takes several samples at once. */
  readonly samples: number
  /** Movement of the ends of a range as a share of its width: of the middle tensor, and of the one that moved most. */
  readonly median: number
  readonly largest: number
  /** Those that moved most, the first most of all; at most five. */
  readonly tensors: readonly { readonly tensor: string; readonly moved: number }[]
}

const mostTensors = 5

/**
 * After half and three quarters of the samples: small numbers say that more samples of this kind would change little. Empty
 * where there are less than four samples, or where ranges are made of counts over all samples and not of each one's ends.
 */
export function reportConvergence(statistics: Statistics): ConvergenceStage[] {
  return stages.flatMap((stage) => {
    const moved = measureMovements(statistics, stage)
    const [middle, worst] = [middleOf(moved), moved[0]]
    if (middle === undefined || worst === undefined) return []
    const tensors = moved.slice(0, mostTensors).map(({ tensor, share }) => ({ tensor, moved: share }))
    return [{ samples: worst.samples, median: middle.share, largest: worst.share, tensors }]
  })
}

/** Largest first. */
function measureMovements(statistics: Statistics, stage: number): { tensor: string; share: number; samples: number }[] {
  const moved: { tensor: string; share: number; samples: number }[] = []
  for (const [tensor, { range }] of statistics) {
    const count = range?.minima.length ?? 0
    if (range === undefined || count < 4) continue
    const samples = Math.floor(count * stage)
    const [low, high] = [meanOf(range.minima, count), meanOf(range.maxima, count)]
    const change = Math.max(Math.abs(meanOf(range.minima, samples) - low), Math.abs(meanOf(range.maxima, samples) - high))
    const width = Math.max(high, 0) - Math.min(low, 0)
    moved.push({ tensor, samples, share: width > 0 ? change / width : 0 })
  }
  return moved.sort((a, b) => b.share - a.share)
}

// Of an even number the larger of the two in the middle.
function middleOf<T>(descending: readonly T[]): T | undefined {
  return descending[Math.ceil(descending.length / 2) - 1]
}

/** A movement of the middle tensor by more than this, for the last quarter of the samples, is not settled. */
const settled = 0.02

export function warnOfConvergence(convergence: Convergence): CalibrationWarning[] {
  const last = convergence.at(-1)
  if (last === undefined || last.median <= settled) return []
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const moved = `after ${last.samples} samples, half of the ranges still moved by ${percent(last.median)} or more, ${last.worstTensor} by ${percent(last.worst)}`
  return [
    {
      code: 'RANGES_UNSETTLED',
      message: moved,
      why: 'More samples, or samples more alike what the model will see, give other scales.',
    },
  ]
}

/** Tensors that hold one value in all samples: nothing passes there, which a broken input or model may be the reason for. */
export function findDeadTensors(statistics: Statistics): string[] {
  const dead: string[] = []
  for (const [tensor, { range }] of statistics) {
    if (range === undefined || range.minima.length === 0) continue
    if (range.maxima.every((max, sample) => max === range.minima[sample])) dead.push(tensor)
  }
  return dead
}

export function warnOfDeadTensors(tensors: readonly string[]): CalibrationWarning[] {
  if (tensors.length === 0) return []
  const shown = `${tensors.slice(0, 5).join(', ')}${tensors.length > 5 ? ', ...' : ''}`
  return [
    {
      code: 'TENSORS_CONSTANT',
      message: `${tensors.length} tensors hold one value everywhere in all samples: ${shown}`,
      why: 'What never moves has no range to quantize by; scaled wrongly, samples make whole layers silent.',
    },
  ]
}

function meanOf(values: Float32Array, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index++) sum += values[index] as number
  return sum / count
}
