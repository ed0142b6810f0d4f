import type { RangeEstimator } from '../calibration/range-estimator-options.js'
import type { StatisticPoint, Statistics } from '../calibration/statistic-points.js'
import { cloneGraph } from '../graph/clone-graph.js'
import type { Graph } from '../graph/graph.js'
import type { GraphNode } from '../graph/graph-node.js'
import type { InferredShapes } from '../graph/shapes/infer-shapes.js'
import type { Algorithm } from './algorithm.js'
import { ChannelAlignment } from './algorithms/channel-alignment.js'
import { FastBiasCorrection } from './algorithms/fast-bias-correction.js'
import { type BiasStep, FullBiasCorrection, type MeasureGraph } from './algorithms/full-bias-correction.js'
import { MinMaxQuantization } from './algorithms/min-max.js'
import { type SmoothedTensor, SmoothQuant } from './algorithms/smooth-quant.js'
import { placeQuantizers } from './placement/place-quantizers.js'
import type { Placement, QuantizerParameters } from './quantizer.js'
import type { ValueRange } from './quantizer-parameters.js'
import { dropDefaults } from './rewrite/drop-defaults.js'
import { shareScalars } from './rewrite/share-scalars.js'
import type { UnsmoothedTensor } from './smoothing/find-smoothing-blocks.js'
import type { Target } from './targets/target.js'
import type { WeightOptions } from './weights/quantize-weights.js'
import { storeHalves } from './weights/store-halves.js'
import { WeightStore } from './weights/weight-store.js'

export interface QuantizationSettings {
  readonly target: Target
  readonly isSymmetric: boolean
  readonly estimator: RangeEstimator
  /** True and `fast`: by the error of weights alone; `full`: by running the quantized model too. */
  readonly biasCorrection: boolean | 'fast' | 'full'
  readonly channelAlignment: boolean
  /** Channels of activations are scaled where that makes the error less; false: nowhere. */
  readonly smoothQuant: false | { readonly alpha: number | null; readonly convolutions: boolean }
  /** A scale for each output channel of weights; else one for all of them. */
  readonly perChannel: boolean
  /** How weights become integers; default: as most engines expect them. */
  readonly weights?: WeightOptions
  /** Nodes that stay float, each with the reason. */
  readonly ignored: ReadonlyMap<GraphNode, string>
  /** Those that compute with the very floats of the file, because a user named them; default: all that are ignored. */
  readonly exact?: ReadonlySet<GraphNode>
}

/** Observes the float graph; called once for all algorithms of a step. */
export type Collect = (points: readonly StatisticPoint[]) => Promise<Statistics>

export interface QuantizationResult {
  readonly placement: Placement
  /** By tensor. */
  readonly parameters: ReadonlyMap<string, QuantizerParameters>
  readonly ranges: ReadonlyMap<string, ValueRange>
  /** Labels of the nodes whose bias was corrected. */
  readonly corrected: readonly string[]
  /** What running the quantized model corrected, from the front to the back; none unless that was asked for. */
  readonly biasSteps: readonly BiasStep[]
  /** Labels of convolutions whose output channels were scaled. */
  readonly aligned: readonly string[]
  /** Activations whose channels were scaled, and those whose were not. */
  readonly smoothed: readonly SmoothedTensor[]
  readonly unsmoothed: readonly UnsmoothedTensor[]
}

/**
 * Makes a float graph a quantized one. The graph is changed; `shapes` are its own.
 *
 * The algorithms of one step share one pass over the data.
 *
 * @param measure runs graphs for the full correction of biases; without it, that is left out
 */
export async function quantizeGraph(
  graph: Graph,
  shapes: InferredShapes,
  settings: QuantizationSettings,
  collect: Collect,
  measure: MeasureGraph | null = null,
): Promise<QuantizationResult> {
  const placement = placeQuantizers(graph, shapes, settings)
  const weights = new WeightStore(settings.weights)
  const alignment = new ChannelAlignment(placement, shapes)
  // It observes nothing, so the pass that follows is the only one.
  if (settings.channelAlignment) alignment.apply(graph)
  const { smoothQuant, target, estimator } = settings
  const smoothing = smoothQuant ? new SmoothQuant(graph, placement, shapes, { target, estimator, ...smoothQuant }) : null
  const minMax = new MinMaxQuantization(placement, estimator, weights, smoothing)
  const biasCorrection = settings.biasCorrection ? new FastBiasCorrection(placement, shapes, weights) : null
  // Bias correction compares float weights with integers, so it comes before the former are gone.
  const step: readonly Algorithm[] = biasCorrection === null ? [minMax] : [biasCorrection, minMax]
  const points = step.flatMap((algorithm) => algorithm.statisticPoints(graph))
  const observed = await collect([...points, ...(smoothing?.statisticPoints() ?? [])])
  // It changes the activations that the others come to, so it is first.
  smoothing?.apply(graph, observed)
  const statistics = smoothing?.divideStatistics(observed) ?? observed
  const full = settings.biasCorrection === 'full' && measure !== null ? new FullBiasCorrection(graph, placement, shapes) : null
  const float = full && cloneGraph(graph)
  for (const algorithm of step) await algorithm.apply(graph, statistics)
  if (full !== null && float !== null && measure !== null) await full.run(graph, float, measure)
  if (target.restoresHalves) {
    storeHalves(graph, settings.exact ?? new Set(settings.ignored.keys()))
    dropDefaults(graph)
    shareScalars(graph)
  }
  return {
    placement,
    parameters: minMax.parameters,
    ranges: minMax.ranges,
    corrected: biasCorrection?.corrected ?? [],
    biasSteps: full?.steps ?? [],
    aligned: alignment.aligned,
    smoothed: smoothing?.smoothed ?? [],
    unsmoothed: smoothing?.unsmoothed ?? [],
  }
}
