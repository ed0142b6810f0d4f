import { readFile } from 'node:fs/promises'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { Port } from '../../engine/backend.js'
import type { EngineCache } from '../../engine/engine-cache.js'
import type { EngineIdentity, EnginePreparation, ManifestContent } from '../../engine/manifest.js'
import { summarizePrecisions } from '../../engine/precision-report.js'
import { readWarnings } from '../../engine/tensorrt/build-warnings.js'
import { type PrecisionFacts, reportPrecision } from '../../engine/tensorrt/layers/report-precision.js'
import { TensorRtPlan } from '../../engine/tensorrt/plan.js'
import { isEngineryError } from '../../errors/enginery-error.js'
import type { NativeBuildOutcome, NativeNetworkTensor } from '../../native/tensorrt-addon.js'
import type { ElementType } from '../../tensor/element-type.js'

/** What is known of a plan beside what TensorRT said while it built it. */
export interface PlanFindings extends Pick<PrecisionFacts, 'optimized' | 'isTyped' | 'leftFloat'> {
  readonly notes: readonly string[]
  /** TensorRT's own calibration table. */
  readonly table: Uint8Array | null
  readonly sampleWarnings: readonly CalibrationWarning[]
}

export type PlanIdentity = EngineIdentity & { preparation?: EnginePreparation }

/** A plan that was just built. */
export function describePlan(
  bytes: Uint8Array,
  { network, log, unmatchedRanges }: NativeBuildOutcome,
  identity: PlanIdentity,
  { optimized, isTyped, leftFloat, notes, table, sampleWarnings }: PlanFindings,
): TensorRtPlan {
  const inputs = network.inputs.map(portOf)
  const outputs = network.outputs.map(portOf)
  const warnings = readWarnings(log)
  const missingScales = warnings.flatMap(({ kind, tensor }) => (kind === 'missing-scale' && tensor !== null ? [tensor] : []))
  const precision = reportPrecision({ network: network.layers, isTyped, optimized, missingScales, leftFloat })
  const unmatched = unmatchedRanges.map((name) => `dynamicRanges names ${name}, which the network has no tensor of`)
  return new TensorRtPlan(bytes, {
    inputs,
    outputs,
    layers: network.layers,
    optimizedLayers: optimized,
    precision,
    warnings,
    notes: [...notes, ...unmatched],
    calibrationTable: table,
    calibrationWarnings: sampleWarnings,
    fromCache: false,
    content: manifestContent({ inputs, outputs, precision }, identity),
  })
}

function portOf({ name, type, shape }: NativeNetworkTensor): Port {
  return { name, names: [name], type: type as ElementType, shape: shape.map((length) => (length < 0 ? 'dynamic' : length)) }
}

/** What stands in the manifest of a plan. */
export function manifestContent(
  { inputs, outputs, precision }: Pick<TensorRtPlan, 'inputs' | 'outputs' | 'precision'>,
  identity: PlanIdentity,
): ManifestContent {
  const precisions = precision.layers
  return { ...identity, inputs, outputs, precisions, requestCount: 1, precisionReport: precision } as ManifestContent
}

/** A plan of the cache; undefined where it has none. */
export async function planFromCache(cache: EngineCache, key: string): Promise<TensorRtPlan | undefined> {
  const found = await cache.lookup(key)
  if (!found) return undefined
  try {
    const { kind: _k, manifestVersion: _v, createdAt: _c, blob: _b, ...content } = found.manifest
    const bytes = new Uint8Array(await readFile(found.path))
    const { inputs, outputs, precisionReport } = content
    const notes = [`taken from the cache ${cache.dir}`]
    return new TensorRtPlan(bytes, {
      inputs: inputs as Port[],
      outputs: outputs as Port[],
      layers: null,
      optimizedLayers: { available: false, reason: 'the plan came from the cache, and was looked into when it was built' },
      precision:
        precisionReport ?? summarizePrecisions([], { evidence: 'none', reason: 'its manifest does not say', reformats: null }),
      warnings: [],
      notes,
      calibrationTable: null,
      calibrationWarnings: [],
      fromCache: true,
      content,
    })
  } catch (error) {
    if (isEngineryError(error)) throw error
    // Another process made room just now.
    await cache.discard(key, error)
    return undefined
  }
}
