import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import { type InferredShapes, inferShapes } from '../graph/shapes/infer-shapes.js'
import type { Tensor } from '../tensor/tensor.js'
import { ReductionAccumulator } from './accumulate-reductions.js'
import type { OpenModel } from './calibration-runner.js'
import type { CalibrationWarning } from './calibration-warning.js'
import { instrumentGraph } from './instrument-graph.js'
import { planReductions, type SkippedPoint } from './plan-reductions.js'
import type { SampleSource } from './sample-source.js'
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
  /** At most so many; default all. */
  readonly maxSamples?: number | undefined
  /** What to do with a sample that holds NaN or infinity, or leads to it; default `error`. */
  readonly onNotFinite?: 'error' | 'skip' | undefined
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
  /** Points without statistics, with the reason. */
  readonly skipped: readonly SkippedPoint[]
  readonly warnings: readonly CalibrationWarning[]
}

/**
 * Runs the float model on samples and observes its tensors. Statistics are computed inside the model, as far as they can
 * be, and one small vector a sample comes out.
 *
 * @throws the CALIBRATION_ codes, ABORTED, what `openModel` and its runner throw
 */
export async function collectStatistics(options: CollectOptions): Promise<CollectedStatistics> {
  const { graph, points, signal } = options
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'Collecting statistics' }, { cause: signal.reason })
  const stream = await openSamples({ ...options, source: options.samples, inputs: graph.inputs })
  const shapes = inferShapes(graph, stream.shapes === null ? {} : { inputs: stream.shapes })
  return runPass(options, stream, shapes, points)
}

async function runPass(
  options: CollectOptions,
  stream: SampleStream,
  shapes: InferredShapes,
  points: readonly StatisticPoint[],
): Promise<CollectedStatistics> {
  const { graph, openModel, signal, onProgress, onNotFinite = 'error' } = options
  const plan = planReductions(graph, points, shapes)
  const model = instrumentGraph(graph, shapes, plan.reductions, [])
  const accumulator = new ReductionAccumulator(plan, model)
  const warnings: CalibrationWarning[] = []
  const skippedSamples: number[] = []
  const source = stream.inferences()
  let done = 0
  try {
    const runner = await openModel(model.model, { shapes: stream.shapes ?? undefined, outputs: model.outputs, signal })
    try {
      for await (const outputs of runner.infer(source, { signal })) {
        const vector = model.vector === null ? null : (outputs[model.vector] as Tensor<'f32'>)
        const broken = vector && accumulator.findNotFinite(vector.data)
        if (broken) {
          if (onNotFinite === 'error') throw engineryError('CALIBRATION_NOT_FINITE', { sample: done, tensor: broken })
          skippedSamples.push(done)
        } else if (vector) accumulator.add(vector.data)
        for (const output of Object.values(outputs)) output.release()
        done += stream.batch
        onProgress?.({ pass: 0, passes: 1, samples: done })
      }
    } finally {
      await runner.close()
    }
  } finally {
    await source.return()
  }
  const sampleCount = done - skippedSamples.length * stream.batch
  if (sampleCount === 0) {
    throw engineryError('CALIBRATION_NOT_FINITE', { sample: 0, tensor: 'the model, with every sample,' })
  }
  const statistics: Map<string, TensorStatistics> = accumulator.finish()
  warnings.push(...stream.warnings, ...warnOfSkipped(skippedSamples))
  return { statistics, sampleCount, shapes: stream.shapes, passes: 1, skipped: plan.skipped, warnings }
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
