import type { NativeLogLine } from '../../native/tensorrt-addon.js'

/** What TensorRT warned of during a build, as data. */
export interface BuildWarning {
  /** `missing-scale`: a tensor without a range in a calibrated build, so that its layers stay float. */
  readonly kind: 'missing-scale' | 'weights-out-of-range' | 'timing-cache' | 'deprecated' | 'other'
  /** Of `missing-scale`: as the network calls it. */
  readonly tensor: string | null
  readonly text: string
}

const patterns: readonly [BuildWarning['kind'], RegExp][] = [
  ['missing-scale', /Missing scale and zero-point for tensor (.+?)(?:, expect fall back to|$)/],
  ['weights-out-of-range', /(?:weights|values).*(?:out of range|outside the range|affected by this issue|subnormal)/i],
  ['timing-cache', /timing cache/i],
  ['deprecated', /deprecated/i],
]

/** The warnings among log lines; the same one twice counts once. */
export function readWarnings(log: readonly NativeLogLine[]): BuildWarning[] {
  const texts = new Set(log.filter(({ severity }) => severity === 'warning').map(({ text }) => text.trim()))
  return [...texts].map((text) => {
    for (const [kind, pattern] of patterns) {
      const match = pattern.exec(text)
      if (match) return { kind, tensor: kind === 'missing-scale' ? (match[1] ?? null) : null, text }
    }
    return { kind: 'other', tensor: null, text }
  })
}
