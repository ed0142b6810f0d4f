import type { LoadedModel } from '../model/onnx-file.js'
import type { Tensor } from '../tensor/tensor.js'

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>

export interface OpenOptions {
  /** Of inputs, by name: what all samples have. Absent: lengths that the model leaves open stay open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined
  /** Names of outputs that are needed; results have them under these names. */
  readonly outputs: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** Runs the float model on samples, wherever that is. */
export interface CalibrationRunner {
  /**
   * Outputs in the order of the samples, all cores busy. Takes samples ahead, but not without bound: who reads slowly
   * slows the source. What the source throws comes out unchanged; the signal ends it at once.
   */
  infer(samples: AsyncIterable<NamedTensors>, options?: { signal?: AbortSignal | undefined }): AsyncIterable<NamedTensors>
  close(): Promise<void>
}

/** Makes an ONNX model ready to run in float32. This room is before those that run models, so it is handed in. */
export type OpenModel = (model: LoadedModel, options: OpenOptions) => Promise<CalibrationRunner>
