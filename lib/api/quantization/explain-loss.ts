import type { GraphNode } from '../../graph/graph-node.js'
import type { LossReason } from '../../quantization/cure/cure-report.js'
import { describeLayerLoss } from '../../quantization/cure/describe-layer-loss.js'
import type { LayerSensitivity } from '../../quantization/sensitivity/rank-layers.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { observeTensors } from './observe-tensors.js'
import type { ObservedModel } from './observed-model.js'

/** Layers that are looked at, and inferences they are looked at in. */
const mostLayers = 4
const mostInferences = 4

/** Half of the noise of the worst layer: one like it is as much to blame. */
const share = 0.5

/**
 * Says why the layers that cost most do: looks at what they read in a few inferences.
 *
 * @param ranked most harmful first
 */
export async function explainLoss(
  observed: ObservedModel,
  ranked: readonly LayerSensitivity[],
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<LossReason[]> {
  const [worst] = ranked
  if (worst === undefined || worst.noise === 0) return []
  const blamed = ranked.filter(({ noise }) => noise >= share * worst.noise)
  const byLabel = new Map([...observed.graph.nodes].map((node) => [node.label, node]))
  const nodes = blamed.slice(0, mostLayers).map(({ layer }) => byLabel.get(layer) as GraphNode)
  const read = nodes.flatMap((node) => node.inputs.filter((input) => input !== null && input.constant === null))
  const names = [...new Set(read.map((tensor) => (tensor as { name: string }).name))]
  const seen = await observeTensors(observed, names, kept.slice(0, mostInferences), signal)
  const reasons = nodes.map((node) => describeLayerLoss(node, seen))
  if (blamed.length > ranked.length / 2 && ranked.length > 8) {
    const detail = `${blamed.length} of ${ranked.length} layers cost about as much as the worst`
    reasons.push({ kind: 'many-layers', layer: null, detail })
  }
  return reasons
}
