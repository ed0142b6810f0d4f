import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import { inferShapes } from '../graph/shapes/infer-shapes.js'
import type { OpenModel } from './calibration-runner.js'
import type { CalibrationWarning } from './calibration-warning.js'
import type { InferenceWitness } from './inference-witness.js'
import {
  type Convergence,
  findDeadTensors,
  measureConvergence,
  warnOfConvergence,
  warnOfDeadTensors,
} from './measure-convergence.js'
import { observeConstants } from './observe-constants.js'
import { planPasses } from './plan-passes.js'
import type { SkippedPoint } from './plan-reductions.js'
import { type PassResult, runPass } from './run-pass.js'
import { isRepeatable, type SampleSource } from './sample-source.js'
import { openSamples, type SampleStream } from './sample-stream.js'
import type { StatisticPoint, Statistics, TensorStatistics } from './statistic-points.js'

export interface CollectProgress {
  /** From 0. */
  readonly pass: number
  readonly passes: number
  /** Done in this pass. */
  readonly samples: number
}

export interface CollectOptions {
  /** The float model, folded. */
  readonly graph: Graph
  readonly points: readonly StatisticPoint[]
  readonly samples: SampleSource
  readonly openModel: OpenModel
  /** Of inputs, where the model leaves lengths open; default: the first sample's, with a batch of 1 where it has none. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined
  /** Lets samples differ in the lengths that the model leaves open; slower. */
  readonly isDynamic?: boolean | undefined
  /** True where preprocessing brings pictures to a mean and scale: pixels as they are would be odd then. */
  readonly isNormalized?: boolean | undefined
  /** At most so many; default all. */
  readonly maxSamples?: number | undefined
  /** What to do with a sample that holds NaN or infinity, or leads to it; default `error`. */
  readonly onNotFinite?: 'error' | 'skip' | undefined
  /** Bytes that tensors which leave the model, and their histograms, may take together; then the samples are read again. */
  readonly memoryLimit?: number | undefined
  /** Sees the inferences of the first pass, and the model's own outputs. */
  readonly witness?: InferenceWitness | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: CollectProgress) => void) | undefined
}

export interface CollectedStatistics {
  readonly statistics: Statistics
  /** That went into the statistics. */
  readonly sampleCount: number
  /** Of inputs, as the model ran; null where they differed. */
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  readonly passes: number
  /** How ranges moved with the later samples. */
  readonly convergence: Convergence
  /** Points without statistics, with the reason. */
  readonly skipped: readonly SkippedPoint[]
  readonly warnings: readonly CalibrationWarning[]
}

/**
 * Runs the float model on samples and observes its tensors. Ranges and means are computed inside the model, so that one
 * small vector a sample comes out; tensors leave it whole for histograms and quantiles alone.
 *
 * @throws the CALIBRATION_ codes, ABORTED, what `openModel` and its runner throw
 */
export async function collectStatistics(options: CollectOptions): Promise<CollectedStatistics> {
  const { graph, points, samples, openModel, memoryLimit, onNotFinite = 'error', signal, onProgress } = options
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'Collecting statistics' }, { cause: signal.reason })
  let stream = await openSamples({ ...options, source: samples, inputs: graph.inputs })
  const first = stream
  try {
    const shapes = inferShapes(graph, stream.shapes === null ? {} : { inputs: stream.shapes })
    const { passes, constant, skipped } = planPasses(graph, points, shapes, memoryLimit)
    if (passes.length > 1 && !isRepeatable(samples)) throw engineryError('CALIBRATION_SOURCE_SPENT', { passes: passes.length })
    const known = await observeConstants(graph, constant)
    const results: PassResult[] = []
    for (const [pass, content] of passes.entries()) {
      if (pass > 0) stream = await openSamples({ ...options, source: samples, inputs: graph.inputs })
      const onSamples = (done: number) => onProgress?.({ pass, passes: passes.length, samples: done })
      const witness = pass === 0 ? options.witness : undefined
      const result = await runPass(content, stream, { graph, shapes, openModel, onNotFinite, witness, signal, onSamples })
      requireSame(first, results[0] ?? result, stream, result)
      results.push(result)
    }
    const [{ inferences, notFinite }] = results as [PassResult]
    const sampleCount = (inferences - notFinite.length) * stream.batch
    if (sampleCount === 0) throw engineryError('CALIBRATION_NOT_FINITE', { sample: 0, tensor: 'the model, with every sample,' })
    const statistics = new Map<string, TensorStatistics>(known.statistics)
    for (const result of results) {
      for (const [tensor, found] of result.statistics) statistics.set(tensor, { ...statistics.get(tensor), ...found })
    }
    const convergence = measureConvergence(statistics)
    const active = new Map([...statistics].filter(([name]) => graph.tensors.get(name)?.constant === null))
    return {
      statistics,
      convergence,
      sampleCount,
      shapes: stream.shapes,
      passes: passes.length,
      skipped: [...skipped, ...known.skipped, ...results.flatMap((result) => result.skipped)],
      warnings: [
        ...first.warnings,
        ...warnOfSkipped(notFinite.map((inference) => inference * first.batch)),
        ...warnOfConvergence(convergence),
        ...warnOfDeadTensors(findDeadTensors(active)),
      ],
    }
  } finally {
    await stream.close()
  }
}

/** Statistics of one tensor must be of the same samples in every pass. */
function requireSame(first: SampleStream, firstResult: PassResult, stream: SampleStream, result: PassResult): void {
  const describe = (stream: SampleStream, { inferences, notFinite }: PassResult) =>
    JSON.stringify([stream.shapes, inferences, notFinite])
  if (describe(first, firstResult) === describe(stream, result)) return
  const reason = `it gave ${firstResult.inferences * first.batch} samples the first time, ${result.inferences * stream.batch} now, or others`
  throw engineryError('CALIBRATION_SOURCE_FAILED', { sample: result.inferences * stream.batch, reason })
}

function warnOfSkipped(samples: readonly number[]): CalibrationWarning[] {
  if (samples.length === 0) return []
  const shown = `${samples.slice(0, 8).join(', ')}${samples.length > 8 ? ', ...' : ''}`
  return [
    {
      code: 'SAMPLES_NOT_FINITE',
      message: `${samples.length} samples are left out because of NaN or infinity: ${shown}`,
      why: 'One NaN makes a range, and with it every output of a quantized layer, meaningless.',
    },
  ]
}
