import { instrumentGraph } from '../calibration/instrument-graph.js'
import type { GraphNode } from '../graph/graph-node.js'
import type { LossReason } from '../quantization/cure/cure-report.js'
import { describeLayerLoss } from '../quantization/cure/describe-layer-loss.js'
import type { LayerSensitivity } from '../quantization/sensitivity/rank-layers.js'
import type { Tensor } from '../tensor/tensor.js'
import type { KeptInference } from './check-quantized.js'
import type { ObservedModel } from './observed-model.js'
import type { QuantizedAttempt } from './quantize-observed.js'
import { openCalibrationModel } from './run-calibration-model.js'

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
  attempt: QuantizedAttempt,
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
  const shapes = observed.inferShapes(observed.graph)
  const model = instrumentGraph(observed.graph, shapes, [], names)
  const some = kept.slice(0, mostInferences)
  const fixed = Object.entries(some[0]?.inputs ?? {}).filter(([name]) => model.inputs.includes(name))
  const runner = await openCalibrationModel(model.model, {
    shapes: Object.fromEntries(fixed.map(([name, { shape }]) => [name, shape])),
    outputs: model.outputs,
    signal,
  })
  const seen = new Map<string, { shape: readonly number[]; values: Float32Array }[]>()
  try {
    async function* inputs() {
      for (const each of some)
        yield Object.fromEntries(Object.entries(each.inputs).filter(([name]) => model.inputs.includes(name)))
    }
    for await (const outputs of runner.infer(inputs(), { signal })) {
      for (const [name, shown] of model.exposed) {
        const tensor = outputs[shown] as Tensor<'f32'>
        seen.set(name, [...(seen.get(name) ?? []), { shape: tensor.shape, values: tensor.data.slice() }])
      }
    }
  } finally {
    await runner.close()
  }
  const reasons = nodes.map((node) => describeLayerLoss(node, seen, attempt.result))
  if (blamed.length > ranked.length / 2 && ranked.length > 8) {
    const detail = `${blamed.length} of ${ranked.length} layers cost about as much as the worst`
    reasons.push({ kind: 'many-layers', layer: null, detail })
  }
  return reasons
}
