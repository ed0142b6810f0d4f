import type { RangeEstimatorName } from '../../calibration/range-estimator-options.js'

/** What may be done about accuracy that is lost, so that the same call ends the same way on every machine. */
export interface EffortBudget {
  /** Inferences that the models are compared on. */
  readonly inferences: number
  /** Of these, those that each layer is probed with; 0: layers are not probed. */
  readonly probed: number
  /** Share of the quantized layers that may become float. */
  readonly floatShare: number
  /** Estimators that are tried, in turn, about accuracy that is lost. */
  readonly estimators: readonly RangeEstimatorName[]
  /** Those tried about a model that is accurate, but noisier than others: of statistics at hand, since it may gain nothing. */
  readonly alternatives: readonly RangeEstimatorName[]
  /** True where samples may be read again for another statistic. */
  readonly readsAgain: boolean
  /** True where all is tried although nothing is lost, and the best is kept. */
  readonly comparesAll: boolean
}

export const effortBudgets: Readonly<Record<'fast' | 'balanced' | 'thorough', EffortBudget>> = {
  fast: {
    inferences: 8,
    probed: 0,
    floatShare: 0,
    estimators: ['minmax'],
    alternatives: [],
    readsAgain: false,
    comparesAll: false,
  },
  balanced: {
    inferences: 32,
    probed: 2,
    floatShare: 0.25,
    estimators: ['minmax', 'mean-minmax'],
    alternatives: ['minmax', 'mean-minmax'],
    readsAgain: false,
    comparesAll: false,
  },
  thorough: {
    inferences: 32,
    probed: 4,
    floatShare: 0.6,
    estimators: ['minmax', 'mean-minmax', 'mean-no-outliers-minmax', 'mse'],
    alternatives: [],
    readsAgain: true,
    comparesAll: true,
  },
}

/** Layers to leave float in turn: 1, 2, 4, ..., and at last all that may be. */
export function listFloatCounts(layers: number, share: number): number[] {
  const most = Math.floor(layers * share)
  const counts: number[] = []
  for (let count = 1; count < most; count *= 2) counts.push(count)
  return most > 0 ? [...counts, most] : []
}
