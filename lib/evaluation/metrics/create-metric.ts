import type { Category } from '../../dataset/annotations.js'
import { parseOptions } from '../../errors/parse-options.js'
import { createClassificationAccuracy } from './classification-accuracy.js'
import { createCocoMap } from './detection/coco-map.js'
import { createRotatedMap, type PolygonOverlap } from './detection/rotated-map.js'
import { createVocMap } from './detection/voc-map.js'
import { createPairCorrelation } from './embedding/pair-correlation.js'
import type { Metric } from './metric.js'
import { type MetricInput, type MetricOptions, metricSchema } from './metric-options.js'
import { createTextDetection } from './text/text-detection.js'
import { createCharacterErrorRate, createLineAccuracy } from './text/text-recognition.js'

/** What metrics need beyond their own options. */
export interface MetricContext {
  /** The dataset's. */
  readonly categories: readonly Category[]
  /** Intersection over union of polygons. */
  readonly overlap: PolygonOverlap
}

/**
 * Makes the metric that a recipe names.
 * @throws OPTION_INVALID
 * @example createMetric({ name: 'coco-map' }, { categories: dataset.categories, overlap })
 */
export function createMetric(options: MetricInput, context: MetricContext): Metric {
  return makeMetric(parseOptions(metricSchema, options, createMetric), context) as unknown as Metric
}

function makeMetric(options: MetricOptions, { categories, overlap }: MetricContext) {
  switch (options.name) {
    case 'accuracy':
      return createClassificationAccuracy({ categories, top: options.top })
    case 'coco-map':
      return createCocoMap({ categories })
    case 'voc-map':
      return createVocMap({ ...options, categories })
    case 'rotated-map':
      return createRotatedMap({ ...options, categories, overlap })
    case 'line-accuracy':
      return createLineAccuracy(options)
    case 'character-error-rate':
      return createCharacterErrorRate(options)
    case 'text-detection':
      return createTextDetection({ ...options, overlap })
    case 'spearman':
      return createPairCorrelation(options)
  }
}
