import { rangeEstimatorNames } from '../../calibration/range-estimator-options.js'
import { onnxFromGraph } from '../../graph/onnx-from-graph.js'
import type { LoadedModel } from '../../model/onnx-file.js'
import type { QuantizationSettings } from '../../quantization/quantize-graph.js'
import type { QuantizeSettings } from '../../quantization/quantize-options.js'
import { accuracyLimits, type Verdict } from '../../quantization/verification/judge-outputs.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { type AccuracyCheck, checkQuantized, type EngineOptions } from './check-quantized.js'
import { describeQuantization } from './describe-quantization.js'
import type { ObservedModel } from './observed-model.js'
import { type QuantizedAttempt, quantizeObserved } from './quantize-observed.js'

/** A quantized model, ready to be written, and how it compares; null where nothing is checked. */
export interface Candidate {
  readonly attempt: QuantizedAttempt
  readonly model: LoadedModel
  /** Inputs whose shapes are fixed in it; null: as the file had them. */
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  readonly check: (AccuracyCheck & Verdict) | null
}

/** Makes candidates, one like the other but for what is asked. */
export class CandidateMaker {
  constructor(
    readonly settings: QuantizeSettings,
    readonly observed: ObservedModel,
    readonly engine: EngineOptions | undefined,
  ) {}

  /** @param fixed shapes that inputs get in the file, whatever they were */
  async make(how: QuantizationSettings, fixed: Candidate['shapes'], kept: readonly KeptInference[]): Promise<Candidate> {
    const attempt = await quantizeObserved(this.observed, how)
    if (fixed !== null) {
      for (const input of attempt.graph.inputs) input.shape = fixed[input.name] ?? input.shape
    }
    const model = this.#describe(attempt)
    const candidate: Candidate = { attempt, model, shapes: fixed, check: null }
    return kept.length === 0 ? candidate : await this.check(candidate, kept)
  }

  async check(candidate: Candidate, kept: readonly KeptInference[]): Promise<Candidate> {
    const { target, signal } = this.settings
    const shapes = Object.keys(this.settings.shapes ?? {}).length > 0 ? this.settings.shapes : null
    const { graph } = candidate.attempt
    const options = { target, signal, shapes: candidate.shapes ?? shapes ?? null, engine: this.engine }
    return { ...candidate, check: await checkQuantized({ graph, model: candidate.model }, kept, options) }
  }

  #describe({ graph, how }: QuantizedAttempt): LoadedModel {
    const { collected } = this.observed
    return describeQuantization(onnxFromGraph(graph), {
      target: this.settings.target,
      preset: how.isSymmetric ? 'performance' : 'mixed',
      estimator: how.estimator,
      samples: collected.sampleCount,
      ...(collected.shapes && { shapes: collected.shapes }),
    })
  }
}

/** The name that an estimator goes by, or what it observes. */
export function nameOfEstimator(estimator: QuantizationSettings['estimator']): string {
  const own = JSON.stringify(estimator)
  const found = Object.entries(rangeEstimatorNames).find(([, options]) => {
    const { statistic, aggregate } = options as { statistic: string; aggregate?: unknown }
    return statistic === estimator.statistic && own.includes(JSON.stringify(aggregate ?? statistic))
  })
  return found?.[0] ?? estimator.statistic
}

/**
 * Positive where the first is better: what is accurate first, then what has more of the ranked rows, which noise of single
 * elements says little about, then what is nearer to the float model.
 */
export function compareCandidates(a: Candidate, b: Candidate): number {
  const scoreOf = ({ check }: Candidate) => Math.min(check?.score ?? 1, 1)
  return scoreOf(a) - scoreOf(b) || (rankedRowsOf(a) ?? 0) - (rankedRowsOf(b) ?? 0) || (decibelsOf(a) ?? 0) - (decibelsOf(b) ?? 0)
}

/** Rows that nine of ten models keep; what is beyond is chance. */
const plainRows = 0.97

/** Accurate, but with more noise than most models have: another range may be worth a try. */
export function isNoisy(candidate: Candidate): boolean {
  const rows = rankedRowsOf(candidate)
  if (rows !== null) return rows < plainRows
  const decibels = decibelsOf(candidate)
  return decibels !== null && decibels < accuracyLimits.plain
}

/** Of the output that keeps fewest; null where no rows are ranked. */
function rankedRowsOf({ check }: Candidate): number | null {
  const known = (check?.outputs ?? []).flatMap(({ rankedRows }) => rankedRows ?? [])
  return known.length === 0 ? null : Math.min(...known)
}

/** Signal over noise in the mean over outputs; null where it was not measured. */
export function decibelsOf({ check }: Candidate): number | null {
  const known = (check?.outputs ?? []).flatMap(({ sqnr }) => sqnr ?? [])
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
