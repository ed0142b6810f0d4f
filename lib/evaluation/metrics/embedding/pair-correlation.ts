import { engineryError } from '../../../errors/enginery-error.js'
import type { Embedding } from '../../tasks/task.js'
import { requireSamples } from '../check-result.js'
import type { Metric, Observed } from '../metric.js'
import { checkVector, cosine } from './cosine-similarity.js'
import { RankCorrelation } from './rank-correlation.js'

const NAME = 'spearman'

/** Two samples and how alike they are said to be, on any scale. */
export interface SamplePair {
  readonly first: string
  readonly second: string
  readonly target: number
}

export interface PairCorrelationOptions {
  /** `consecutive`: samples 1 and 2 of the dataset, 3 and 4, and so on; either of them carries the pair's `target`. */
  readonly pairs: 'consecutive' | readonly SamplePair[]
}

interface EmbeddedSample {
  readonly vector: Float32Array
  readonly target: number | undefined
}

/**
 * How well the cosine of two vectors ranks pairs as their targets do: Spearman's correlation. Pairs of which a sample is
 * missing are left out, and counted in the details.
 */
export function createPairCorrelation(options: PairCorrelationOptions): Metric<Embedding, EmbeddedSample> {
  const correlationOf = (observed: readonly Observed<EmbeddedSample>[]) => {
    const { pairs, incomplete } = options.pairs === 'consecutive' ? pairConsecutive(observed) : pairNamed(observed, options.pairs)
    const cosines = Float64Array.from(pairs, ({ first, second }) =>
      cosine(first.observation.vector, second.observation.vector, second.id, NAME),
    )
    const correlation = new RankCorrelation(
      cosines,
      Float64Array.from(pairs, ({ target }) => target),
    )
    return { size: pairs.length, incomplete, score: (counts: Uint32Array) => correlation.correlate(counts) }
  }
  return {
    name: NAME,
    task: 'embedding',
    unit: 'correlation',
    higherIsBetter: true,
    compare(sample, { vector }) {
      checkVector(vector, sample, NAME)
      return { vector, target: sample.target }
    },
    summarize(observed) {
      requireSamples(observed.length, NAME)
      const { size, incomplete, score } = correlationOf(observed)
      const value = score(new Uint32Array(size).fill(1))
      if (Number.isNaN(value)) {
        const reason = `${size} pairs, of which all cosines or all targets are the same`
        throw engineryError('METRIC_UNDEFINED', { metric: NAME, reason })
      }
      return { value, details: { pairs: size, incomplete } }
    },
    resample: correlationOf,
  }
}

type Member = Observed<EmbeddedSample>

interface PairedSamples {
  readonly pairs: readonly { readonly first: Member; readonly second: Member; readonly target: number }[]
  readonly incomplete: number
}

function pairConsecutive(observed: readonly Member[]): PairedSamples {
  const byPosition = new Map(observed.map((member) => [member.position, member]))
  const starts = new Set(observed.map(({ position }) => position - (position % 2)))
  const pairs = [...starts].flatMap((start) => {
    const first = byPosition.get(start)
    const second = byPosition.get(start + 1)
    return first && second ? [{ first, second, target: targetOf(first, second) }] : []
  })
  return { pairs, incomplete: starts.size - pairs.length }
}

function targetOf(first: Member, second: Member): number {
  const target = first.observation.target ?? second.observation.target
  if (target === undefined) {
    throw engineryError('METRIC_ANNOTATION_MISSING', { metric: NAME, sample: first.id, what: `a target for it and ${second.id}` })
  }
  const other = second.observation.target ?? target
  if (Number.isFinite(target) && other === target) return target
  const reason = `the targets of it and ${second.id} are ${target} and ${other}, expected one finite number`
  throw engineryError('METRIC_RESULT_INVALID', { metric: NAME, sample: first.id, reason })
}

function pairNamed(observed: readonly Member[], named: readonly SamplePair[]): PairedSamples {
  const byId = new Map(observed.map((member) => [member.id, member]))
  const pairs = named.flatMap(({ first, second, target }) => {
    const [a, b] = [byId.get(first), byId.get(second)]
    return a && b ? [{ first: a, second: b, target }] : []
  })
  return { pairs, incomplete: named.length - pairs.length }
}
