import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'

/** Anything that yields inputs: an array, a generator, a stream. */
export type InputSource<T> = AsyncIterable<T> | Iterable<T>

type Answer<R> = { readonly value: R } | { readonly error: unknown }
type Pulled<T> = { readonly step: IteratorResult<T> } | { readonly failure: unknown }

/**
 * Runs `infer`, which answers with a result or a promise of one, over a source, in order, with at most `window` inputs taken and not yet handed out. A slow consumer
 * therefore slows the source, and a slow source does not hold back answers that are ready.
 *
 * The first failure, of the source or of an inference, ends the iteration after the answers before it; the signal ends
 * it at once. The source's `return` is called when the consumer stops early. However it ends, no inference is running
 * any more when it has.
 *
 * @param pause asked before anything is taken from the source: a promise to wait for first, if it is not yet time for more
 * @throws OPTION_INVALID (source, window), ABORTED; what the source and `infer` throw
 */
export async function* inferInOrder<T, R>(
  source: InputSource<T>,
  infer: (inputs: T) => R | Promise<R>,
  window: number,
  signal?: AbortSignal,
  pause: () => Promise<void> | undefined = () => undefined,
): AsyncGenerator<R, void, undefined> {
  if (!isIterable(source)) {
    const reason = `expected something to iterate over, received ${describeValue(source)}`
    throw engineryError('OPTION_INVALID', { caller: 'inferMany', option: 'source', reason })
  }
  if (!Number.isInteger(window) || window < 1) {
    throw engineryError('OPTION_INVALID', {
      caller: 'inferMany',
      option: 'window',
      reason: `expected a whole number of at least 1, received ${String(window)}`,
    })
  }
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'inferMany' }, { cause: signal.reason })
  const bell = new Bell()
  const ring = () => bell.ring()
  const answers = new AnswerQueue<R>(ring)
  const puller = new Puller(source, ring)
  signal?.addEventListener('abort', ring)
  // Whether the last answer was there at once. Then answers are handed out before more is taken: nothing runs meanwhile, and
  // the memory of the one is used for the next.
  let isAtOnce = false
  try {
    for (;;) {
      if (signal?.aborted) throw engineryError('ABORTED', { what: 'inferMany' }, { cause: signal.reason })
      if (!isAtOnce || !answers.isHeadReady()) {
        const paused = pause()
        if (paused) {
          await paused
          if (signal?.aborted) continue
        }
        isAtOnce = false
        while (answers.length < window && !isAtOnce && puller.pull()) isAtOnce = accept(puller.take(), answers, infer)
      }
      if (answers.isHeadReady()) {
        if (isAtOnce && answers.length < window) puller.pull() // a slow source goes on meanwhile
        yield answers.takeHead()
      } else if (answers.length === 0 && puller.ended) return
      else await bell.wait()
    }
  } finally {
    signal?.removeEventListener('abort', ring)
    await Promise.all([puller.stop(), answers.settled()])
  }
}

/** @returns whether the answer is there already */
function accept<T, R>(pulled: Pulled<T>, answers: AnswerQueue<R>, infer: (inputs: T) => R | Promise<R>): boolean {
  if ('failure' in pulled) {
    answers.pushFailure(pulled.failure)
  } else if (!pulled.step.done) {
    try {
      const answer = infer(pulled.step.value)
      if (!(answer instanceof Promise)) {
        answers.pushValue(answer)
        return true
      }
      answers.push(answer)
    } catch (error) {
      answers.pushFailure(error)
    }
  }
  return false
}

/** Wakes one waiter, also when it was rung before. */
class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#rung = false
  }
}

/** Takes one step of the source after the other. */
class Puller<T> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>
  readonly #arrived: () => void
  #step: Pulled<T> | undefined
  #pulling = false
  #ended = false

  constructor(source: InputSource<T>, arrived: () => void) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    this.#arrived = arrived
  }

  /** Whether the source has nothing more to give. */
  get ended(): boolean {
    return this.#ended
  }

  /** Asks the source if it has not been asked; true once its answer can be taken. */
  pull(): boolean {
    if (!this.#step && !this.#pulling && !this.#ended) this.#ask()
    return this.#step !== undefined
  }

  take(): Pulled<T> {
    const step = this.#step as Pulled<T>
    this.#step = undefined
    return step
  }

  /** Lets the source clean up, unless it is at its end. */
  async stop(): Promise<void> {
    if (this.#ended) return
    const stopped = (async () => this.#iterator.return?.())()
    // A generator that is waiting for something answers no sooner than that comes, if ever: not waited for.
    if (this.#pulling) stopped.catch(() => {})
    else await stopped
  }

  #ask(): void {
    try {
      const next = this.#iterator.next()
      if (!isPromise(next)) {
        this.#accept({ step: next })
        return
      }
      this.#pulling = true
      next.then(
        (step) => this.#accept({ step }),
        (failure: unknown) => this.#accept({ failure }),
      )
    } catch (failure) {
      this.#accept({ failure })
    }
  }

  #accept(pulled: Pulled<T>): void {
    this.#pulling = false
    this.#step = pulled
    this.#ended = 'failure' in pulled || pulled.step.done === true
    this.#arrived()
  }
}

function isIterable(value: unknown): boolean {
  const source = value as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined
  return typeof source?.[Symbol.asyncIterator] === 'function' || typeof source?.[Symbol.iterator] === 'function'
}

function isPromise<T>(value: unknown): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === 'function'
}

interface Entry<R> {
  answer: Answer<R> | undefined
  readonly settled: Promise<void> | undefined
}

/** Answers in the order their questions were put; tells when the head is there. */
class AnswerQueue<R> {
  readonly #entries: Entry<R>[] = []
  readonly #arrived: () => void

  constructor(arrived: () => void) {
    this.#arrived = arrived
  }

  get length(): number {
    return this.#entries.length
  }

  push(promise: Promise<R>): void {
    const entry: { answer: Answer<R> | undefined; settled: Promise<void> | undefined } = { answer: undefined, settled: undefined }
    const arrive = (answer: Answer<R>) => {
      entry.answer = answer
      if (entry === this.#entries[0]) this.#arrived()
    }
    entry.settled = promise.then(
      (value) => arrive({ value }),
      (error: unknown) => arrive({ error }),
    )
    this.#entries.push(entry)
  }

  pushValue(value: R): void {
    this.#entries.push({ answer: { value }, settled: undefined })
  }

  pushFailure(error: unknown): void {
    this.#entries.push({ answer: { error }, settled: undefined })
  }

  isHeadReady(): boolean {
    return this.#entries[0]?.answer !== undefined
  }

  takeHead(): R {
    const answer = (this.#entries.shift() as Entry<R>).answer as Answer<R>
    if ('error' in answer) throw answer.error
    return answer.value
  }

  /** Resolves when every question has its answer. */
  async settled(): Promise<void> {
    await Promise.all(this.#entries.map(({ settled }) => settled))
  }
}
