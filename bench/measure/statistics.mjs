// The few statistics that the benchmarks report.

const ascending = (a, b) => a - b

/** The value below which `share` of the sorted samples lie (nearest rank). */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}

export function median(values) {
  const sorted = [...values].sort(ascending)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param {Float64Array} samples milliseconds; sorted in place */
export function summarize(samples) {
  samples.sort()
  let sum = 0
  for (const sample of samples) sum += sample
  return {
    count: samples.length,
    p50: percentile(samples, 0.5),
    p95: percentile(samples, 0.95),
    p99: percentile(samples, 0.99),
    mean: sum / samples.length,
  }
}

/** Least squares line through points; the standard error says how far to trust the slope. */
export function fitLine(xs, ys) {
  const n = xs.length
  const meanX = xs.reduce((sum, x) => sum + x, 0) / n
  const meanY = ys.reduce((sum, y) => sum + y, 0) / n
  let sxx = 0
  let sxy = 0
  for (let i = 0; i < n; i++) {
    sxx += (xs[i] - meanX) ** 2
    sxy += (xs[i] - meanX) * (ys[i] - meanY)
  }
  const slope = sxy / sxx
  const intercept = meanY - slope * meanX
  let residual = 0
  for (let i = 0; i < n; i++) residual += (ys[i] - intercept - slope * xs[i]) ** 2
  return { slope, intercept, standardError: Math.sqrt(residual / Math.max(1, n - 2) / sxx) }
}
