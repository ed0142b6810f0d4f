/**
 * Loads items in order, up to `ahead` beyond the one that is used at the same time. The first failure is thrown in its
 * turn. However the iteration ends, nothing is being loaded any more when it has.
 */
export async function* readAhead<T>(
  count: number,
  ahead: number,
  load: (index: number) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  type Outcome = { readonly value: T } | { readonly error: unknown }
  const pending: Promise<Outcome>[] = []
  let next = 0
  try {
    for (;;) {
      while (pending.length <= ahead && next < count) {
        pending.push(
          load(next++).then(
            (value): Outcome => ({ value }),
            (error: unknown): Outcome => ({ error }),
          ),
        )
      }
      const outcome = await pending.shift()
      if (outcome === undefined) return
      if ('error' in outcome) throw outcome.error
      yield outcome.value
    }
  } finally {
    await Promise.all(pending)
  }
}
