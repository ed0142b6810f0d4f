import type { NativeLogLine } from '../../native/tensorrt-addon.js'

/** What TensorRT warned of during a build, as data. */
export interface BuildWarning {
  /** `missing-scale`: a tensor without a range in a calibrated build, so that its layers stay float. */
  readonly kind: 'missing-scale' | 'weights-out-of-range' | 'timing-cache' | 'deprecated' | 'other'
  /** Of `missing-scale`: as the network calls it. */
  readonly tensor: string | null
  readonly text: string
  /** How often it was said. */
  readonly count: number
}

const patterns: readonly [BuildWarning['kind'], RegExp][] = [
  ['missing-scale', /Missing scale and zero-point for tensor (.+?)(?:, expect fall back to|$)/],
  ['weights-out-of-range', /(?:weights|values).*(?:out of range|outside the range|affected by this issue|subnormal)/i],
  ['timing-cache', /timing cache/i],
  ['deprecated', /deprecated/i],
]

/** The warnings among log lines; the same text counts how often it came. */
export function readWarnings(log: readonly NativeLogLine[]): BuildWarning[] {
  const counts = new Map<string, number>()
  for (const { severity, text } of log) {
    if (severity === 'warning') counts.set(text.trim(), (counts.get(text.trim()) ?? 0) + 1)
  }
  return [...counts].map(([text, count]) => {
    for (const [kind, pattern] of patterns) {
      const match = pattern.exec(text)
      if (match) return { kind, tensor: kind === 'missing-scale' ? (match[1] ?? null) : null, text, count }
    }
    return { kind: 'other', tensor: null, text, count }
  })
}
