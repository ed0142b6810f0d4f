// Reused, for suppression compares a great many pairs; grown where polygons need it.
let current = new Float64Array(32)
let clipped = new Float64Array(32)

/**
 * Area that two convex polygons share, by clipping one along the edges of the other (Sutherland and Hodgman). Both
 * directions of rotation are taken. Exact to rounding also where polygons touch, coincide, or have no area: a point is
 * only computed on an edge whose ends lie strictly on different sides, so that nothing is divided by zero.
 *
 * @param a, b `x1, y1, x2, y2, ...`
 */
export function convexIntersectionArea(a: ArrayLike<number>, b: ArrayLike<number>): number {
  // Each of the m edges adds at most one corner to the n.
  if (current.length < a.length + b.length) {
    current = new Float64Array(a.length + b.length)
    clipped = new Float64Array(a.length + b.length)
  }
  // Near the origin, or the cross products of distant polygons would cancel.
  const originX = a[0] as number
  const originY = a[1] as number
  let count = a.length / 2
  for (let i = 0; i < count; i++) {
    current[2 * i] = (a[2 * i] as number) - originX
    current[2 * i + 1] = (a[2 * i + 1] as number) - originY
  }
  const direction = Math.sign(signedArea(b))
  if (direction === 0) return 0
  let fromX = (b[b.length - 2] as number) - originX
  let fromY = (b[b.length - 1] as number) - originY
  for (let i = 0; i < b.length && count > 0; i += 2) {
    const toX = (b[i] as number) - originX
    const toY = (b[i + 1] as number) - originY
    count = clipByEdge(count, fromX, fromY, direction * (toX - fromX), direction * (toY - fromY))
    ;[current, clipped] = [clipped, current]
    fromX = toX
    fromY = toY
  }
  return Math.abs(signedArea(current, count))
}

/** Keeps what lies to the left of the edge; from `current` to `clipped`. */
function clipByEdge(count: number, fromX: number, fromY: number, edgeX: number, edgeY: number): number {
  let kept = 0
  let previousX = current[2 * count - 2] as number
  let previousY = current[2 * count - 1] as number
  let previousSide = edgeX * (previousY - fromY) - edgeY * (previousX - fromX)
  for (let i = 0; i < count; i++) {
    const x = current[2 * i] as number
    const y = current[2 * i + 1] as number
    const side = edgeX * (y - fromY) - edgeY * (x - fromX)
    if ((side > 0 && previousSide < 0) || (side < 0 && previousSide > 0)) {
      const t = previousSide / (previousSide - side)
      clipped[2 * kept] = previousX + t * (x - previousX)
      clipped[2 * kept + 1] = previousY + t * (y - previousY)
      kept++
    }
    if (side >= 0) {
      clipped[2 * kept] = x
      clipped[2 * kept + 1] = y
      kept++
    }
    previousX = x
    previousY = y
    previousSide = side
  }
  return kept
}

/** Positive where the corners go from the x axis towards the y axis. */
export function signedArea(polygon: ArrayLike<number>, count: number = polygon.length / 2): number {
  const originX = polygon[0] as number
  const originY = polygon[1] as number
  let twice = 0
  for (let i = 1; i + 1 < count; i++) {
    const ax = (polygon[2 * i] as number) - originX
    const ay = (polygon[2 * i + 1] as number) - originY
    const bx = (polygon[2 * i + 2] as number) - originX
    const by = (polygon[2 * i + 3] as number) - originY
    twice += ax * by - ay * bx
  }
  return twice / 2
}
