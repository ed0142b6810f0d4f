import type { RangeEstimatorName } from '../../calibration/range-estimator-options.js'

/** Where a quantized model will run. */
export const targetNames = ['openvino-cpu', 'openvino-cpu-vnni', 'openvino-gpu', 'tensorrt', 'onnxruntime', 'any'] as const

export type TargetName = (typeof targetNames)[number]

/** What an engine makes of integers, as data: algorithms ask here, and never for the name of a target. */
export interface Target {
  readonly name: TargetName
  /** Operators with constant weights that compute on integers. */
  readonly weighted: ReadonlySet<'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul'>
  /**
   * False where convolutions with a filter for each channel stay float: CPUs gain nothing from integers there, since the
   * products are few, and one scale for channels of unlike ranges costs accuracy that no later layer brings back.
   */
  readonly depthwise: boolean
  /**
   * Convolutions in groups stay float unless the channels that a group reads and writes are multiples of this: for others oneDNN
   * (OpenVINO 2026.4.1) has no INT8 kernel below AVX-512, and what it does instead takes longer than floats.
   */
  readonly groupMultiple: number
  /**
   * False where products whose weights are the left operand stay float: OpenVINO (2026.4.1) computes them in float with
   * unsigned activations, and builds no engine where another product with a scale for each column follows.
   */
  readonly leftWeights: boolean
  /**
   * False where the matrices of a batch of weights have one scale for all: with one for each column OpenVINO (2026.4.1)
   * computes nonsense, without a word.
   */
  readonly batchedScales: boolean
  /** True where products of two activations run on integers. */
  readonly multipliesActivations: boolean
  /**
   * Which operands of a sum that a convolution writes into are integers: with `skip` the convolution adds the other
   * operand to its own sums, which stay in 32 bits.
   */
  readonly residuals: 'none' | 'skip' | 'both'
  /**
   * True where convolutions, sums and moves of elements run on integers only if what they write is quantized too, as in
   * onnxruntime, which makes one kernel of a layer with the nodes around it.
   */
  readonly quantizesOutputs: boolean
  /** Operators that give on integers as they are: a quantizer may stand before them instead of behind. */
  readonly transparent: ReadonlySet<string>
  /** Of activations. i8 has no zero point; u8 has one wherever values are negative. */
  readonly activationType: 'u8' | 'i8'
  /**
   * True where a product with a constant right before a quantizer costs nothing, since both are one kernel. (A quantizer with
   * a scale for each channel would say the same, but OpenVINO refuses it along the last axis where the batch is open.)
   */
  readonly fusesProducts: boolean
  /**
   * How ranges of activations are found unless the user says. With a zero point, 255 steps hold nearly all that samples
   * have; with 127 steps on either side it pays to look for the range with the least error, which takes a second look.
   */
  readonly estimator: RangeEstimatorName
  /** False where operands of a Concat, and what is behind one, must not be integers. */
  readonly concatenatesIntegers: boolean
  /**
   * False where a quantizer may not stand behind an operator that picks the largest or smallest elements, nor behind what is
   * fused with one: OpenVINO's CPU plugin starts to compare from an integer 0 there (seen with 2026.4.1). Before it the
   * numbers are the same, and right.
   */
  readonly quantizesExtremes: boolean
  /**
   * True where pairs of 8-bit products are added in 16 bits, as AVX2 does without VNNI: 255 * (127 + 127) does not fit, and
   * the sum is cut off without a word.
   */
  readonly addsPairsIn16Bits: boolean
  /**
   * True where constants in half precision become floats when the engine is built, so that what stays float takes half the
   * room in the file. Not where nobody has seen that an engine takes weights that come out of a Cast.
   */
  readonly restoresHalves: boolean
}

/** What picks elements: of integers it picks the same ones. */
export const extremeOperators: ReadonlySet<string> = new Set(['GlobalMaxPool', 'ReduceMax', 'ReduceMin'])

/** Pure moves of elements, which every engine makes on any type. */
export const movingOperators: ReadonlySet<string> = new Set([
  'Concat',
  'DepthToSpace',
  'Expand',
  'Flatten',
  'Identity',
  'MaxPool',
  'Reshape',
  'Resize',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
])
