/** Element (o, s, i) lies at (o * slices + s) * inner + i. */
export interface SliceLayout {
  readonly outer: number
  readonly slices: number
  readonly inner: number
}

/** @param axis each index along it is a slice; null: all are one */
export function layoutSlices(shape: readonly number[], axis: number | null): SliceLayout {
  const product = (lengths: readonly number[]) => lengths.reduce((total, length) => total * length, 1)
  if (axis === null) return { outer: 1, slices: 1, inner: product(shape) }
  return { outer: product(shape.slice(0, axis)), slices: shape[axis] as number, inner: product(shape.slice(axis + 1)) }
}
