import type { OutputMeasures } from './output-measures.js'

/**
 * What a quantized model must reach. Where each applies and why it is what it is: docs/guides/quantization.md.
 */
export const accuracyLimits = {
  /** Of rows that stand out by their score, the share that float and quantized model have in common. */
  rankedRows: 0.78,
  /** Decibels; rows of numbers of which the largest may be the answer, and everything without another measure. */
  contrast: 12,
  /** Share of samples with the same class, for samples with one row of scores; not asked where nothing is lost anyway. */
  top1: 0.8,
  /** Decibels from which a few other classes are ties that noise decides. */
  plain: 20,
  /** Share of rows with the same class, for samples with many: of a sequence all must be right. */
  sequenceTop1: 0.965,
  /** Decibels that do instead: rows need not be classes. */
  sequenceSqnr: 15,
  /** Share of integers that are equal, where a model has no other outputs. */
  same: 0.9,
} as const

/** A measure that a quantized model does not reach. */
export interface AccuracyProblem {
  readonly output: string
  readonly measure: 'rankedRows' | 'contrast' | 'top1' | 'sqnr' | 'same' | 'notFinite' | 'built'
  readonly value: number
  readonly limit: number
}

export interface Verdict {
  readonly isAccurate: boolean
  readonly problems: readonly AccuracyProblem[]
  /** To tell which of two models is better: 1 and more is accurate, 0 is nothing left. */
  readonly score: number
}

/** Whether a quantized model does what the float model does, as far as its outputs tell. */
export function judgeOutputs(measures: readonly OutputMeasures[]): Verdict {
  const hasOthers = measures.some(({ kind }) => kind !== 'whole')
  const judged = measures.map((each) => judgeOutput(each, hasOthers))
  const problems = judged.flatMap(({ problem }) => problem ?? [])
  const score = judged.reduce((least, { score }) => Math.min(least, score), Number.POSITIVE_INFINITY)
  return { isAccurate: problems.length === 0, problems, score: Number.isFinite(score) ? score : 1 }
}

interface JudgedOutput {
  readonly problem: AccuracyProblem | null
  readonly score: number
}

const fine: JudgedOutput = { problem: null, score: Number.POSITIVE_INFINITY }

function judgeOutput(measures: OutputMeasures, hasOthers: boolean): JudgedOutput {
  const { output, kind, notFinite, rankedRows, top1, contrast, sqnr, same } = measures
  const limits = accuracyLimits
  const reach = (measure: AccuracyProblem['measure'], value: number, limit: number): JudgedOutput => {
    const score = value / limit
    return value >= limit ? { problem: null, score } : { problem: { output, measure, value, limit }, score: Math.max(0, score) }
  }
  if (notFinite > 0) return { problem: { output, measure: 'notFinite', value: notFinite, limit: 0 }, score: 0 }
  if (kind === 'whole') return hasOthers || same === null ? fine : reach('same', same, limits.same)
  if (rankedRows !== null) return reach('rankedRows', rankedRows, limits.rankedRows)
  if (contrast === null || sqnr === null) return fine
  if (kind === 'classes' && top1 !== null) {
    if (contrast >= limits.plain || top1 >= limits.top1) return reach('contrast', contrast, limits.contrast)
    return reach('top1', top1, limits.top1)
  }
  if (kind === 'rows' && top1 !== null) {
    return sqnr >= limits.sequenceSqnr ? reach('sqnr', sqnr, limits.sequenceSqnr) : reach('top1', top1, limits.sequenceTop1)
  }
  return reach('contrast', contrast, limits.contrast)
}
