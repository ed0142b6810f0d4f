import type { GraphNode } from '../graph/graph-node.js'

/** How values become integers, before their range is known. */
export interface QuantizerScheme {
  /** 8 for INT8. */
  readonly bits: 8
  /** The range is as wide below zero as above, unless nothing is below and the type is u8. */
  readonly isSymmetric: boolean
  /** i8 is always symmetric. */
  readonly type: 'i8' | 'u8'
}

/** A place in the graph where a node reads a tensor. */
export interface TensorUse {
  readonly node: GraphNode
  readonly index: number
}

/** An activation that is quantized where some nodes read it. */
export interface ActivationQuantizer {
  /** Name of the tensor. */
  readonly tensor: string
  /** Who reads it through the quantizer; others go on reading floats. */
  readonly uses: readonly TensorUse[]
  readonly scheme: QuantizerScheme
  /** Quantizers of one group get one range: operands of a Concat, for example. Absent: a range of its own. */
  readonly group?: number
  /** Why it is there, for reports: the operators that compute on its integers. */
  readonly consumers: readonly string[]
}

/** Constant weights that are stored as integers. */
export interface WeightQuantizer {
  readonly use: TensorUse
  /** One scale for each slice along this axis of the weights; null: one for all. */
  readonly axis: number | null
  /** The axis that products are summed along, where the engine adds pairs of them in 16 bits; null: it does not. */
  readonly pairedAxis: number | null
}

/** A node that could have been quantized and was not. */
export interface SkippedNode {
  readonly node: string
  readonly operator: string
  readonly reason: string
}

/** Where quantizers go, before ranges are known. */
export interface Placement {
  readonly activations: readonly ActivationQuantizer[]
  readonly weights: readonly WeightQuantizer[]
  readonly skipped: readonly SkippedNode[]
}

/** real = scale * (integer - zeroPoint); integers of `type`. */
export interface QuantizerParameters {
  readonly type: 'i8' | 'u8'
  readonly scale: number
  readonly zeroPoint: number
}
