/** A map within a tensor. */
export interface ProbabilityMap {
  readonly data: Float32Array
  readonly start: number
  readonly width: number
  readonly height: number
}

/**
 * Mean of a map over the pixels whose centres lie in a convex polygon or on its edge; what is not finite counts as 0.
 *
 * @param polygon `x1, y1, x2, y2, ...`, where pixel (x, y) has its centre at (x, y)
 * @returns 0 where there is no such pixel
 */
export function meanInside(map: ProbabilityMap, polygon: readonly number[]): number {
  const { data, start, width, height } = map
  const ys = polygon.filter((_, i) => i % 2 === 1)
  const top = Math.max(0, Math.ceil(Math.min(...ys) - TOLERANCE))
  const bottom = Math.min(height - 1, Math.floor(Math.max(...ys) + TOLERANCE))
  let [sum, count] = [0, 0]
  for (let y = top; y <= bottom; y++) {
    const [from, to] = spanAt(polygon, y)
    const first = Math.max(0, Math.ceil(from - TOLERANCE))
    const last = Math.min(width - 1, Math.floor(to + TOLERANCE))
    for (let x = first; x <= last; x++) {
      const value = data[start + y * width + x] as number
      if (Number.isFinite(value)) sum += value
      count++
    }
  }
  return count === 0 ? 0 : sum / count
}

// Corners were computed from pixels: those on the edge are meant to be inside.
const TOLERANCE = 1e-6

/** Where a horizontal line enters and leaves the polygon. */
function spanAt(polygon: readonly number[], y: number): [from: number, to: number] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    const [x1, y1] = [polygon[i] as number, polygon[i + 1] as number]
    const [x2, y2] = [polygon[next] as number, polygon[next + 1] as number]
    if (Math.min(y1, y2) > y + TOLERANCE || Math.max(y1, y2) < y - TOLERANCE) continue
    // A level edge is covered from end to end.
    const level = Math.abs(y2 - y1) < TOLERANCE
    const t = level ? 0 : Math.min(1, Math.max(0, (y - y1) / (y2 - y1)))
    const x = x1 + t * (x2 - x1)
    from = Math.min(from, x, level ? x2 : x)
    to = Math.max(to, x, level ? x2 : x)
  }
  return [from, to]
}
