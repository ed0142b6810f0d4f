import { estimateRange } from '../estimate-range.js'
import { type RangeEstimator, rangeEstimatorSchema } from '../range-estimator-options.js'
import type { Statistics, TensorStatistics } from '../statistic-points.js'
import type { CalibrationTable } from './calibration-table.js'
import { scaleOfRange } from './scale-hex.js'
import { type CalibrationAlgorithm, formatTableHeader, parseTableHeader, type TableHeader } from './table-header.js'

/** How ranges are estimated for the table of a calibrator, unless told otherwise: as TensorRT's own does. */
export function estimatorOf(algorithm: CalibrationAlgorithm): RangeEstimator {
  const names = { entropy2: 'entropy', entropy: 'entropy', minmax: 'minmax', legacy: 'percentile' } as const
  return rangeEstimatorSchema.parse(names[algorithm])
}

/** True where statistics hold what an estimator needs. */
export function canEstimate(statistics: TensorStatistics, { statistic }: RangeEstimator): boolean {
  if (statistic === 'minmax') return statistics.range !== undefined
  if (statistic === 'quantile') return statistics.quantiles !== undefined
  return statistics.histogram !== undefined
}

/**
 * A calibration table of observed tensors. TensorRT's implicit quantization is symmetric: what counts is the larger end.
 *
 * @param tensors in the order of the table; those without statistics are left out
 * @param version of the header, such as `101501`
 */
export function tableFromStatistics(
  statistics: Statistics,
  tensors: Iterable<string>,
  {
    algorithm,
    version,
    estimator = estimatorOf(algorithm),
  }: {
    readonly algorithm: CalibrationAlgorithm
    readonly version: string
    readonly estimator?: RangeEstimator | undefined
  },
): CalibrationTable {
  const scales = new Map<string, number>()
  for (const tensor of tensors) {
    const found = statistics.get(tensor)
    if (found === undefined || !canEstimate(found, estimator)) continue
    const { min, max } = estimateRange(found, estimator, { isSymmetric: true })
    scales.set(tensor, scaleOfRange(Math.max(-min, max, 0)))
  }
  const header = parseTableHeader(formatTableHeader({ version, algorithm })) as TableHeader
  return { ...header, scales }
}
