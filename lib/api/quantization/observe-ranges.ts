import { collectStatistics } from '../../calibration/collect-statistics.js'
import type { StatisticPoint, Statistics } from '../../calibration/statistic-points.js'
import type { Graph } from '../../graph/graph.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { CalibrationSettings } from '../../quantization/quantize-options.js'
import { openCalibrationSource } from '../calibration/calibration-source.js'
import { openCalibrationModel } from './run-calibration-model.js'

interface Observing {
  readonly calibration: CalibrationSettings
  /** Of inputs that the model leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * How far every float tensor between nodes reaches on samples.
 *
 * @param inferred shapes of that graph
 * @throws the CALIBRATION_ codes, ABORTED, as opening samples does
 */
export async function observeRanges(
  graph: Graph,
  inferred: InferredShapes,
  { calibration, shapes, signal }: Observing,
): Promise<Statistics> {
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape: shapes?.[name] ?? shape }))
  const source = await openCalibrationSource(calibration, inputs, { signal })
  try {
    const points: StatisticPoint[] = []
    for (const tensor of graph.tensors.values()) {
      const isWritten = tensor.isGraphInput || tensor.producer !== null
      if (isWritten && inferred.get(tensor)?.elementType === 'f32') points.push({ tensor: tensor.name, kind: 'range' })
    }
    const { dynamic, onNotFinite, memoryLimit } = calibration
    const options = { shapes, isDynamic: dynamic, onNotFinite, memoryLimit, signal }
    const samples = source.isRepeatable ? source.samples : source.samples()
    const { statistics } = await collectStatistics({ graph, points, samples, openModel: openCalibrationModel, ...options })
    return statistics
  } finally {
    await source.close()
  }
}
