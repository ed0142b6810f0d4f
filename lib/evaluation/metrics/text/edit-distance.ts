/**
 * Levenshtein's distance: the fewest insertions, deletions and replacements that turn one sequence into the other.
 *
 * @example countEdits([...'kitten'], [...'sitting']) // 3
 */
export function countEdits(from: readonly string[], to: readonly string[]): number {
  // Costs of the row above; `diagonal` is the one that was overwritten last.
  const costs = Uint32Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    let diagonal = costs[0] as number
    costs[0] = i
    for (let j = 1; j <= to.length; j++) {
      const above = costs[j] as number
      const replaced = diagonal + (from[i - 1] === to[j - 1] ? 0 : 1)
      costs[j] = Math.min(replaced, above + 1, (costs[j - 1] as number) + 1)
      diagonal = above
    }
  }
  return costs[to.length] as number
}
