import type { NamedTensors } from './calibration-runner.js'

/** Sees inferences of the float model whole while statistics are collected: what went in, and its own outputs. */
export interface InferenceWitness {
  /** false: it sees inputs alone, and outputs need not be computed. */
  readonly wantsOutputs: boolean
  /**
   * In the order of inferences, before each runs. The tensors are the source's, which may write into them later: keep
   * copies.
   */
  seeInputs(inference: number, inputs: NamedTensors): void
  /** In the same order, by the names of the model's outputs. The tensors are released afterwards: keep copies. */
  seeOutputs(inference: number, outputs: NamedTensors): void
}
