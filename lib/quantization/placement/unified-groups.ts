/** Things that must share something, by union and find. */
export class UnifiedGroups<T> {
  readonly #parents = new Map<T, T>()

  /** The representative of a group: the same for all its members. */
  rootOf(member: T): T {
    let root = member
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent
    for (let at = member; at !== root; ) {
      const next = this.#parents.get(at) as T
      this.#parents.set(at, root)
      at = next
    }
    return root
  }

  unite(first: T, ...others: readonly T[]): void {
    for (const other of others) {
      const [a, b] = [this.rootOf(first), this.rootOf(other)]
      if (a !== b) this.#parents.set(a, b)
    }
  }
}
