/** Why a quantized model loses what it loses. */
export const lossReasons = [
  'dynamic-shapes',
  'dead-range',
  'outlier-channel',
  'outlier-values',
  'huge-values',
  'head',
  'samples-scaled',
  'many-layers',
  'unknown',
] as const

export interface LossReason {
  readonly kind: (typeof lossReasons)[number]
  /** The layer, where it is one; null where it is the whole model. */
  readonly layer: string | null
  /** In words, with numbers. */
  readonly detail: string
}

/** Something that was tried. */
export interface CureStep {
  readonly action: 'fix-shapes' | 'range-estimator' | 'bias-correction' | 'channel-alignment' | 'smooth-quant' | 'float-layers'
  /** What was changed. */
  readonly detail: string
  /** true where the result has it. */
  readonly isKept: boolean
  readonly isAccurate: boolean
  /** 1 and more is accurate, 0 is nothing left. */
  readonly score: number
  /** Signal over noise of the outputs before it and with it, in decibels, in the mean; null where nothing was measured. */
  readonly decibelsBefore: number | null
  readonly decibels: number | null
  /** That it took. */
  readonly seconds: number
  /** Layers that are float by it. */
  readonly layers: readonly string[]
}

/** What was done about accuracy that was lost. */
export interface CureReport {
  readonly isCured: boolean
  /** Why it was lost, most important first. */
  readonly reasons: readonly LossReason[]
  /** In the order they were tried. */
  readonly steps: readonly CureStep[]
  /** Score of the first attempt, and of the result: 1 and more is accurate. */
  readonly before: number
  readonly after: number
}
