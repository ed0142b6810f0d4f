import { convexIntersectionArea, signedArea } from './convex-intersection.js'

/** Corners of a box turned by `angle` radians from the x axis towards the y axis (clockwise in a picture), in order. */
export function cornersOfRotatedBox(
  centerX: number,
  centerY: number,
  width: number,
  height: number,
  angle: number,
  corners: Float64Array = new Float64Array(8),
  offset = 0,
): Float64Array {
  const alongX = (Math.cos(angle) * width) / 2
  const alongY = (Math.sin(angle) * width) / 2
  const acrossX = (-Math.sin(angle) * height) / 2
  const acrossY = (Math.cos(angle) * height) / 2
  corners[offset] = centerX - alongX - acrossX
  corners[offset + 1] = centerY - alongY - acrossY
  corners[offset + 2] = centerX + alongX - acrossX
  corners[offset + 3] = centerY + alongY - acrossY
  corners[offset + 4] = centerX + alongX + acrossX
  corners[offset + 5] = centerY + alongY + acrossY
  corners[offset + 6] = centerX - alongX + acrossX
  corners[offset + 7] = centerY - alongY + acrossY
  return corners
}

/** Area of a polygon without crossing edges. */
export function polygonArea(polygon: ArrayLike<number>): number {
  return Math.abs(signedArea(polygon))
}

/**
 * Intersection over union of two polygons without crossing edges, 0 to 1; 0 where one has no area. Corners may go either
 * way around; hollow (concave) polygons are taken, as hand-drawn annotations contain them.
 *
 * @param a, b `x1, y1, x2, y2, ...`
 * @example polygonIou([0, 0, 2, 0, 2, 2, 0, 2], [1, 0, 3, 0, 3, 2, 1, 2]) // 1/3
 */
export function polygonIou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const areaA = polygonArea(a)
  const areaB = polygonArea(b)
  // The comparison with infinity leaves out NaN too.
  if (!(areaA > 0 && areaB > 0 && areaA + areaB < Number.POSITIVE_INFINITY)) return 0
  const intersection = isConvex(a) && isConvex(b) ? convexIntersectionArea(a, b) : hollowIntersectionArea(a, b)
  return overlapRatio(intersection, areaA, areaB)
}

/** Rounding must not make an overlap of equal polygons exceed 1. */
export function overlapRatio(intersection: number, areaA: number, areaB: number): number {
  return Math.max(0, Math.min(1, intersection / (areaA + areaB - intersection)))
}

function isConvex(polygon: ArrayLike<number>): boolean {
  const count = polygon.length / 2
  let direction = 0
  for (let i = 0; i < count; i++) {
    const [a, b, c] = [2 * i, 2 * ((i + 1) % count), 2 * ((i + 2) % count)]
    const turn =
      ((polygon[b] as number) - (polygon[a] as number)) * ((polygon[c + 1] as number) - (polygon[b + 1] as number)) -
      ((polygon[b + 1] as number) - (polygon[a + 1] as number)) * ((polygon[c] as number) - (polygon[b] as number))
    if (turn === 0) continue
    if (direction !== 0 && Math.sign(turn) !== direction) return false
    direction = Math.sign(turn)
  }
  return true
}

/**
 * A polygon is the signed sum of the triangles from its first corner to each edge, so the area shared by two is the
 * signed sum over their triangles.
 */
function hollowIntersectionArea(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const trianglesA = listTriangles(a)
  const trianglesB = listTriangles(b)
  let area = 0
  for (const first of trianglesA) {
    for (const second of trianglesB) area += first.sign * second.sign * convexIntersectionArea(first.corners, second.corners)
  }
  return Math.abs(area)
}

function listTriangles(polygon: ArrayLike<number>): { corners: number[]; sign: number }[] {
  const triangles = []
  for (let i = 2; i + 3 < polygon.length; i += 2) {
    const corners = [polygon[0], polygon[1], polygon[i], polygon[i + 1], polygon[i + 2], polygon[i + 3]] as number[]
    triangles.push({ corners, sign: Math.sign(signedArea(corners)) })
  }
  return triangles
}
