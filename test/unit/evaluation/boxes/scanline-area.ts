/**
 * Area that two convex polygons share, by another way than clipping: between the heights of all corners and crossings
 * the width of the overlap changes linearly, so trapezoids between them are exact. The width itself comes from
 * intersecting intervals.
 */
export function scanlineIntersectionArea(a: readonly number[], b: readonly number[]): number {
  const heights = [...ysOf(a), ...ysOf(b), ...crossingHeights(a, b)].sort((first, second) => first - second)
  let area = 0
  for (let i = 0; i + 1 < heights.length; i++) {
    const [top, bottom] = [heights[i] as number, heights[i + 1] as number]
    // Linear inside the slab: two inner points give the mean without meeting a level edge.
    const inner = (bottom - top) / 4
    area += ((overlapWidth(a, b, top + inner) + overlapWidth(a, b, bottom - inner)) / 2) * (bottom - top)
  }
  return area
}

function ysOf(polygon: readonly number[]): number[] {
  return polygon.filter((_, i) => i % 2 === 1)
}

function edgesOf(polygon: readonly number[]): [number, number, number, number][] {
  return ysOf(polygon).map((_, i) => {
    const next = (2 * i + 2) % polygon.length
    return [polygon[2 * i], polygon[2 * i + 1], polygon[next], polygon[next + 1]] as [number, number, number, number]
  })
}

function crossingHeights(a: readonly number[], b: readonly number[]): number[] {
  const heights: number[] = []
  for (const [ax, ay, bx, by] of edgesOf(a)) {
    for (const [cx, cy, dx, dy] of edgesOf(b)) {
      // Cramer's rule for ax + t (bx - ax) = cx + u (dx - cx), the same for y.
      const determinant = (bx - ax) * (cy - dy) - (cx - dx) * (by - ay)
      const t = ((cx - ax) * (cy - dy) - (cx - dx) * (cy - ay)) / determinant
      if (t >= 0 && t <= 1) heights.push(ay + t * (by - ay))
    }
  }
  return heights
}

function overlapWidth(a: readonly number[], b: readonly number[], y: number): number {
  const [fromA, toA] = spanOf(a, y)
  const [fromB, toB] = spanOf(b, y)
  return Math.max(0, Math.min(toA, toB) - Math.max(fromA, fromB))
}

function spanOf(polygon: readonly number[], y: number): [number, number] {
  const xs: number[] = []
  for (const [ax, ay, bx, by] of edgesOf(polygon)) {
    if (Math.min(ay, by) <= y && Math.max(ay, by) >= y && ay !== by) xs.push(ax + ((y - ay) / (by - ay)) * (bx - ax))
  }
  return [Math.min(...xs), Math.max(...xs)]
}
