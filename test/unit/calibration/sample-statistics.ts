import { addHistograms } from '../../../lib/calibration/merge-statistics.js'
import type { Histogram } from '../../../lib/calibration/statistic-points.js'
import type { StoredStatistics } from '../../../lib/calibration/stats-file.js'

/** Statistics with one of everything. */
export function makeStored(data = 'a', samples = 3): StoredStatistics {
  const histogram: Histogram = { width: 0.25, first: -2, counts: Float64Array.of(1, 0, 5, 2) }
  return {
    identity: {
      model: 'm',
      data,
      preprocess: null,
      options: { shapes: { x: [1, 3, 8, 8] }, isDynamic: false, maxSamples: null, onNotFinite: 'error' },
    },
    sampleCount: samples,
    shapes: { x: [1, 3, 8, 8] },
    skipped: [{ point: { tensor: 'sizes', kind: 'range' }, reason: 'its elements are i64' }],
    warnings: [{ code: 'SAMPLES_FEW', message: 'few', why: 'because' }],
    convergence: [{ samples: 2, median: 0.01, worst: 0.1, worstTensor: 'x' }],
    answers: {
      most: 8,
      inferences: [
        {
          inputs: 'd',
          outputs: new Map([
            ['scores', { shape: [1, 2], isWhole: false, values: Float32Array.of(0.5, -1) }],
            ['classes', { shape: [1, 3], isWhole: true, values: Float64Array.of(1, 2 ** 40, 3) }],
          ]),
        },
      ],
      scale: [{ code: 'SAMPLES_SCALED', message: 'large', why: 'because' }],
    },
    statistics: new Map([
      ['x', { range: { minima: new Float32Array(samples).fill(-1.1), maxima: new Float32Array(samples).fill(2) } }],
      [
        'y',
        {
          channelRange: { axis: 1, minima: Float32Array.of(-1, 0), maxima: Float32Array.of(0, 3) },
          channelMean: { axis: 1, means: Float64Array.of(0.1, samples) },
          channelSpread: {
            axis: 1,
            minima: new Float32Array(2 * samples).fill(-1),
            maxima: Float32Array.from({ length: 2 * samples }, (_, at) => at),
            squares: Float64Array.of(0.5, samples),
          },
          histogram: addHistograms(histogram, histogram),
          quantiles: { lower: 0.1, upper: 0.9, low: new Float32Array(samples), high: new Float32Array(samples).fill(1) },
        },
      ],
      ['nothing', {}],
    ]),
  }
}
