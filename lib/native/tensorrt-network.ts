/**
 * A network as it crosses into an addon over TensorRT: data alone, made of layers in order. Tensors are numbers that count from
 * the first layer on; inputs are layers of the kind `input`. What is not given stays as TensorRT has it.
 */
export interface NativeNetworkDefinition {
  layers: NativeLayerDefinition[]
  /** Numbers of tensors. */
  outputs: number[]
  weights: NativeNetworkWeights[]
}

export interface NativeNetworkWeights {
  /** `f32`, `f16`, ... */
  type: string
  count: number
  data: Uint8Array
}

export interface NativeTensorDefinition {
  name?: string
  /** 10.x */
  dynamicRange?: [min: number, max: number]
}

export interface NativePluginField {
  name: string
  type: string
  length: number
  data: Uint8Array
}

export interface NativeLayerDefinition {
  kind: string
  name?: string
  metadata?: string
  /** -1 where none is given. */
  inputs: number[]
  choices?: Record<string, string>
  numbers?: Record<string, number>
  /** Whole numbers. */
  lists?: Record<string, number[]>
  factors?: Record<string, number[]>
  /** Indices into the network's `weights`. */
  weights?: Record<string, number>
  fields?: NativePluginField[]
  outputs: NativeTensorDefinition[]
  /** 10.x */
  precision?: string
  /** 10.x */
  outputTypes?: string[]
}

/** Groups of names that layers choose from. */
export type NativeNetworkNames = Record<
  | 'activation'
  | 'pooling'
  | 'padding'
  | 'elementWise'
  | 'unary'
  | 'matrix'
  | 'scale'
  | 'reduce'
  | 'topK'
  | 'gather'
  | 'interpolation'
  | 'coordinates'
  | 'singlePixel'
  | 'rounding'
  | 'slice'
  | 'pluginField',
  string[]
>
