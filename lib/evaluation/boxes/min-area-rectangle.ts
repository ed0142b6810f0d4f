/** A rectangle about its centre; `(axisX, axisY)` is the unit vector along its width. */
export interface OrientedRectangle {
  readonly centerX: number
  readonly centerY: number
  readonly width: number
  readonly height: number
  readonly axisX: number
  readonly axisY: number
}

/**
 * Corners of the convex hull of points, without those on its edges (Andrew's monotone chain).
 *
 * @param points `x, y` of each, sorted by y, then x
 */
export function convexHull(points: ArrayLike<number>): Float64Array {
  const count = points.length / 2
  // One half down one side, one half up the other; each point may be on both.
  const hull = new Float64Array(2 * (2 * count + 1))
  let size = 0
  const extend = (from: number, to: number, step: number): void => {
    const base = Math.max(size - 1, 0)
    for (let i = from; i !== to; i += step) {
      const [x, y] = [points[2 * i] as number, points[2 * i + 1] as number]
      while (size - base >= 2 && !turnsLeft(hull, size, x, y)) size--
      hull[2 * size] = x
      hull[2 * size + 1] = y
      size++
    }
  }
  extend(0, count, 1)
  if (count > 1) extend(count - 2, -1, -1)
  // It ends where it began.
  if (size > 1) size--
  return hull.slice(0, 2 * size)
}

function turnsLeft(hull: Float64Array, size: number, x: number, y: number): boolean {
  const [bX, bY] = [hull[2 * size - 2] as number, hull[2 * size - 1] as number]
  const [aX, aY] = [hull[2 * size - 4] as number, hull[2 * size - 3] as number]
  return (bX - aX) * (y - aY) - (bY - aY) * (x - aX) > 0
}

/**
 * The smallest rectangle around a convex polygon: one of its sides lies along an edge of the polygon.
 *
 * @param hull `x, y` of each corner in order; one or two corners give a point or a line
 */
export function minAreaRectangle(hull: ArrayLike<number>): OrientedRectangle {
  const count = hull.length / 2
  let best: OrientedRectangle = {
    centerX: hull[0] as number,
    centerY: hull[1] as number,
    width: 0,
    height: 0,
    axisX: 1,
    axisY: 0,
  }
  let bestArea = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const next = (i + 1) % count
    const edgeX = (hull[2 * next] as number) - (hull[2 * i] as number)
    const edgeY = (hull[2 * next + 1] as number) - (hull[2 * i + 1] as number)
    const length = Math.hypot(edgeX, edgeY)
    if (!(length > 0)) continue
    const rectangle = rectangleAlong(hull, edgeX / length, edgeY / length)
    const area = rectangle.width * rectangle.height
    if (area < bestArea) {
      bestArea = area
      best = rectangle
    }
  }
  return best
}

function rectangleAlong(hull: ArrayLike<number>, axisX: number, axisY: number): OrientedRectangle {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < hull.length; i += 2) {
    const along = (hull[i] as number) * axisX + (hull[i + 1] as number) * axisY
    const across = (hull[i + 1] as number) * axisX - (hull[i] as number) * axisY
    if (along < left) left = along
    if (along > right) right = along
    if (across < top) top = across
    if (across > bottom) bottom = across
  }
  const [along, across] = [(left + right) / 2, (top + bottom) / 2]
  const [width, height] = [right - left, bottom - top]
  return { centerX: along * axisX - across * axisY, centerY: along * axisY + across * axisX, width, height, axisX, axisY }
}

/**
 * Corners in order, `x1, y1, ... x4, y4`, each side `margin` further out: for a rectangle the same as offsetting the
 * polygon.
 */
export function cornersOfRectangle(rectangle: OrientedRectangle, margin = 0): number[] {
  const { centerX, centerY, axisX, axisY } = rectangle
  const [halfWidth, halfHeight] = [rectangle.width / 2 + margin, rectangle.height / 2 + margin]
  const corners = []
  for (const [along, across] of [
    [-halfWidth, -halfHeight],
    [halfWidth, -halfHeight],
    [halfWidth, halfHeight],
    [-halfWidth, halfHeight],
  ] as const) {
    corners.push(centerX + along * axisX - across * axisY, centerY + along * axisY + across * axisX)
  }
  return corners
}
