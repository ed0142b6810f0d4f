/** Anything that yields inputs: an array, a generator, a stream. */
export type InputSource<T> = AsyncIterable<T> | Iterable<T>

type Answer<R> = { readonly value: R } | { readonly error: unknown }
type Pulled<T> = { readonly step: IteratorResult<T> } | { readonly failure: unknown }

/**
 * Runs `infer` over a source, in order, with at most `window` inputs taken and not yet handed out. A slow consumer
 * therefore slows the source, and a slow source does not hold back answers that are ready.
 *
 * The first failure, of the source or of an inference, ends the iteration after the answers before it. The source's
 * `return` is called when the consumer stops early.
 */
export async function* inferInOrder<T, R>(
  source: InputSource<T>,
  infer: (inputs: T) => Promise<R>,
  window: number,
): AsyncGenerator<R, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  const answers = new AnswerQueue<R>()
  let pulling: Promise<Pulled<T>> | undefined
  let sourceEnded = false
  try {
    for (;;) {
      while (!sourceEnded && !pulling && answers.length < window) {
        const next = pull(iterator)
        if (isPromise(next)) pulling = next
        else sourceEnded = !accept(next, answers, infer)
      }
      if (answers.length === 0 && !pulling) return
      if (answers.length > 0 && answers.isHeadReady()) {
        yield answers.takeHead()
        continue
      }
      if (pulling && answers.length < window) {
        const pulled: Pulled<T> | undefined = await (answers.length > 0 ? Promise.race([pulling, answers.headReady()]) : pulling)
        if (pulled) {
          pulling = undefined
          sourceEnded = !accept(pulled, answers, infer)
        }
      } else {
        await answers.headReady()
      }
    }
  } finally {
    if (!sourceEnded) await iterator.return?.()
  }
}

function pull<T>(iterator: AsyncIterator<T> | Iterator<T>): Pulled<T> | Promise<Pulled<T>> {
  try {
    const step = iterator.next()
    if (!isPromise(step)) return { step }
    return step.then(
      (value) => ({ step: value }),
      (failure: unknown) => ({ failure }),
    )
  } catch (failure) {
    return { failure }
  }
}

// Returns false where the source is at its end.
function accept<T, R>(pulled: Pulled<T>, answers: AnswerQueue<R>, infer: (inputs: T) => Promise<R>): boolean {
  if ('failure' in pulled) {
    answers.pushFailure(pulled.failure)
    return false
  }
  if (pulled.step.done) return false
  answers.push(infer(pulled.step.value))
  return true
}

function isPromise<T>(value: unknown): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === 'function'
}

interface Entry<R> {
  answer: Answer<R> | undefined
}

/** Answers in the order their questions were put; the head tells when it is there. */
class AnswerQueue<R> {
  readonly #entries: Entry<R>[] = []
  #wake: (() => void) | undefined
  #woken: Promise<undefined> | undefined

  get length(): number {
    return this.#entries.length
  }

  push(promise: Promise<R>): void {
    const entry: Entry<R> = { answer: undefined }
    this.#entries.push(entry)
    promise.then(
      (value) => this.#arrive(entry, { value }),
      (error: unknown) => this.#arrive(entry, { error }),
    )
  }

  pushFailure(error: unknown): void {
    this.#entries.push({ answer: { error } })
  }

  isHeadReady(): boolean {
    return this.#entries[0]?.answer !== undefined
  }

  /** Resolves once the head has its answer. */
  headReady(): Promise<undefined> {
    if (this.isHeadReady()) return Promise.resolve(undefined)
    this.#woken ??= new Promise((resolve) => {
      this.#wake = () => resolve(undefined)
    })
    return this.#woken
  }

  takeHead(): R {
    const answer = (this.#entries.shift() as Entry<R>).answer as Answer<R>
    if ('error' in answer) throw answer.error
    return answer.value
  }

  #arrive(entry: Entry<R>, answer: Answer<R>): void {
    entry.answer = answer
    if (entry !== this.#entries[0]) return
    this.#wake?.()
    this.#wake = undefined
    this.#woken = undefined
  }
}
