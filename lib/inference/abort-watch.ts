interface Watched<T> {
  readonly items: Set<T>
  readonly listener: () => void
}

/**
 * Tells of items whose signal fires. However many items share a signal, it gets one listener: Node warns of a leak at
 * eleven.
 */
export class AbortWatch<T> {
  readonly #watched = new Map<AbortSignal, Watched<T>>()
  readonly #onAbort: (item: T) => void

  constructor(onAbort: (item: T) => void) {
    this.#onAbort = onAbort
  }

  add(signal: AbortSignal, item: T): void {
    const known = this.#watched.get(signal)
    if (known) {
      known.items.add(item)
      return
    }
    const items = new Set([item])
    const listener = () => {
      for (const aborted of [...items]) this.#onAbort(aborted)
    }
    this.#watched.set(signal, { items, listener })
    signal.addEventListener('abort', listener, { once: true })
  }

  remove(signal: AbortSignal, item: T): void {
    const known = this.#watched.get(signal)
    if (!known?.items.delete(item) || known.items.size > 0) return
    this.#watched.delete(signal)
    signal.removeEventListener('abort', known.listener)
  }
}
