import type { NamedTensors } from '../calibration/calibration-runner.js'
import { type PeekedSamples, peekSample, shapesOfSample } from '../calibration/peek-sample.js'
import type { SkippedPoint } from '../calibration/plan-reductions.js'
import { type SampleInput, stackSamples } from '../calibration/prepare-samples.js'
import { type ReusedStatistics, type ReuseOptions, reuseStatistics } from '../calibration/reuse-statistics.js'
import type { StatisticPoint } from '../calibration/statistic-points.js'
import { StatisticsCache } from '../calibration/statistics-cache.js'
import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import type { GraphNode } from '../graph/graph-node.js'
import { type InferredShapes, inferShapes } from '../graph/shapes/infer-shapes.js'
import { unknownFacts } from '../graph/shapes/rule.js'
import { logSafely, silentLogger } from '../logging/logger.js'
import { type QuantizationResult, type QuantizationSettings, quantizeGraph } from '../quantization/quantize-graph.js'
import type { QuantizeSettings } from '../quantization/quantize-options.js'
import { type CalibrationSource, openCalibrationSource } from './calibration-source.js'
import type { QuantizeRun } from './quantize-run.js'
import { openCalibrationModel } from './run-calibration-model.js'

export interface ObservedQuantization {
  readonly result: QuantizationResult
  readonly collected: ReusedStatistics
  /** What the model takes at once, made of the first sample; null where nobody looked at one. */
  readonly example: NamedTensors | null
}

/**
 * Observes the graph on samples and quantizes it.
 *
 * @throws the CALIBRATION_ codes, and what opening the data throws
 */
export async function quantizeObserved(
  settings: QuantizeSettings,
  run: QuantizeRun,
  graph: Graph,
  how: QuantizationSettings,
): Promise<ObservedQuantization> {
  const { calibration, shapes, signal } = settings
  const inputs = graph.inputs.map((input) => ({
    name: input.name,
    elementType: input.elementType,
    shape: shapes?.[input.name] ?? input.shape,
  }))
  run.enter('samples')
  const source = await run.unlessAborted(openCalibrationSource(calibration, inputs, { signal }), (late) => late.close())
  let peeked: PeekedSamples | null = null
  try {
    const kept = await run.unlessAborted(keepStatistics(settings, source))
    const isOpen = inputs.some(({ shape }) => !shape?.every((length) => typeof length === 'number'))
    if (settings.measure || (isOpen && !calibration.dynamic)) {
      peeked = await run.unlessAborted(peekSample(source.samples, inputs), (late) => late.close())
    }
    const samples = peeked?.samples ?? source.samples
    const collected: ReusedStatistics[] = []
    const collect = async (points: readonly StatisticPoint[]) => {
      run.enter('statistics')
      const found = await reuseStatistics({
        ...kept,
        graph,
        points,
        samples: source.isRepeatable ? samples : samples(),
        openModel: openCalibrationModel,
        shapes,
        isDynamic: calibration.dynamic,
        onNotFinite: calibration.onNotFinite,
        memoryLimit: calibration.memoryLimit,
        signal,
        onProgress: ({ pass, passes, samples }) => {
          const total = source.count ?? undefined
          const part = total === undefined ? 0 : (pass + samples / total) / passes
          run.enter('statistics', part, { done: samples, ...(total !== undefined && { total }) })
        },
      })
      collected.push(found)
      return found
    }
    const first = peeked?.first ?? null
    const known = inferObserved(graph, shapes, calibration.dynamic ? null : first, inputs)
    const result = await quantizeObservable(graph, known, how, { isRepeatable: source.isRepeatable, collect })
    const last = collected.at(-1) as ReusedStatistics
    const broken = source.broken.map(({ id, reason }) => ({
      code: 'PICTURE_BROKEN',
      message: `${id} could not be read: ${reason}`,
      why: 'The ranges are of the others alone.',
    }))
    return {
      result,
      collected: { ...last, warnings: [...last.warnings, ...broken] },
      example: first && exampleOf(first, inputs),
    }
  } finally {
    await peeked?.close()
    await source.close()
  }
}

/** Shapes as they are while samples run; where nothing follows from these, as the file has them. */
function inferObserved(
  graph: Graph,
  shapes: QuantizeSettings['shapes'],
  first: NamedTensors | null,
  inputs: readonly SampleInput[],
): InferredShapes {
  if (shapes === undefined && first === null) return inferShapes(graph)
  const observed = { ...(first && shapesOfSample(first, inputs)), ...shapes }
  const stated = inferShapes(graph)
  const found = inferShapes(graph, { inputs: observed })
  return new Map(
    [...stated].map(([tensor, facts]) => {
      const own = found.get(tensor) ?? unknownFacts
      return [tensor, own.shape === null ? facts : own]
    }),
  )
}

function exampleOf(first: NamedTensors, inputs: readonly SampleInput[]): NamedTensors {
  const [batch] = Object.entries(shapesOfSample(first, inputs)).map(
    ([name, shape]) => (shape[0] ?? 1) / (first[name]?.shape[0] ?? 1),
  )
  return batch === undefined || batch === 1 ? first : stackSamples(new Array<NamedTensors>(batch).fill(first), 0)
}

/** Tensors that turned out not to be observable, while nothing was changed yet. */
class UnobservableError extends Error {
  constructor(readonly skipped: readonly SkippedPoint[]) {
    super('some tensors cannot be observed')
  }
}

// Each leaves out what reads a tensor, so that quantizers may move to the next one.
const mostAttempts = 8

/**
 * Quantizes, and leaves nodes float whose inputs cannot be observed: then statistics are collected anew.
 *
 * @throws CALIBRATION_POINT_INVALID where samples cannot be read again
 */
async function quantizeObservable(
  graph: Graph,
  shapes: InferredShapes,
  how: QuantizationSettings,
  observing: {
    readonly isRepeatable: boolean
    readonly collect: (points: readonly StatisticPoint[]) => Promise<ReusedStatistics>
  },
): Promise<QuantizationResult> {
  const ignored = new Map<GraphNode, string>(how.ignored)
  for (let attempt = 1; ; attempt++) {
    try {
      return await quantizeGraph(graph, shapes, { ...how, ignored }, async (points) => {
        const found = await observing.collect(points)
        // Without a mean no bias is corrected, without a spread no channel scaled, and that is all.
        const skipped = found.skipped.filter(({ point }) => point.kind !== 'channel-mean' && point.kind !== 'channel-spread')
        if (skipped.length > 0) throw new UnobservableError(skipped)
        return found.statistics
      })
    } catch (error) {
      if (!(error instanceof UnobservableError)) throw error
      for (const { point, reason } of error.skipped) {
        const { tensor } = point
        if (!observing.isRepeatable || attempt === mostAttempts)
          throw engineryError('CALIBRATION_POINT_INVALID', { tensor, reason })
        for (const node of graph.tensors.get(tensor)?.consumers ?? [])
          ignored.set(node, `its input ${tensor} cannot be observed: ${reason}`)
      }
    }
  }
}

/** Where statistics are kept, and what tells their data; reading that takes time, and is left out where nothing is kept. */
async function keepStatistics(
  { calibration, logger = silentLogger }: QuantizeSettings,
  source: CalibrationSource,
): Promise<Pick<ReuseOptions, 'data' | 'preprocess' | 'path' | 'cache'>> {
  const { preprocess } = source
  const { stats, cache } = calibration
  if (stats === undefined && !cache) return { data: '', preprocess }
  const data = await source.identity()
  if (data === null && stats === undefined) {
    logSafely(logger, 'warn', 'statistics are not kept: no file holds the samples, and calibration.id does not name them')
    return { data: '', preprocess }
  }
  if (data === null) {
    const reason = 'expected a name for samples that no file holds, so that their statistics can be told from others'
    throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.id', reason })
  }
  return {
    data,
    preprocess,
    ...(stats !== undefined ? { path: stats } : { cache: new StatisticsCache({ dir: cache as string, logger }) }),
  }
}
