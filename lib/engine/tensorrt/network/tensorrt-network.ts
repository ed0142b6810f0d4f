import { z } from 'zod'
import { describeValue } from '../../../errors/describe-value.js'
import { engineryError } from '../../../errors/enginery-error.js'
import { type LayerName, layerNames, type NetworkType, networkTypes } from './layer-names.js'
import type {
  ActivationOptions,
  CastOptions,
  ConcatenationOptions,
  ConstantOptions,
  ConvolutionOptions,
  DequantizeLayerOptions,
  GatherOptions,
  LayerOptions,
  LrnOptions,
  MatrixMultiplyOptions,
  NormalizationOptions,
  PaddingOptions,
  PluginOptions,
  PoolingOptions,
  QuantizeLayerOptions,
  ReduceOptions,
  ResizeLayerOptions,
  ScaleOptions,
  ShuffleOptions,
  SliceOptions,
  SoftmaxOptions,
  TopKOptions,
} from './layer-options.js'
import { type NetworkDefinition, writeDefinition } from './network-definition.js'
import { NetworkTensor, type TensorRecord } from './network-tensor.js'
import type { NetworkWeights } from './network-weights.js'
import * as elements from './record-elements.js'
import * as moves from './record-moves.js'
import { recordPlugin } from './record-plugin.js'
import * as reductions from './record-reductions.js'
import * as windows from './record-windows.js'
import { layerInvalid, NetworkRecording } from './recording.js'

const shapeSchema = z.array(z.int().min(-1)).max(8)
const rangeSchema = z.tuple([z.number(), z.number()])

// Filled in by the class itself, which alone can reach its private fields.
let definitionOf: (network: TensorRtNetwork) => NetworkDefinition

export { definitionOf }

/**
 * A network for TensorRT, written layer by layer, as with TensorRT's own network definition: for models that are in no ONNX file, or
 * whose weights come as a `.wts` file. It is given to `buildEngine` in place of a model, to any line of TensorRT.
 *
 * Every method adds a layer and answers the tensor that it makes. What a layer is given is checked at once: shapes, types and numbers
 * of weights, as far as they are known without TensorRT. Layers and tensors without a name have the ones that TensorRT gives them.
 *
 * @example
 * const network = new TensorRtNetwork()
 * const x = network.addInput('x', 'f32', [1, 1, 8, 8])
 * const y = network.convolution(x, { outputs: 2, kernelSize: 3, kernel: new Float32Array(18), padding: 1 })
 * network.markOutput(network.activation(y, 'relu'), 'y')
 * network.outputs.map(({ shape }) => shape) // [[1, 2, 8, 8]]
 */
export class TensorRtNetwork {
  static {
    definitionOf = (network) => writeDefinition(network.name, network.#recording)
  }

  /** For messages and manifests. */
  readonly name: string | null
  readonly #recording = new NetworkRecording()

  constructor({ name = null }: { name?: string | null | undefined } = {}) {
    this.name = name
  }

  /** Layers without inputs of the network, in the order in which they were added. */
  get layers(): readonly { readonly type: string; readonly name: string | null; readonly outputs: readonly NetworkTensor[] }[] {
    return this.#recording.layers
      .filter(({ kind }) => kind !== 'input')
      .map(({ kind, name, outputs }) => ({ type: kind, name: name ?? null, outputs }))
  }

  get inputs(): readonly NetworkTensor[] {
    return this.#recording.layers.filter(({ kind }) => kind === 'input').flatMap(({ outputs }) => outputs)
  }

  get outputs(): readonly NetworkTensor[] {
    return [...this.#recording.outputs]
  }

  /**
   * @param shape lengths, -1 where one is open: `profiles` or `shapes` of `buildEngine` say what it may be
   * @throws NETWORK_LAYER_INVALID
   */
  addInput(name: string, type: NetworkType, shape: readonly number[]): NetworkTensor {
    const where = `input ${describeValue(name)}`
    if (typeof name !== 'string' || name === '') throw layerInvalid(where, 'expected a name, received none')
    if (!networkTypes.includes(type)) {
      throw layerInvalid(where, `expected a type among ${networkTypes.join(', ')}, received ${describeValue(type)}`)
    }
    if (!shapeSchema.safeParse(shape).success) {
      const expected = 'at most 8 lengths, or -1 where one is open'
      throw layerInvalid(where, `expected a shape of ${expected}, received ${describeValue(shape)}`)
    }
    if (this.#recording.hasName(name)) throw layerInvalid(where, 'expected a name of its own, received that of another tensor')
    const draft = { inputs: [], choices: { type }, lists: { shape }, outputs: [{ type, shape: [...shape] }] }
    const [tensor] = this.#recording.add('input', draft) as [NetworkTensor]
    this.nameTensor(tensor, name)
    return tensor
  }

  /**
   * Makes a tensor an output of the plan.
   *
   * @param name that it has from now on; without one its own
   * @throws NETWORK_LAYER_INVALID
   */
  markOutput(tensor: NetworkTensor, name?: string): void {
    const record = this.#own(tensor, 'output')
    if (this.#recording.outputs.includes(tensor))
      throw layerInvalid(`output ${tensor}`, 'expected each tensor once, received it twice')
    if (name !== undefined) this.nameTensor(tensor, name)
    if (record.name === null) this.nameTensor(tensor, `output_${this.#recording.outputs.length}`)
    this.#recording.outputs.push(tensor)
  }

  /** @throws NETWORK_LAYER_INVALID: another tensor has the name */
  nameTensor(tensor: NetworkTensor, name: string): void {
    this.#own(tensor, 'tensor')
    if (typeof name !== 'string' || name === '')
      throw layerInvalid(`${tensor}`, `expected a name, received ${describeValue(name)}`)
    const owner = this.#recording.takeName(tensor, name)
    if (owner !== null) throw layerInvalid(`${tensor}`, `expected a name of its own, received ${name}, which is that of ${owner}`)
  }

  /**
   * What lies between `min` and `max` in a tensor, for INT8 without a calibration. TensorRT 10.
   *
   * @throws NETWORK_LAYER_INVALID
   */
  setDynamicRange(tensor: NetworkTensor, range: readonly [min: number, max: number]): void {
    const record = this.#own(tensor, 'tensor')
    const parsed = rangeSchema.safeParse(range)
    if (!parsed.success || !(parsed.data[0] < parsed.data[1])) {
      throw layerInvalid(`${tensor}`, `expected a range [min, max], min < max, received ${describeValue(range)}`)
    }
    record.dynamicRange = parsed.data
  }

  /**
   * A convolution over two or three lengths behind batch and channels.
   *
   * `kernel` has `outputs` x channels / `groups` x `kernelSize` elements; `bias` has `outputs`. A kernel that is a tensor (dequantized
   * weights) has that shape.
   *
   * @throws NETWORK_LAYER_INVALID
   */
  convolution(input: NetworkTensor, options: ConvolutionOptions): NetworkTensor {
    return windows.recordConvolution(this.#recording, 'convolution', input, options)
  }

  /** As {@link convolution}, transposed; `kernel` has channels x `outputs` / `groups` x `kernelSize` elements. */
  deconvolution(input: NetworkTensor, options: ConvolutionOptions): NetworkTensor {
    return windows.recordConvolution(this.#recording, 'deconvolution', input, options)
  }

  /** @throws NETWORK_LAYER_INVALID */
  pooling(input: NetworkTensor, type: LayerName<'pooling'>, options: PoolingOptions): NetworkTensor {
    return windows.recordPooling(this.#recording, input, this.#choose('pooling', 'pooling', type), options)
  }

  /** Zeros around the last two lengths; negative numbers cut them. */
  padding(input: NetworkTensor, options: PaddingOptions): NetworkTensor {
    return windows.recordPadding(this.#recording, input, options)
  }

  /** Local response normalization over channels. */
  lrn(input: NetworkTensor, options: LrnOptions): NetworkTensor {
    return windows.recordLrn(this.#recording, input, options)
  }

  /** @param options `alpha` and `beta` where the function has them */
  activation(input: NetworkTensor, type: LayerName<'activation'>, options?: ActivationOptions): NetworkTensor {
    return elements.recordActivation(this.#recording, input, this.#choose('activation', 'activation', type), options)
  }

  /** Of two tensors with as many dimensions; lengths of 1 are repeated. Comparisons make `bool`. */
  elementWise(
    inputs: readonly [NetworkTensor, NetworkTensor],
    operation: LayerName<'elementWise'>,
    options?: LayerOptions,
  ): NetworkTensor {
    const chosen = this.#choose('element-wise', 'elementWise', operation)
    return elements.recordElementWise(this.#recording, inputs, chosen, options)
  }

  unary(input: NetworkTensor, operation: LayerName<'unary'>, options?: LayerOptions): NetworkTensor {
    return elements.recordUnary(this.#recording, input, this.#choose('unary', 'unary', operation), options)
  }

  /** (input * scale + shift) ^ power, with one number, one for each channel, or one for each element. */
  scale(input: NetworkTensor, options: ScaleOptions): NetworkTensor {
    return elements.recordScale(this.#recording, input, options)
  }

  /** As `relu`, with a slope below zero for each element of `slope`, whose lengths of 1 are repeated. */
  parametricRelu(input: NetworkTensor, slope: NetworkTensor, options?: LayerOptions): NetworkTensor {
    return elements.recordParametricRelu(this.#recording, input, slope, options)
  }

  /** Elements of the second input where the first, a `bool`, is true; of the third elsewhere. */
  select(inputs: readonly [NetworkTensor, NetworkTensor, NetworkTensor], options?: LayerOptions): NetworkTensor {
    return elements.recordSelect(this.#recording, inputs, options)
  }

  identity(input: NetworkTensor, options?: LayerOptions): NetworkTensor {
    return elements.recordIdentity(this.#recording, input, options)
  }

  /** The same numbers in another type: how types are chosen on TensorRT 11 and TensorRT-RTX, whose networks are strongly typed. */
  cast(input: NetworkTensor, options: CastOptions): NetworkTensor {
    return elements.recordCast(this.#recording, input, options)
  }

  /** @param options `shape`: by default that of a Tensor, or one dimension */
  constant(values: NetworkWeights, options?: ConstantOptions): NetworkTensor {
    return elements.recordConstant(this.#recording, values, options)
  }

  /** Floats to 8 bits: element / `scale`, rounded. One scale, or one for each element of `axis`; numbers become a constant layer. */
  quantize(input: NetworkTensor, options: QuantizeLayerOptions): NetworkTensor {
    return elements.recordQuantizer(this.#recording, 'quantize', input, options)
  }

  /** Back to floats: element * `scale`. */
  dequantize(input: NetworkTensor, options: DequantizeLayerOptions): NetworkTensor {
    return elements.recordQuantizer(this.#recording, 'dequantize', input, options)
  }

  /** Transposes, reshapes and transposes once more; each may be left out. */
  shuffle(input: NetworkTensor, options: ShuffleOptions): NetworkTensor {
    return moves.recordShuffle(this.#recording, input, options)
  }

  concatenation(inputs: readonly NetworkTensor[], options: ConcatenationOptions): NetworkTensor {
    return moves.recordConcatenation(this.#recording, inputs, options)
  }

  /** `size` elements of each dimension, from `start` on, every `stride`th. */
  slice(input: NetworkTensor, options: SliceOptions): NetworkTensor {
    return moves.recordSlice(this.#recording, input, options)
  }

  /** @param inputs data and indices, those of `i32` or `i64` */
  gather(inputs: readonly [NetworkTensor, NetworkTensor], options?: GatherOptions): NetworkTensor {
    return moves.recordGather(this.#recording, inputs, options)
  }

  /** To a `shape`, or by `scales`: one number for each dimension, batch and channels among them. */
  resize(input: NetworkTensor, options: ResizeLayerOptions): NetworkTensor {
    return moves.recordResize(this.#recording, input, options)
  }

  /** The lengths of a tensor, as a tensor of `i64`. */
  shape(input: NetworkTensor, options?: LayerOptions): NetworkTensor {
    return moves.recordShape(this.#recording, input, options)
  }

  reduce(input: NetworkTensor, operation: LayerName<'reduce'>, options: ReduceOptions): NetworkTensor {
    return reductions.recordReduce(this.#recording, input, this.#choose('reduce', 'reduce', operation), options)
  }

  softmax(input: NetworkTensor, options: SoftmaxOptions): NetworkTensor {
    return reductions.recordSoftmax(this.#recording, input, options)
  }

  topK(
    input: NetworkTensor,
    operation: LayerName<'topK'>,
    options: TopKOptions,
  ): { values: NetworkTensor; indices: NetworkTensor } {
    return reductions.recordTopK(this.#recording, input, this.#choose('topk', 'topK', operation), options)
  }

  /** Of the last two dimensions; those before them are the batch, whose lengths of 1 are repeated. */
  matrixMultiply(inputs: readonly [NetworkTensor, NetworkTensor], options?: MatrixMultiplyOptions): NetworkTensor {
    return reductions.recordMatrixMultiply(this.#recording, inputs, options)
  }

  /** Layer, instance or group normalization. @param inputs input, scale and bias */
  normalization(inputs: readonly [NetworkTensor, NetworkTensor, NetworkTensor], options: NormalizationOptions): NetworkTensor {
    return reductions.recordNormalization(this.#recording, inputs, options)
  }

  /** @param equation letters for dimensions: `bij,bjk->bik` */
  einsum(inputs: readonly NetworkTensor[], equation: string, options?: LayerOptions): NetworkTensor {
    return reductions.recordEinsum(this.#recording, inputs, equation, options)
  }

  /**
   * A plugin of TensorRT's registry, by name and version, as it is made from fields. TensorRT 10 and 11 with their plugin library;
   * TensorRT-RTX has none. Whether there is such a plugin, and which fields it has, is asked when the network is built; the shapes of
   * what it makes are known to TensorRT alone.
   *
   * @throws NETWORK_LAYER_INVALID; `buildEngine` throws TENSORRT_PLUGIN_UNAVAILABLE
   */
  plugin(inputs: readonly NetworkTensor[], options: PluginOptions): NetworkTensor[] {
    return recordPlugin(this.#recording, inputs, options)
  }

  #own(tensor: NetworkTensor, role: string): TensorRecord {
    const record = tensor instanceof NetworkTensor ? this.#recording.recordOf(tensor) : null
    if (record !== null) return record
    throw layerInvalid(role, `expected a tensor of this network, received ${describeValue(tensor)}`)
  }

  #choose<Group extends keyof typeof layerNames>(layer: string, group: Group, name: LayerName<Group>): LayerName<Group> {
    const known: readonly string[] = layerNames[group]
    if (known.includes(name)) return name
    throw layerInvalid(layer, `expected one of ${known.join(', ')}, received ${describeValue(name)}`)
  }
}

/** @throws NETWORK_INCOMPLETE: nothing goes in, or nothing comes out */
export function requireComplete(network: TensorRtNetwork): void {
  const missing = network.inputs.length === 0 ? 'inputs' : network.outputs.length === 0 ? 'outputs' : null
  if (missing !== null) throw engineryError('NETWORK_INCOMPLETE', { network: network.name ?? 'that was given', missing })
}
