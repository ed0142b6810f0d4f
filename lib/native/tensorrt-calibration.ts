/**
 * Calibration as `tensorrt-v10.node` takes it: what its calibrator asks JavaScript for while a build runs, and what it says
 * afterwards. Nothing here validates.
 */

/**
 * Copies the next elements of an input into the batch that is being filled, in the order in which they lie.
 *
 * @returns the index in `elements` of the first that is infinite or NaN; -1 where all are finite, or are no floats
 * @throws NATIVE_CLOSED when no batch is being filled (any more), NATIVE_TENSOR for more than the batch has room for
 */
export type AppendElements = (input: number, elements: ArrayBufferView) => number

export interface NativeBatchInput {
  readonly name: string
  readonly type: 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i8' | 'u8' | 'bool'
  /** Of a whole batch. */
  readonly byteLength: number
}

/** TensorRT's calibrators, which differ in how they find ranges. */
export type CalibratorKind = 'entropy2' | 'minMax' | 'entropy' | 'legacy'

export interface NativeCalibration {
  readonly kind: CalibratorKind
  readonly batchSize: number
  readonly inputs: readonly NativeBatchInput[]
  /**
   * Fills one batch; true when it is full, false where there are no more. Called for the next one while TensorRT works on
   * the one before, and never twice at once. What it throws or rejects with ends the build.
   */
  readonly fillBatch: (append: AppendElements) => boolean | Promise<boolean>
  /** A calibration cache: TensorRT then asks for no batches. */
  readonly cache?: Uint8Array | undefined
  /** Of `legacy` alone: where ranges are cut, 0 to 1. */
  readonly quantile?: number | undefined
  readonly regressionCutoff?: number | undefined
  /** Of `legacy` alone: histograms that an earlier calibration gave. */
  readonly histograms?: Uint8Array | undefined
}

/** What became of a calibration that did not fail. */
export interface NativeCalibrationResult {
  /** Batches that TensorRT took. */
  readonly batches: number
  /** Whether TensorRT asked for a cache; what it makes of one it does not say. */
  readonly cacheWasRead: boolean
  /** The cache that TensorRT wrote; null where it wrote none, since it took ours, or something failed. */
  readonly cache: ArrayBuffer | null
  readonly histograms: ArrayBuffer | null
}
