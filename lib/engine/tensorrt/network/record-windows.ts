import type { z } from 'zod'
import type { LayerName } from './layer-names.js'
import { convolutionSchema, lrnSchema, paddingSchema, poolingSchema } from './layer-options.js'
import { NetworkTensor } from './network-tensor.js'
import { describeWeights, type NetworkWeights, type ResolvedWeights, resolveWeights } from './network-weights.js'
import type { LayerCall, NetworkRecording } from './recording.js'
import { slideWindow, spreadWindow, type Window } from './window-shapes.js'

type ConvolutionCall = LayerCall<z.output<typeof convolutionSchema>>

/** Convolutions and deconvolutions, whose weights are counted: their kernels are laid out as TensorRT has them. */
export function recordConvolution(
  recording: NetworkRecording,
  kind: 'convolution' | 'deconvolution',
  input: unknown,
  options: unknown,
): NetworkTensor {
  const call = recording.begin(kind, convolutionSchema, options)
  const tensor = call.tensor(input)
  const { outputs, groups = 1, kernelSize } = call.options
  const [batch, channels, ...lengths] = pictureShape(call, tensor)
  const window = planWindow(call, lengths.length, kernelSize)
  const kernel = operand(call, call.options.kernel, 'kernel')
  const bias = call.options.bias === undefined ? undefined : operand(call, call.options.bias, 'bias')
  checkGroups(call, channels, outputs, groups)
  if (kernel.weights) checkKernel(call, kernel.weights, channels, groups, window)
  if (bias?.weights && bias.weights.count !== outputs) {
    call.refuse(`a bias of ${outputs} elements, one for each channel that it makes`, describeWeights(bias.weights))
  }
  if (kernel.weights && bias?.weights && bias.weights.type !== kernel.weights.type) {
    call.refuse(`a bias of ${kernel.weights.type} as the kernel`, bias.weights.type)
  }
  const made = kind === 'convolution' ? slideWindow(lengths, window) : spreadWindow(lengths, window)
  checkLengths(call, made)
  // TensorRT takes kernel and bias that are tensors as inputs 1 and 2.
  return call.addOne(
    {
      inputs: [tensor, kernel.tensor, bias?.tensor ?? null],
      numbers: { outputs, groups: call.options.groups },
      ...windowDraft(call, window, 'kernelSize'),
      weights: { kernel: kernel.weights, bias: bias?.weights },
    },
    tensor.type,
    [batch, outputs, ...made],
  )
}

export function recordPooling(
  recording: NetworkRecording,
  input: unknown,
  type: LayerName<'pooling'>,
  options: unknown,
): NetworkTensor {
  const call = recording.begin('pooling', poolingSchema, options)
  const tensor = call.tensor(input)
  const [batch, channels, ...lengths] = pictureShape(call, tensor)
  const { windowSize, blendFactor, averageCountExcludesPadding } = call.options
  const window = planWindow(call, lengths.length, windowSize)
  const made = slideWindow(lengths, window)
  checkLengths(call, made)
  const draft = windowDraft(call, window, 'windowSize')
  return call.addOne(
    {
      inputs: [tensor],
      lists: draft.lists,
      choices: { ...draft.choices, type },
      numbers: { blendFactor, averageCountExcludesPadding },
    },
    tensor.type,
    [batch, channels, ...made],
  )
}

export function recordPadding(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('padding', paddingSchema, options)
  const tensor = call.tensor(input)
  const { pre, post } = call.options
  const shape = pictureShape(call, tensor)
  const front = shape.slice(0, -2)
  const made = shape.slice(-2).map((length, axis) => (length < 0 ? -1 : length + (pre[axis] as number) + (post[axis] as number)))
  checkLengths(call, made)
  return call.addOne({ inputs: [tensor], lists: { prePadding: pre, postPadding: post } }, tensor.type, [...front, ...made])
}

export function recordLrn(recording: NetworkRecording, input: unknown, options: unknown): NetworkTensor {
  const call = recording.begin('lrn', lrnSchema, options)
  const tensor = call.tensor(input)
  const { window, alpha, beta, k } = call.options
  if (window % 2 === 0) call.refuse('a window of an odd length', String(window))
  return call.addOne({ inputs: [tensor], numbers: { window, alpha, beta, k } }, tensor.type, tensor.shape)
}

/** Batch, channels, and two or three lengths. */
function pictureShape(call: LayerCall, tensor: NetworkTensor): [batch: number, channels: number, ...lengths: number[]] {
  const { shape } = tensor
  if (shape === null) return call.refuse('a tensor whose shape is known (reshape it with numbers before)', String(tensor))
  if (shape.length !== 4 && shape.length !== 5) {
    call.refuse('batch, channels and two or three lengths', `a tensor of ${shape.length} dimensions, ${tensor}`)
  }
  return shape as [number, number, ...number[]]
}

interface WindowOptions {
  readonly stride?: number | readonly number[] | undefined
  readonly dilation?: number | readonly number[] | undefined
  readonly padding?:
    | number
    | readonly number[]
    | { readonly pre: readonly number[]; readonly post: readonly number[] }
    | undefined
  readonly paddingMode?: LayerName<'padding'> | undefined
}

function planWindow(call: LayerCall<WindowOptions>, rank: number, size: number | readonly number[]): Window {
  const { stride = 1, dilation = 1, padding = 0, paddingMode: mode = 'explicit-round-down' } = call.options
  const fill = (value: number | readonly number[], what: string): readonly number[] => {
    const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
    if (list.length !== rank) call.refuse(`${what} of ${rank} numbers`, `[${list.join(', ')}]`)
    return list
  }
  const { pre, post } = typeof padding === 'object' && 'pre' in padding ? padding : { pre: padding, post: padding }
  return {
    size: fill(size, 'a window'),
    stride: fill(stride, 'stride'),
    dilation: fill(dilation, 'dilation'),
    pre: fill(pre, 'padding'),
    post: fill(post, 'padding'),
    mode,
  }
}

function windowDraft(call: LayerCall<WindowOptions>, window: Window, size: string) {
  const { stride, dilation, padding, paddingMode } = call.options
  return {
    lists: {
      [size]: window.size,
      stride: stride === undefined ? undefined : window.stride,
      dilation: dilation === undefined ? undefined : window.dilation,
      prePadding: padding === undefined ? undefined : window.pre,
      postPadding: padding === undefined ? undefined : window.post,
    },
    choices: { paddingMode },
  }
}

interface Operand {
  readonly tensor: NetworkTensor | null
  readonly weights: ResolvedWeights | undefined
}

function operand(call: LayerCall, value: NetworkWeights | NetworkTensor, role: string): Operand {
  if (value instanceof NetworkTensor) return { tensor: call.tensor(value, role), weights: undefined }
  return { tensor: null, weights: resolveWeights(value) }
}

function checkGroups(call: ConvolutionCall, channels: number, outputs: number, groups: number): void {
  if (outputs % groups !== 0) call.refuse(`outputs that ${groups} groups divide`, String(outputs))
  if (channels >= 0 && channels % groups !== 0) call.refuse(`channels that ${groups} groups divide`, String(channels))
}

function checkKernel(call: ConvolutionCall, kernel: ResolvedWeights, channels: number, groups: number, { size }: Window): void {
  if (channels < 0) call.refuse('a number of channels, to count the weights of the kernel', 'an open dimension')
  const { outputs } = call.options
  const [first, second] = call.kind === 'convolution' ? [outputs, channels / groups] : [channels, outputs / groups]
  const expected = [first, second, ...size].reduce((product, length) => product * length, 1)
  if (kernel.count !== expected) {
    call.refuse(`a kernel of ${first} x ${second} x ${size.join(' x ')} = ${expected} elements`, describeWeights(kernel))
  }
}

function checkLengths(call: LayerCall, lengths: readonly number[]): void {
  if (lengths.some((length) => length === 0 || length < -1)) {
    call.refuse('a window that fits the input', `one that leaves [${lengths.join(', ')}]`)
  }
}
