import type { NativeNetworkNames } from '../../../native/tensorrt-network.js'

/** What layers choose from, by TensorRT's names (`leaky-relu` is its `kLEAKY_RELU`). The numbers behind them stay in the addons. */
export const layerNames = {
  activation: [
    'relu',
    'sigmoid',
    'tanh',
    'leaky-relu',
    'elu',
    'selu',
    'softsign',
    'softplus',
    'clip',
    'hard-sigmoid',
    'scaled-tanh',
    'thresholded-relu',
    'gelu-erf',
    'gelu-tanh',
  ],
  pooling: ['max', 'average', 'max-average-blend'],
  padding: ['explicit-round-down', 'explicit-round-up', 'same-upper', 'same-lower'],
  elementWise: ['sum', 'prod', 'max', 'min', 'sub', 'div', 'pow', 'floor-div', 'and', 'or', 'xor', 'equal', 'greater', 'less'],
  unary: [
    'exp',
    'log',
    'sqrt',
    'recip',
    'abs',
    'neg',
    'sin',
    'cos',
    'tan',
    'sinh',
    'cosh',
    'asin',
    'acos',
    'atan',
    'asinh',
    'acosh',
    'atanh',
    'ceil',
    'floor',
    'erf',
    'not',
    'sign',
    'round',
    'isinf',
    'isnan',
  ],
  matrix: ['none', 'transpose', 'vector'],
  scale: ['uniform', 'channel', 'elementwise'],
  reduce: ['sum', 'prod', 'max', 'min', 'avg'],
  topK: ['max', 'min'],
  gather: ['default', 'element', 'nd'],
  interpolation: ['nearest', 'linear', 'cubic'],
  coordinates: ['align-corners', 'asymmetric', 'half-pixel'],
  singlePixel: ['formula', 'upper'],
  rounding: ['half-up', 'half-down', 'floor', 'ceil'],
  slice: ['strict-bounds', 'wrap', 'clamp', 'fill', 'reflect'],
  pluginField: ['f16', 'f32', 'f64', 'i8', 'i16', 'i32', 'char', 'dims', 'unknown', 'bf16', 'i64', 'f8e4m3', 'i4', 'f4e2m1'],
} as const satisfies { readonly [Group in keyof NativeNetworkNames]: readonly string[] }

/** A name of one of the groups of {@link layerNames}. */
export type LayerName<Group extends keyof typeof layerNames> = (typeof layerNames)[Group][number]

/** Element types of tensors in a network. */
export const networkTypes = ['f32', 'f16', 'bf16', 'i8', 'i32', 'i64', 'u8', 'bool', 'i4', 'f8e4m3'] as const

export type NetworkType = (typeof networkTypes)[number]
