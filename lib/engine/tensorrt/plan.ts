import { writeFile } from 'node:fs/promises'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { NativeNetworkLayer } from '../../native/tensorrt-addon.js'
import type { Port } from '../backend.js'
import { saveEngineFiles } from '../engine-file.js'
import type { EngineManifest, ManifestContent } from '../manifest.js'
import type { PrecisionReport } from '../precision-report.js'
import type { BuildWarning } from './build-warnings.js'
import type { OptimizedLayers } from './layers/optimized-layers.js'

/** A layer of the network that a plan was built from, before TensorRT fused and chose. */
export interface PlanLayer {
  readonly name: string
  /** As TensorRT calls it: `convolution`, `shuffle`, ... */
  readonly type: string
  /** What of several things it does: `max` of a pooling, `sum` of an elementwise layer; absent of layers that do just one. */
  readonly operation?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly { readonly name: string; readonly type: string; readonly shape: readonly number[] }[]
  /** What `builder.layerPrecisions`, `layerOutputTypes` and `layerDevices` made of it; absent where they say nothing of it. */
  readonly precision?: string
  readonly outputTypes?: readonly string[]
  readonly device?: string
}

export interface PlanFacts {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Null for a plan that came from the cache. */
  readonly layers: readonly NativeNetworkLayer[] | null
  readonly optimizedLayers: OptimizedLayers
  readonly precision: PrecisionReport
  readonly warnings: readonly BuildWarning[]
  /** What a caller may want to know: an open dimension that was fixed, ... */
  readonly notes: readonly string[]
  readonly calibrationTable: Uint8Array | null
  readonly calibrationWarnings: readonly CalibrationWarning[]
  readonly fromCache: boolean
  readonly content: ManifestContent
}

/**
 * A built plan: TensorRT's own bytes, which trtexec and Triton load too.
 *
 * Building and running are apart, because a plan of TensorRT-RTX is built on machines that cannot run it.
 */
export class TensorRtPlan {
  readonly backend = 'tensorrt'
  readonly bytes: Uint8Array
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** The network before optimization; null for a plan that came from the cache. */
  readonly layers: readonly PlanLayer[] | null
  /** What became of them: the layers that run, as the plan or its builder tells; else why they are not known. */
  readonly optimizedLayers: OptimizedLayers
  /** How many layers compute in INT8, FP16 and FP32, which are not INT8 and why, and how that is known. */
  readonly precision: PrecisionReport
  readonly warnings: readonly BuildWarning[]
  readonly notes: readonly string[]
  /** TensorRT's own calibration table, where its calibrators were used: trtexec and Polygraphy read it. */
  readonly calibrationTable: Uint8Array | null
  /** What is odd about the samples that it was quantized or calibrated with. */
  readonly calibrationWarnings: readonly CalibrationWarning[]
  readonly fromCache: boolean
  readonly #content: ManifestContent

  constructor(bytes: Uint8Array, facts: PlanFacts) {
    this.bytes = bytes
    this.inputs = facts.inputs
    this.outputs = facts.outputs
    this.layers = facts.layers
    this.optimizedLayers = facts.optimizedLayers
    this.precision = facts.precision
    this.warnings = facts.warnings
    this.notes = facts.notes
    this.calibrationTable = facts.calibrationTable
    this.calibrationWarnings = facts.calibrationWarnings
    this.fromCache = facts.fromCache
    this.#content = facts.content
  }

  /** The library that built it, as manifests hold it: `{ enginery: '0.1.0', tensorrt: '10.15.1.29' }`. */
  get versions(): Readonly<Record<string, string>> {
    return this.#content.versions
  }

  /**
   * Writes the plan and, beside it, its manifest (`.json`). Both appear whole or not at all.
   *
   * @throws FILE_NOT_WRITTEN
   */
  async save(path: string): Promise<EngineManifest> {
    return await saveEngineFiles(path, (temporary) => writeFile(temporary, this.bytes, { flag: 'wx' }), this.#content)
  }
}
