/** `[x1, y1, x2, y2]`. */
export type Corners = readonly [x1: number, y1: number, x2: number, y2: number]

/**
 * Intersection over union of two boxes, 0 to 1; 0 where one has no area. Edges are continuous coordinates: a box from 0
 * to 2 is 2 wide.
 *
 * @example boxIou([0, 0, 2, 2], [1, 0, 3, 2]) // 1/3
 */
export function boxIou(a: Corners, b: Corners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (!(width > 0 && height > 0)) return 0
  const intersection = width * height
  const union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - intersection
  return intersection / union
}
