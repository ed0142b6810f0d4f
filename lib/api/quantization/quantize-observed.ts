import type { SkippedPoint } from '../../calibration/plan-reductions.js'
import { engineryError } from '../../errors/enginery-error.js'
import { cloneGraph } from '../../graph/clone-graph.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { MeasureGraph } from '../../quantization/algorithms/full-bias-correction.js'
import {
  type Collect,
  type QuantizationResult,
  type QuantizationSettings,
  quantizeGraph,
} from '../../quantization/quantize-graph.js'
import type { ObservedModel } from './observed-model.js'

/** One way of quantizing the observed graph. */
export interface QuantizedAttempt {
  /** As {@link quantizeObserved} was told, with nodes that turned out to stay float. */
  readonly how: QuantizationSettings
  /** The quantized graph. */
  readonly graph: Graph
  /** Its nodes in the order of the float graph's; quantizers are none of them. */
  readonly nodes: readonly GraphNode[]
  readonly result: QuantizationResult
}

/** Tensors that turned out not to be observable. */
class UnobservableError extends Error {
  constructor(readonly skipped: readonly SkippedPoint[]) {
    super('some tensors cannot be observed')
  }
}

// Each leaves out what reads a tensor, so that quantizers may move to the next one.
const mostAttempts = 8

/** The quantized model runs many times for a full correction of biases, and means settle soon. */
const mostMeasuredSamples = 64

/**
 * Quantizes a copy of the observed graph, and leaves nodes float whose inputs cannot be observed: then statistics are
 * collected anew.
 *
 * @param how with nodes of the observed graph
 * @throws CALIBRATION_POINT_INVALID where samples cannot be read again, and the CALIBRATION_ codes
 */
export async function quantizeObserved(observed: ObservedModel, how: QuantizationSettings): Promise<QuantizedAttempt> {
  const ignored = new Map<GraphNode, string>(how.ignored)
  for (let attempt = 1; ; attempt++) {
    const graph = cloneGraph(observed.graph)
    const nodes = [...graph.nodes]
    const originals = [...observed.graph.nodes]
    const twins = new Map(originals.map((node, index) => [node, nodes[index] as GraphNode]))
    const own = new Map([...ignored].map(([node, reason]) => [twins.get(node) as GraphNode, reason]))
    try {
      const shapes = observed.inferShapes(graph)
      const measure: MeasureGraph = async (measured, points) =>
        (await observed.collect(points, measured, mostMeasuredSamples)).statistics
      const collect: Collect = async (points) => {
        const found = await observed.collect(points, how.channelAlignment ? graph : observed.graph)
        // Without a mean no bias is corrected, without a spread no channel scaled, and that is all.
        const skipped = found.skipped.filter(({ point }) => point.kind !== 'channel-mean' && point.kind !== 'channel-spread')
        if (skipped.length > 0) throw new UnobservableError(skipped)
        return found.statistics
      }
      const exact = new Set([...(how.exact ?? ignored.keys())].map((node) => twins.get(node) as GraphNode))
      const result = await quantizeGraph(graph, shapes, { ...how, ignored: own, exact }, collect, measure)
      return { how: { ...how, ignored }, graph, nodes, result }
    } catch (error) {
      if (!(error instanceof UnobservableError)) throw error
      for (const { point, reason } of error.skipped) {
        const { tensor } = point
        if (!observed.isRepeatable || attempt === mostAttempts)
          throw engineryError('CALIBRATION_POINT_INVALID', { tensor, reason })
        for (const node of observed.graph.tensors.get(tensor)?.consumers ?? [])
          ignored.set(node, `its input ${tensor} cannot be observed: ${reason}`)
      }
    }
  }
}
