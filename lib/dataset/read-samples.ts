import { describeValue } from '../errors/describe-value.js'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { requireArgument, requireObject } from '../errors/require-argument.js'
import { decodeImage } from '../image/decode-image.js'
import type { Image } from '../image/image.js'
import { isTensor, type Tensor } from '../tensor/tensor.js'
import type { Dataset, Sample } from './annotations.js'

/** A sample with its contents. */
export interface ReadSample<P = Image> {
  /** Its place in the dataset; gaps are broken pictures. */
  readonly index: number
  readonly sample: Sample
  /** What `decode` made of the picture; missing for samples that are tensors. */
  readonly picture?: P
  readonly tensors?: Readonly<Record<string, Tensor>>
}

export interface BrokenSample {
  readonly index: number
  readonly id: string
  readonly error: Error
}

export interface ReadSamplesOptions<P = Image> {
  /** Makes something of a picture; default: {@link decodeImage}. Work done here is done ahead of need, too. */
  readonly decode?: (path: string, context: { readonly signal: AbortSignal; readonly sample: Sample }) => Promise<P>
  /** How many samples are read ahead of the one that is used, at most: they are what takes memory. Default 4. */
  readonly ahead?: number
  readonly signal?: AbortSignal
  /** `skip` (default): broken samples are left out and listed in `broken`. `error`: the first ends it. */
  readonly onBroken?: 'skip' | 'error'
  /** Where to begin, to go on with what was interrupted. Default 0. */
  readonly start?: number
}

/** Samples in the order of the dataset. Iterate once; leaving early ends what is being read. */
export interface SampleStream<P = Image> extends AsyncGenerator<ReadSample<P>, void, undefined> {
  /** What could not be read so far. */
  readonly broken: readonly BrokenSample[]
}

/** Named tensors one after the other, for data that no file holds. */
export type TensorIterable = AsyncIterable<Readonly<Record<string, Tensor>>> | Iterable<Readonly<Record<string, Tensor>>>

const defaultAhead = 4

/**
 * Reads samples: decodes pictures, or loads tensors, a few ahead of need, and gives them in order.
 *
 * @throws while iterating: PICTURE_BROKEN with `onBroken: 'error'`, ABORTED, OPTION_INVALID
 * @example
 * const stream = readSamples(dataset)
 * for await (const { sample, picture } of stream) await evaluate(picture, sample.boxes)
 * console.log(`${stream.broken.length} pictures are broken`)
 */
export function readSamples<P = Image>(source: Dataset | TensorIterable, options: ReadSamplesOptions<P> = {}): SampleStream<P> {
  requireArgument(
    typeof source === 'object' && source !== null,
    'a dataset, or named tensors to iterate over',
    source,
    'source',
    readSamples,
  )
  requireObject(options, 'an object', '(options)', readSamples)
  const broken: BrokenSample[] = []
  requireAhead(options.ahead)
  const generator = isDataset(source) ? readDataset(source, options, broken) : readTensors<P>(source, options)
  return Object.assign(generator, { broken })
}

function isDataset(source: Dataset | TensorIterable): source is Dataset {
  return 'samples' in source
}

type Outcome<P> = { readonly value: ReadSample<P> } | { readonly error: Error; readonly index: number; readonly sample: Sample }

async function* readDataset<P>(
  { samples }: Dataset,
  options: ReadSamplesOptions<P>,
  broken: BrokenSample[],
): AsyncGenerator<ReadSample<P>, void, undefined> {
  const { ahead = defaultAhead, onBroken = 'skip', start = 0 } = options
  // Ends the reading ahead when the consumer leaves, and follows the caller's signal.
  const leaving = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal
  const pending: Promise<Outcome<P>>[] = []
  let next = start
  try {
    for (;;) {
      throwIfAborted(options.signal)
      while (pending.length <= ahead && next < samples.length) {
        const index = next++
        pending.push(readOne(samples[index] as Sample, index, options, signal))
      }
      const outcome = await pending.shift()
      if (outcome === undefined) return
      throwIfAborted(options.signal)
      if ('value' in outcome) {
        yield outcome.value
        continue
      }
      const { error, index, sample } = outcome
      if (isOfNoPicture(error)) throw error
      broken.push({ index, id: sample.id, error })
      if (onBroken === 'error') {
        throw engineryError('PICTURE_BROKEN', { id: sample.id, reason: error.message }, { cause: error, caller: readSamples })
      }
    }
  } finally {
    leaving.abort()
    await Promise.all(pending)
  }
}

/** Never rejects: what is read ahead may fail before anybody looks. */
async function readOne<P>(
  sample: Sample,
  index: number,
  { decode }: ReadSamplesOptions<P>,
  signal: AbortSignal,
): Promise<Outcome<P>> {
  try {
    const { path, tensors, loadTensors } = sample
    if (tensors !== undefined) return { value: { index, sample, tensors } }
    if (loadTensors !== undefined) return { value: { index, sample, tensors: await loadTensors() } }
    if (path === undefined) throw new TypeError('it has neither a path nor tensors')
    // The default makes an Image, which is what P is where nothing else is said.
    const picture = decode ? await decode(path, { signal, sample }) : ((await decodeImage(path, { signal })) as P)
    return { value: { index, sample, picture } }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), index, sample }
  }
}

// A decoder that is missing, or preprocessing that does not fit the model: every picture would be called broken.
function isOfNoPicture(error: unknown): boolean {
  return (['IMAGE_DECODER_MISSING', 'ADDON_NOT_FOUND', 'ADDON_LOAD_FAILED', 'PREPROCESS_INVALID'] as const).some((code) =>
    isEngineryError(error, code),
  )
}

async function* readTensors<P>(
  source: TensorIterable,
  { signal, start = 0 }: ReadSamplesOptions<P>,
): AsyncGenerator<ReadSample<P>, void, undefined> {
  let index = 0
  for await (const tensors of untilAborted(source, signal)) {
    throwIfAborted(signal)
    if (typeof tensors !== 'object' || tensors === null || !Object.values(tensors).every(isTensor)) {
      const reason = `sample ${index}: expected an object of tensors by name, received ${describeValue(tensors)}`
      throw engineryError('OPTION_INVALID', { caller: 'readSamples', option: 'source', reason }, { caller: readSamples })
    }
    if (index >= start) yield { index, sample: { id: String(index), tensors }, tensors }
    index++
  }
}

/** What the source gives, until the signal ends it, also where the source keeps one waiting. */
async function* untilAborted<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let phase: 'between' | 'waiting' | 'ended' = 'between'
  let wake = () => {}
  const aborted = new Promise<undefined>((resolve) => {
    wake = () => resolve(undefined)
  })
  signal?.addEventListener('abort', wake)
  try {
    for (;;) {
      throwIfAborted(signal)
      phase = 'waiting'
      const next = (async () => iterator.next())()
      next.then(
        ({ done }) => {
          phase = done ? 'ended' : 'between'
        },
        () => {
          phase = 'ended'
        },
      )
      const step = await Promise.race([next, aborted])
      if (step?.done) return
      if (step) yield step.value
    }
  } finally {
    signal?.removeEventListener('abort', wake)
    // As TypeScript sees it, nothing above has changed it.
    const left = phase as 'between' | 'waiting' | 'ended'
    const returned = left === 'ended' ? undefined : (async () => iterator.return?.())()
    // A generator that is waiting for something answers no sooner than that comes, if ever: not waited for.
    if (left === 'waiting') returned?.catch(() => {})
    else await returned
  }
}

function requireAhead(ahead: unknown): void {
  if (ahead === undefined || (typeof ahead === 'number' && Number.isInteger(ahead) && ahead >= 0)) return
  const reason = `expected an integer of at least 0, received ${describeValue(ahead)}`
  throw engineryError('OPTION_INVALID', { caller: 'readSamples', option: 'ahead', reason }, { caller: readSamples })
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw engineryError('ABORTED', { what: 'Reading samples' }, { cause: signal.reason, caller: readSamples })
}
