const SQRT_TWO_PI = Math.sqrt(2 * Math.PI)

/** The share of a standard normal distribution below `x`. */
export function normalShareBelow(x: number): number {
  if (x < -8) return 0
  if (x > 8) return 1
  // Marsaglia's series: converges in at most some hundred terms in this range.
  let sum = x
  let term = x
  for (let i = 3; Math.abs(term) > Math.abs(sum) * 1e-17; i += 2) {
    term *= (x * x) / i
    sum += term
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / SQRT_TWO_PI
}

/** The `x` that {@link normalShareBelow} gives `share`, 0 to 1, for; between -8 and 8. */
export function normalQuantile(share: number): number {
  let [low, high] = [-8, 8]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (normalShareBelow(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}
