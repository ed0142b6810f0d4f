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

/** A tensor of the table, and where its scale comes from. */
export interface TableTensor {
  readonly tensor: string
  /** The one whose statistics are its own. */
  readonly source: string
  readonly estimator: RangeEstimator
}

/**
 * A calibration table of observed tensors. TensorRT's implicit quantization is symmetric: what counts is the larger end.
 *
 * @param tensors in the order of the table; those without statistics are left out
 * @param header its version such as `101501`
 */
export function tableFromStatistics(
  statistics: Statistics,
  tensors: readonly TableTensor[],
  header: Pick<TableHeader, 'algorithm' | 'version'>,
): CalibrationTable {
  const scales = new Map<string, number>()
  for (const { tensor, source, estimator } of tensors) {
    const found = statistics.get(source)
    if (found === undefined || !canEstimate(found, estimator)) continue
    const { min, max } = estimateRange(found, estimator, { isSymmetric: true, steps: 127 })
    scales.set(tensor, scaleOfRange(Math.max(-min, max, 0)))
  }
  return { ...(parseTableHeader(formatTableHeader(header)) as TableHeader), scales }
}
