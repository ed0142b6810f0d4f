import { posix, resolve } from 'node:path'
import { comparableName, listPictures, stemOf } from './picture-files.js'

/** The pictures of a folder, found by what annotations call them. */
export class PictureFinder {
  readonly #root: string
  readonly #names: readonly string[]
  readonly #byName = new Map<string, string>()
  // `null`: several pictures are called that.
  readonly #byBase = new Map<string, string | null>()
  readonly #byStem = new Map<string, string | null>()
  readonly #found = new Set<string>()

  private constructor(root: string, names: readonly string[]) {
    this.#root = root
    this.#names = names
    for (const name of names) {
      const comparable = comparableName(name)
      this.#byName.set(comparable, name)
      addUnique(this.#byBase, posix.basename(comparable), name)
      addUnique(this.#byStem, stemOf(comparable), name)
      if (name.includes('/')) addUnique(this.#byStem, stemOf(posix.basename(comparable)), name)
    }
  }

  /** @throws FILE_NOT_FOUND, FILE_NOT_READ */
  static async open(root: string): Promise<PictureFinder> {
    return new PictureFinder(root, await listPictures(root))
  }

  /** Paths relative to the folder, sorted. */
  get names(): readonly string[] {
    return this.#names
  }

  pathOf(name: string): string {
    return resolve(this.#root, name)
  }

  /**
   * The picture that an annotation names: by its path below the folder, else by the end of that path, as in files
   * written for a folder further up, else by its bare name where only one is called so.
   */
  find(name: string): string | undefined {
    const parts = comparableName(name.replaceAll('\\', '/')).split('/')
    for (let from = 0; from < parts.length; from++) {
      const found = this.#byName.get(parts.slice(from).join('/'))
      if (found !== undefined) return this.#use(found)
    }
    return this.#use(this.#byBase.get(parts.at(-1) as string) ?? undefined)
  }

  /** As {@link find}, for names without extension. */
  findStem(stem: string): string | undefined {
    const comparable = comparableName(stem)
    return this.#use(this.#byStem.get(comparable) ?? this.#byStem.get(posix.basename(comparable)) ?? undefined)
  }

  /** Pictures that nothing has been looked up for. */
  unused(): string[] {
    return this.#names.filter((name) => !this.#found.has(name))
  }

  #use(name: string | undefined): string | undefined {
    if (name !== undefined) this.#found.add(name)
    return name
  }
}

function addUnique(map: Map<string, string | null>, key: string, name: string): void {
  map.set(key, map.has(key) && map.get(key) !== name ? null : name)
}
