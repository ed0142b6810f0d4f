import { describeValue } from '../../../errors/describe-value.js'
import { broadcastPair, broadcastShapes, commonType } from './broadcast.js'
import type { LayerName } from './layer-names.js'
import {
  activationSchema,
  castSchema,
  constantSchema,
  dequantizeSchema,
  layerSchema,
  quantizeSchema,
  scaleSchema,
} from './layer-options.js'
import { NetworkTensor } from './network-tensor.js'
import { describeWeights, type NetworkWeights, type ResolvedWeights, resolveWeights, weightsSchema } from './network-weights.js'
import type { LayerCall, NetworkRecording } from './recording.js'

export function recordActivation(
  recording: NetworkRecording,
  input: unknown,
  type: LayerName<'activation'>,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('activation', activationSchema, options)
  const tensor = call.tensor(input)
  const { alpha, beta } = call.options
  return call.addOne({ inputs: [tensor], choices: { type }, numbers: { alpha, beta } }, tensor.type, tensor.shape)
}

const judging = new Set<LayerName<'elementWise'>>(['equal', 'greater', 'less'])
const logical = new Set<LayerName<'elementWise'>>(['and', 'or', 'xor'])

export function recordElementWise(
  recording: NetworkRecording,
  inputs: unknown,
  operation: LayerName<'elementWise'>,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('element-wise', layerSchema, options)
  const [one, other] = pair(call, inputs)
  const type = commonType(call, [one, other])
  if (logical.has(operation) && type !== null && type !== 'bool') call.refuse(`inputs of bool for ${operation}`, type)
  const shape = broadcastShapes(call, [one, other])
  return call.addOne({ inputs: [one, other], choices: { operation } }, judging.has(operation) ? 'bool' : type, shape)
}

export function recordUnary(
  recording: NetworkRecording,
  input: unknown,
  operation: LayerName<'unary'>,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('unary', layerSchema, options)
  const tensor = call.tensor(input)
  if (operation === 'not' && tensor.type !== null && tensor.type !== 'bool') call.refuse('an input of bool', tensor.type)
  const type = operation === 'isinf' || operation === 'isnan' ? 'bool' : tensor.type
  return call.addOne({ inputs: [tensor], choices: { operation } }, type, tensor.shape)
}

export function recordScale(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('scale', scaleSchema, options)
  const tensor = call.tensor(input)
  const { mode, channelAxis } = call.options
  const given = { shift: call.options.shift, scale: call.options.scale, power: call.options.power }
  const weights: Record<string, ResolvedWeights | undefined> = {}
  for (const [role, one] of Object.entries(given)) {
    if (one === undefined) continue
    const resolved = resolveWeights(one)
    const expected = countOfScale(call, tensor, mode, channelAxis)
    if (expected !== null && resolved.count !== expected) {
      call.refuse(`a ${role} of ${expected} elements (mode ${mode})`, describeWeights(resolved))
    }
    weights[role] = resolved
  }
  const kinds = [...new Set(Object.values(weights).map((one) => one?.type))]
  if (kinds.length > 1) call.refuse('shift, scale and power of one type', kinds.join(' and '))
  return call.addOne({ inputs: [tensor], choices: { mode }, numbers: { channelAxis }, weights }, tensor.type, tensor.shape)
}

function countOfScale(call: LayerCall, { shape }: NetworkTensor, mode: LayerName<'scale'>, axis: number): number | null {
  if (mode === 'uniform') return 1
  if (shape === null) return null
  call.axis(axis, shape.length, 'channelAxis')
  const lengths = mode === 'channel' ? [shape[axis] as number] : shape.slice(axis)
  if (lengths.some((length) => length < 0)) call.refuse('lengths that are known, to count the weights', `[${shape.join(', ')}]`)
  return lengths.reduce((product, length) => product * length, 1)
}

export function recordParametricRelu(
  recording: NetworkRecording,
  input: unknown,
  slope: unknown,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('parametric-relu', layerSchema, options)
  const [tensor, slopes] = [call.tensor(input), call.tensor(slope, 'slope')]
  if (tensor.shape && slopes.shape) broadcastPair(call, tensor.shape, slopes.shape)
  return call.addOne({ inputs: [tensor, slopes] }, commonType(call, [tensor, slopes]), tensor.shape)
}

export function recordSelect(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('select', layerSchema, options)
  const [condition, ...branches] = call.tensors(inputs, 3) as [NetworkTensor, NetworkTensor, NetworkTensor]
  if (condition.type !== null && condition.type !== 'bool') call.refuse('a condition of bool', condition.type)
  const shape = broadcastShapes(call, [condition, ...branches])
  return call.addOne({ inputs: [condition, ...branches] }, commonType(call, branches), shape)
}

export function recordIdentity(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('identity', layerSchema, options)
  const tensor = call.tensor(input)
  return call.addOne({ inputs: [tensor] }, tensor.type, tensor.shape)
}

export function recordCast(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('cast', castSchema, options)
  const tensor = call.tensor(input)
  return call.addOne({ inputs: [tensor], choices: { toType: call.options.type } }, call.options.type, tensor.shape)
}

export function recordConstant(recording: NetworkRecording, values: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('constant', constantSchema, options)
  const parsed = weightsSchema.safeParse(values)
  if (!parsed.success) call.refuse('weights', describeValue(values))
  const weights = resolveWeights(values as NetworkWeights)
  const shape = call.options.shape ?? weights.shape ?? [weights.count]
  const expected = shape.reduce((product, length) => product * length, 1)
  if (weights.count !== expected) {
    call.refuse(`${expected} elements for the shape [${shape.join(', ')}]`, describeWeights(weights))
  }
  return call.addOne({ inputs: [], lists: { shape }, weights: { values: weights } }, weights.type, shape)
}

export function recordQuantizer(
  recording: NetworkRecording,
  kind: 'quantize' | 'dequantize',
  input: unknown,
  options: unknown,
): NetworkTensor {
  const call = recording.begin(kind, kind === 'quantize' ? quantizeSchema : dequantizeSchema, options)
  const tensor = call.tensor(input)
  const { shape } = tensor
  const axis = call.options.axis === undefined || shape === null ? call.options.axis : call.axis(call.options.axis, shape.length)
  const given = call.options.scale
  const resolved = given instanceof NetworkTensor ? null : resolveWeights(typeof given === 'number' ? [given] : given)
  if (resolved && axis === undefined && resolved.count !== 1) {
    call.refuse('one scale, or an axis that the scales are of', describeWeights(resolved))
  }
  if (resolved) checkScales(call, resolved)
  const length = axis === undefined || shape === null ? -1 : (shape[axis] as number)
  if (resolved && length >= 0 && resolved.count !== length) {
    call.refuse(`${length} scales, one for each element of dimension ${axis}`, describeWeights(resolved))
  }
  const named = call.options.name === undefined ? {} : { name: `${call.options.name}.scale` }
  const scale =
    given instanceof NetworkTensor
      ? call.tensor(given, 'scale')
      : recordConstant(recording, given === undefined || typeof given === 'number' ? [given] : given, {
          shape: axis === undefined ? [] : [(resolved as ResolvedWeights).count],
          ...named,
        })
  return call.addOne(
    { inputs: [tensor, scale], choices: { toType: call.options.type }, numbers: { axis } },
    call.options.type,
    shape,
  )
}

function pair(call: LayerCall, inputs: unknown): [NetworkTensor, NetworkTensor] {
  const tensors = call.tensors(inputs, 2)
  if (tensors.length !== 2) call.refuse('two inputs', String(tensors.length))
  return tensors as [NetworkTensor, NetworkTensor]
}

/** A step of zero, or one that is no number, makes every element the same, or none: TensorRT takes it without a word. */
function checkScales(call: LayerCall, { type, count, data }: ResolvedWeights): void {
  if (type !== 'f32') return
  const wrong = new Float32Array(data.buffer, data.byteOffset, count).find((one) => !(one > 0 && one < Number.POSITIVE_INFINITY))
  if (wrong !== undefined) call.refuse('scales that are positive numbers', String(wrong))
}
