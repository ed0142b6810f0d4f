/** A map within a tensor. */
export interface ProbabilityMap {
  readonly data: Float32Array
  readonly start: number
  readonly width: number
  readonly height: number
}

/**
 * Mean of a map over the pixels within a convex polygon and those that its edges run through, as OpenCV's fillPoly
 * marks them: a score is compared with a threshold that was chosen with that. What is not finite counts as 0.
 *
 * @param polygon `x1, y1, x2, y2, ...`, whole numbers: pixel (x, y) has its centre at (x, y)
 * @returns 0 where there is no such pixel
 */
export function meanInside(map: ProbabilityMap, polygon: readonly number[]): number {
  const { data, start, width, height } = map
  const ys = polygon.filter((_, i) => i % 2 === 1)
  const bottom = Math.min(height - 1, Math.max(...ys))
  let sum = 0
  let count = 0
  for (let y = Math.max(0, Math.min(...ys)); y <= bottom; y++) {
    const [from, to] = spanAt(polygon, y)
    const last = Math.min(width - 1, to)
    for (let x = Math.max(0, from); x <= last; x++) {
      const value = data[start + y * width + x] as number
      if (Number.isFinite(value)) sum += value
      count++
    }
  }
  return count === 0 ? 0 : sum / count
}

/** First and last pixel of a row. */
function spanAt(polygon: readonly number[], y: number): [first: number, last: number] {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    const [x1, y1] = [polygon[i] as number, polygon[i + 1] as number]
    const [x2, y2] = [polygon[next] as number, polygon[next + 1] as number]
    if (y < Math.min(y1, y2) || y > Math.max(y1, y2)) continue
    const xAt = (at: number) => x1 + ((at - y1) / (y2 - y1)) * (x2 - x1)
    if (Math.abs(y2 - y1) >= Math.abs(x2 - x1)) {
      const x = Math.round(y1 === y2 ? x1 : xAt(y))
      first = Math.min(first, x)
      last = Math.max(last, x)
      continue
    }
    // A flat edge runs through several pixels of the row: those nearer to it than to the rows beside.
    const from = Math.max(y - 0.5, Math.min(y1, y2))
    const to = Math.min(y + 0.5, Math.max(y1, y2))
    const [a, b] = y1 === y2 ? [x1, x2] : [xAt(from), xAt(to)]
    first = Math.min(first, Math.ceil(Math.min(a, b)))
    last = Math.max(last, Math.floor(Math.max(a, b)))
  }
  return [first, last]
}
