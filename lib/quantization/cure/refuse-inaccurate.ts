import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { AccuracyProblem } from '../verification/judge-outputs.js'
import type { OutputMeasures } from '../verification/output-measures.js'
import type { CureReport, LossReason } from './cure-report.js'

interface Checked {
  readonly inferences: number
  readonly isAccurate: boolean
  readonly problems: readonly AccuracyProblem[]
  readonly outputs: readonly OutputMeasures[]
}

const measureNames: Readonly<Record<AccuracyProblem['measure'], string>> = {
  rankedRows: 'share of ranked rows in common',
  contrast: 'decibels of what changes over noise',
  top1: 'share of rows with the same class',
  sqnr: 'decibels of signal over noise',
  same: 'share of integers that are equal',
  notFinite: 'elements that became NaN or infinite',
  built: 'engines built of it',
}

const cures: Readonly<Record<LossReason['kind'], string>> = {
  'dynamic-shapes': 'Fix the shapes of inputs (shapes, --shape).',
  'dead-range': 'Give samples in which this layer sees something, or leave it float (ignored, --ignore).',
  'outlier-channel': 'Balance channels (channelAlignment, --channel-alignment), or leave the layer float (ignored, --ignore).',
  'outlier-values': 'Try another range (activations.range: mse, percentile), or leave the layer float (ignored, --ignore).',
  'huge-values': 'Leave the layer float (ignored, --ignore), or take the offset out of the model.',
  head: 'Leave the last layers float (ignored, --ignore).',
  'samples-scaled': 'Prepare samples as the model was trained with (calibration.preprocess, --preprocess).',
  'many-layers': 'Check how samples are prepared; a model that loses everywhere may not be for INT8.',
  unknown: 'Leave the layer float (ignored, --ignore).',
}

/** What was lost, in words. */
export function describeProblems(problems: readonly AccuracyProblem[]): { expected: string; received: string } {
  const worst = [...problems].sort((a, b) => a.value / (a.limit || 1) - b.value / (b.limit || 1)).slice(0, 3)
  const show = (value: number) => String(Number(value.toPrecision(3)))
  const expected = worst.map(({ output, measure, limit }) =>
    measure === 'built'
      ? 'an engine that can be built'
      : measure === 'notFinite'
        ? `no NaN in ${output}`
        : `at least ${show(limit)} ${measureNames[measure]} in ${output}`,
  )
  return { expected: expected.join(', '), received: worst.map(({ value }) => show(value)).join(', ') }
}

function describeReasons(cure: CureReport | null): string {
  if (cure === null) return 'Nothing was tried.'
  const tried = cure.steps.length === 0 ? 'Nothing could be tried' : `Tried: ${cure.steps.map(({ detail }) => detail).join('; ')}`
  const reasons = cure.reasons.map(({ kind, layer, detail }) => `${kind}${layer === null ? '' : ` (${layer})`}: ${detail}`)
  return `${reasons.length > 0 ? `${reasons.join('. ')}. ` : ''}${tried}.`
}

/**
 * A model that cannot be saved is an error, which says what was measured, why, and what may help.
 *
 * @param scale what was odd about how samples are scaled
 */
export function refuseInaccurate(
  check: Checked | null,
  cure: CureReport | null,
  scale: readonly CalibrationWarning[] = [],
): Error {
  const { expected, received } = describeProblems(check?.problems ?? [])
  const [reason] = cure?.reasons ?? []
  const params = {
    expected,
    received,
    inferences: check?.inferences ?? 0,
    reason: `${scale.map(({ message }) => `samples-scaled: ${message}. `).join('')}${describeReasons(cure)}`,
    cure: cures[scale.length > 0 ? 'samples-scaled' : (reason?.kind ?? 'unknown')],
  }
  const details = { check, cure: cure ?? null }
  return engineryError('QUANTIZATION_INACCURATE', params, { details })
}

/** Where a model is kept although it is inaccurate, and where a cure changed what the user sees. */
export function warnOfInaccuracy(check: Checked | null, cure: CureReport | null): CalibrationWarning[] {
  if (check !== null && !check.isAccurate) {
    const { expected, received } = describeProblems(check.problems)
    const message = `the quantized model does not do what the float model does: expected ${expected}, received ${received}`
    return [{ code: 'MODEL_INACCURATE', message, why: describeReasons(cure) }]
  }
  const fixed = cure?.steps.find(({ action, isKept }) => action === 'fix-shapes' && isKept)
  if (fixed === undefined) return []
  const why =
    'With open lengths the engine computes other numbers of this model. Another length needs a model of its own (option shapes).'
  return [{ code: 'SHAPES_FIXED', message: fixed.detail, why }]
}
