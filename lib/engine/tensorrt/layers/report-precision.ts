import { engineryError } from '../../../errors/enginery-error.js'
import { type LayerPrecision, type PrecisionReport, summarizePrecisions } from '../../precision-report.js'
import type { PlanLayer } from '../plan.js'
import { countReformats, type NodeReason, precisionsOfEngine } from './engine-precision.js'
import { hasQuantizers, precisionsOfNetwork } from './network-precision.js'
import type { OptimizedLayers } from './optimized-layers.js'

/** What is known of a build. */
export interface PrecisionFacts {
  /** Before optimization. */
  readonly network: readonly PlanLayer[]
  /** Types of the network are those that TensorRT computes in: TensorRT 11, TensorRT-RTX, `stronglyTyped`. */
  readonly isTyped: boolean
  readonly optimized: OptimizedLayers
  /** Tensors that a calibration has no scale of. */
  readonly missingScales: readonly string[]
  /** Nodes that quantizing left float, with the reason. */
  readonly leftFloat: ReadonlyMap<string, string>
}

/** What the layers of a plan compute in, by the best evidence there is. */
export function reportPrecision(facts: PrecisionFacts): PrecisionReport {
  const { network, isTyped, optimized } = facts
  const ofNetwork = precisionsOfNetwork({ layers: network, isTyped }).map((layer) => withLeftFloat(layer, facts.leftFloat))
  if (optimized.available && optimized.hasDetails) {
    const heavy = new Set(ofNetwork.filter(({ isHeavy }) => isHeavy).map(({ name }) => name))
    const layers = precisionsOfEngine(optimized.layers, heavy, reasonsOf(facts, ofNetwork))
    const reformats = countReformats(optimized.layers)
    if (optimized.source === 'inspector') return summarizePrecisions(layers, { evidence: 'engine', reason: null, reformats })
    const reason = 'the plan was not loaded on a GPU; its builder told of the layers that it made'
    return summarizePrecisions(layers, { evidence: 'builder', reason, reformats })
  }
  const reason = optimized.available ? 'the plan was built without details of its layers (profilingVerbosity)' : optimized.reason
  const reformats = optimized.available ? countReformats(optimized.layers) : null
  if (isTyped || hasQuantizers(network)) return summarizePrecisions(ofNetwork, { evidence: 'network', reason, reformats })
  return summarizePrecisions([], { evidence: 'none', reason, reformats })
}

function withLeftFloat(layer: LayerPrecision, leftFloat: ReadonlyMap<string, string>): LayerPrecision {
  const why = layer.reason === null ? undefined : leftFloat.get(layer.name)
  return why === undefined ? layer : { ...layer, reason: `${layer.reason}: ${why}` }
}

/** What the network, the calibration and the user say of a node that TensorRT did not run in INT8. */
function reasonsOf({ network, isTyped, missingScales }: PrecisionFacts, ofNetwork: readonly LayerPrecision[]): NodeReason {
  const byName = new Map(network.map((layer) => [layer.name, layer]))
  const isExplicit = isTyped || hasQuantizers(network)
  const reasons = new Map(ofNetwork.map(({ name, reason }) => [name, reason]))
  const scaleless = new Set(missingScales)
  return (node) => {
    const layer = byName.get(node)
    if (layer === undefined) return null
    if (layer.precision !== undefined && layer.precision !== 'i8') return `it was given the precision ${layer.precision}`
    if (isExplicit) return reasons.get(node) ?? null
    const tensors = [...layer.inputs, ...layer.outputs.map(({ name }) => name)]
    const missing = tensors.find((tensor) => scaleless.has(tensor))
    return missing === undefined ? null : `the calibration has no scale for its tensor ${missing}`
  }
}

const shownLayers = 20

const whose = {
  engine: 'as the finished plan has them',
  builder: "as TensorRT's builder says of the layers that it made",
  network: 'as the network says, before TensorRT optimizes it',
}

/**
 * The gate of `requireInt8`.
 *
 * @param required share of the layers that do the work, 0 to 1
 * @throws TENSORRT_INT8_SHARE_LOW with the layers that are not INT8, and why; TENSORRT_PRECISION_UNKNOWN
 */
export function requireInt8Share(report: PrecisionReport, required: number, model: string): void {
  const { evidence, int8, notInt8, reason } = report
  if (evidence === 'none') {
    throw engineryError('TENSORRT_PRECISION_UNKNOWN', { model, reason: reason ?? 'nothing says' }, { details: { report } })
  }
  if (int8.share !== null && int8.share >= required) return
  const lines = notInt8
    .slice(0, shownLayers)
    .map(({ name, type, precision, reason }) => `  - ${name} (${type}, ${precision}): ${reason}`)
  if (notInt8.length > shownLayers) lines.push(`  - and ${notInt8.length - shownLayers} more`)
  if (int8.of === 0) lines.push('  - there are none that could be')
  throw engineryError(
    'TENSORRT_INT8_SHARE_LOW',
    {
      model,
      quantized: int8.layers,
      of: int8.of,
      required,
      evidence: whose[evidence],
      layers: lines.join('\n'),
    },
    { details: { report } },
  )
}
