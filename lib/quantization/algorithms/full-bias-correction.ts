import type { StatisticPoint, Statistics } from '../../calibration/statistic-points.js'
import { type LinearOperator, shiftChannels } from '../../graph/folding/linear-operator.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Placement } from '../quantizer.js'
import { findBiased } from './fast-bias-correction.js'

/** Runs a graph, float or quantized, on some of the samples: the same ones each time. */
export type MeasureGraph = (graph: Graph, points: readonly StatisticPoint[]) => Promise<Statistics>

/** Layers that were corrected at once, since none is behind another. */
export interface BiasStep {
  readonly layers: number
  /** Root of the mean square of their shifts before, each over the largest magnitude of a mean in its layer. */
  readonly shift: number
}

/** Each is a run of the model up to its layers. Where there are more in a row, those between keep what they had. */
const mostSteps = 24

interface CorrectedLayer {
  readonly linear: LinearOperator
  readonly axis: number
  /** How many quantized layers are before it, at most. */
  readonly depth: number
}

/**
 * Brings the mean of each output channel of quantized layers to that of the float model, with all that the layers before
 * them do to it: what rounding and clipping take from a mean behind a Relu, no single layer knows. From the front to the back,
 * the quantized model runs up to a layer, and its bias takes the difference.
 *
 * To be made while weights are constants, and run when quantizers are in their places and biases are corrected by weights.
 *
 * Source: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019 (appendix D).
 */
export class FullBiasCorrection {
  /** Once run. */
  readonly steps: BiasStep[] = []
  readonly #layers: readonly CorrectedLayer[]

  constructor(graph: Graph, { weights }: Placement, shapes: InferredShapes) {
    const depths = measureDepths(graph, new Set(weights.map(({ use }) => use.node)))
    this.#layers = weights.flatMap(({ use }) => {
      const linear = findBiased(use.node, shapes)
      const rank = linear && (shapes.get(linear.output)?.shape?.length ?? null)
      if (linear === null || linear.bias === null || rank === null) return []
      return [{ linear, axis: rank + linear.channelAxis, depth: depths.get(use.node) as number }]
    })
  }

  /** @param float the graph as it was before it was quantized, with the same names */
  async run(graph: Graph, float: Graph, measure: MeasureGraph): Promise<void> {
    const steps = chooseSteps(this.#layers)
    const expected = await measure(float, steps.flat().map(pointOf))
    for (const layers of steps) {
      const found = await measure(graph, layers.map(pointOf))
      let [sum, count] = [0, 0]
      for (const { linear } of layers) {
        const [before, after] = [expected, found].map((statistics) => statistics.get(linear.output.name)?.channelMean?.means)
        if (before === undefined || after === undefined || before.length !== linear.channels) continue
        const most = before.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
        const shift = before.map((mean, channel) => mean - (after[channel] as number))
        if (!(most > 0) || !shift.every(Number.isFinite) || !shiftChannels(graph, linear, shift)) continue
        for (const value of shift) sum += (value / most) ** 2
        count += shift.length
      }
      this.steps.push({ layers: layers.length, shift: count === 0 ? 0 : Math.sqrt(sum / count) })
    }
  }
}

function pointOf({ linear, axis }: CorrectedLayer): StatisticPoint {
  return { tensor: linear.output.name, kind: 'channel-mean', axis }
}

/** Of each quantized node, how many are before it on the longest way. */
function measureDepths(graph: Graph, quantized: ReadonlySet<GraphNode>): Map<GraphNode, number> {
  const depths = new Map<GraphNode, number>()
  for (const node of sortNodes(graph)) {
    let depth = 0
    for (const input of node.inputs) {
      const producer = input?.producer ?? null
      if (producer !== null) depth = Math.max(depth, (depths.get(producer) ?? 0) + (quantized.has(producer) ? 1 : 0))
    }
    depths.set(node, depth)
  }
  return depths
}

/** Layers of one depth each, from the front; of more depths than there are steps for, evenly spread ones with the last. */
function chooseSteps(layers: readonly CorrectedLayer[]): CorrectedLayer[][] {
  const byDepth = new Map<number, CorrectedLayer[]>()
  for (const layer of layers) byDepth.set(layer.depth, [...(byDepth.get(layer.depth) ?? []), layer])
  const depths = [...byDepth.keys()].sort((a, b) => a - b)
  const count = Math.min(depths.length, mostSteps)
  const chosen = Array.from({ length: count }, (_, step) => depths[Math.ceil(((step + 1) * depths.length) / count) - 1] as number)
  return chosen.map((depth) => byDepth.get(depth) as CorrectedLayer[])
}
