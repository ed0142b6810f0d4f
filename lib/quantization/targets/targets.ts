import { movingOperators, type Target, type TargetName } from './target.js'

const openvinoCpu: Target = {
  name: 'openvino-cpu',
  weighted: new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
  depthwise: false,
  multipliesActivations: true,
  residuals: 'skip',
  transparent: movingOperators,
  activationType: 'fitting',
  allowsZeroPoint: true,
  symmetricOperators: new Set(['Gemm', 'MatMul', 'ConvTranspose']),
  addsPairsIn16Bits: true,
}

const tensorrt: Target = {
  name: 'tensorrt',
  weighted: new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
  depthwise: false,
  multipliesActivations: false,
  residuals: 'both',
  transparent: movingOperators,
  activationType: 'i8',
  allowsZeroPoint: false,
  symmetricOperators: new Set(),
  addsPairsIn16Bits: false,
}

/** All targets by name. */
export const targets: Readonly<Record<TargetName, Target>> = {
  'openvino-cpu': openvinoCpu,
  // oneDNN adds four products in 32 bits there, so weights have the whole range.
  'openvino-cpu-vnni': { ...openvinoCpu, name: 'openvino-cpu-vnni', addsPairsIn16Bits: false },
  'openvino-gpu': { ...openvinoCpu, name: 'openvino-gpu', addsPairsIn16Bits: false },
  tensorrt,
  onnxruntime: { ...openvinoCpu, name: 'onnxruntime', symmetricOperators: new Set() },
  // What every engine takes: symmetric, and safe where products are added in 16 bits.
  any: { ...tensorrt, name: 'any', addsPairsIn16Bits: true },
}
