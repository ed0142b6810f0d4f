import type { Dataset } from '../dataset/annotations.js'
import { type BrokenSample, type ReadSample, readSamples, type TensorIterable } from '../dataset/read-samples.js'
import type { Port } from '../engine/backend.js'
import { engineryError } from '../errors/enginery-error.js'
import { decodeImage } from '../image/decode-image.js'
import { freeMemory } from '../image/free-memory.js'
import type { Engine } from '../inference/engine.js'
import type { Preprocessor } from '../preprocess/create-preprocessor.js'
import type { ImageGeometry } from '../preprocess/geometry.js'
import { Tensor } from '../tensor/tensor.js'
import type { ResultStore } from './result-store.js'
import { countNonFinite } from './tasks/count-non-finite.js'
import type { Decoder } from './tasks/task.js'

/** An engine that is evaluated, and what its results are made with. */
export interface Candidate {
  readonly engine: Engine
  readonly decode: Decoder
  readonly store: ResultStore
  /** Missing where samples are tensors. */
  readonly preprocessor: Preprocessor | undefined
}

export interface RunSamplesOptions {
  /** Samples read ahead of need. */
  readonly ahead: number
  readonly onBroken: 'skip' | 'error'
  readonly signal: AbortSignal | undefined
  /** Told after each sample how many are done. */
  readonly onSample: (done: number) => void
}

/** A picture, prepared once for all candidates that want it the same way. */
interface Prepared {
  readonly batches: ReadonlyMap<string, { readonly tensor: Tensor; readonly geometry: readonly ImageGeometry[] }>
}

/**
 * Runs every candidate on every sample that its store does not hold yet. Each picture is decoded once, ahead of need;
 * several samples are under way at the same time, so that all requests of all engines are busy.
 *
 * @returns the samples that could not be read
 */
export async function runSamples(
  candidates: readonly Candidate[],
  source: Dataset | TensorIterable,
  options: RunSamplesOptions,
): Promise<readonly BrokenSample[]> {
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const stream = readSamples(source, {
    decode: (path, context) => prepare(path, candidates, context.signal),
    ahead: options.ahead,
    onBroken: options.onBroken,
    signal,
  })
  const window = Math.max(...candidates.map(({ engine }) => engine.requests)) + 1
  const underWay = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  let done = 0
  try {
    for await (const read of stream) {
      const work = inferSample(candidates, read, options.signal)
        .then(() => options.onSample(++done))
        .catch((error) => {
          failure ??= { error }
          // The data may keep us waiting for the next sample.
          stop.abort()
        })
        .finally(() => underWay.delete(work))
      underWay.add(work)
      while (underWay.size >= window && !failure) await Promise.race(underWay)
      if (failure) break
    }
  } catch (error) {
    failure ??= { error }
  } finally {
    stop.abort()
    await Promise.all(underWay)
  }
  if (failure) throw failure.error
  return stream.broken
}

function groupOf({ preprocessor, engine }: Candidate): string {
  return `${preprocessor?.digest} ${JSON.stringify(engine.inputs[0]?.shape)}`
}

async function prepare(path: string, candidates: readonly Candidate[], signal: AbortSignal): Promise<Prepared> {
  const image = await decodeImage(path, { signal })
  const batches = new Map<string, Awaited<ReturnType<Preprocessor['run']>>>()
  for (const candidate of candidates) {
    const group = groupOf(candidate)
    if (candidate.preprocessor && !batches.has(group)) batches.set(group, await candidate.preprocessor.run(image))
  }
  freeMemory(image.data)
  return { batches }
}

async function inferSample(
  candidates: readonly Candidate[],
  { sample, picture, tensors }: ReadSample<Prepared>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waiting = candidates.filter(({ store }) => !store.outcomes.has(sample.id))
  try {
    await Promise.all(waiting.map((candidate) => inferOne(candidate, sample.id, picture, tensors, signal)))
  } finally {
    for (const { tensor } of picture?.batches.values() ?? []) tensor.release()
  }
}

async function inferOne(
  candidate: Candidate,
  id: string,
  picture: Prepared | undefined,
  tensors: Readonly<Record<string, Tensor>> | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { engine, decode, store } = candidate
  const prepared = picture?.batches.get(groupOf(candidate))
  const inputs = prepared ? { [(engine.inputs[0] as Port).name]: prepared.tensor } : bindTensors(engine.inputs, tensors ?? {}, id)
  const geometry = prepared?.geometry ?? [geometryOfInput(inputs)]
  const outputs = await engine.infer(inputs, { signal })
  const nonFinite = countNonFinite(outputs)
  const results = decode(outputs, { geometry })
  const [result] = results
  if (result === undefined || results.length !== 1) {
    throw engineryError('RESULT_COUNT', { sample: id, expected: '1', received: String(results.length) })
  }
  store.add({ id, result, nonFinite })
  // A decoder of the user's own may have kept them.
  if (result.task !== 'custom') for (const tensor of Object.values(outputs)) tensor.release()
}

/** Tensors of a sample by input name; the only one to the only input; a missing batch dimension is added. */
function bindTensors(ports: readonly Port[], tensors: Readonly<Record<string, Tensor>>, id: string): Record<string, Tensor> {
  const names = Object.keys(tensors)
  const sole = ports.length === 1 && names.length === 1 ? (tensors[names[0] as string] as Tensor) : undefined
  return Object.fromEntries(
    ports.map((port) => {
      const tensor = tensors[port.name] ?? sole
      if (!tensor) {
        const received = names.join(', ') || 'none'
        throw engineryError('INPUT_MISSING', {
          name: port.name,
          expected: ports.map(({ name }) => name).join(', '),
          received: `${received} (sample ${id})`,
        })
      }
      const lacksBatch = port.shape !== null && port.shape.length === tensor.shape.length + 1
      return [port.name, lacksBatch ? Tensor.from(tensor.data, [1, ...tensor.shape], tensor.type) : tensor]
    }),
  )
}

// Without a picture, positions are those of the input itself.
function geometryOfInput(inputs: Readonly<Record<string, Tensor>>): ImageGeometry {
  const shape = Object.values(inputs)[0]?.shape ?? []
  const isChannelsLast = shape.length === 4 && (shape[3] as number) <= 4
  const [height = 1, width = 1] = isChannelsLast ? shape.slice(1, 3) : shape.slice(-2)
  const size = { width, height }
  return { original: size, input: size, scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
}
