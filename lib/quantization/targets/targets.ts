import { extremeOperators, movingOperators, type Target, type TargetName } from './target.js'

const openvinoCpu: Target = {
  name: 'openvino-cpu',
  weighted: new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
  depthwise: false,
  leftWeights: false,
  batchedScales: false,
  multipliesActivations: true,
  residuals: 'skip',
  transparent: new Set([...movingOperators, ...extremeOperators]),
  // Of signed integers around a Concat its low precision transformations make nonsense (seen with 2026.4.1).
  activationType: 'u8',
  fusesProducts: true,
  estimator: 'mean-deviation-minmax',
  concatenatesIntegers: true,
  quantizesExtremes: false,
  addsPairsIn16Bits: true,
  restoresHalves: true,
}

const tensorrt: Target = {
  name: 'tensorrt',
  weighted: new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
  depthwise: false,
  leftWeights: true,
  batchedScales: true,
  multipliesActivations: false,
  residuals: 'both',
  transparent: movingOperators,
  activationType: 'i8',
  fusesProducts: false,
  estimator: 'mse',
  concatenatesIntegers: true,
  quantizesExtremes: true,
  addsPairsIn16Bits: false,
  restoresHalves: false,
}

/** All targets by name. */
export const targets: Readonly<Record<TargetName, Target>> = {
  'openvino-cpu': openvinoCpu,
  // oneDNN adds four products in 32 bits there, so weights have the whole range.
  'openvino-cpu-vnni': { ...openvinoCpu, name: 'openvino-cpu-vnni', addsPairsIn16Bits: false },
  'openvino-gpu': { ...openvinoCpu, name: 'openvino-gpu', addsPairsIn16Bits: false },
  tensorrt,
  onnxruntime: { ...openvinoCpu, name: 'onnxruntime', transparent: movingOperators, quantizesExtremes: true },
  // What every engine takes and computes rightly: signed integers for TensorRT, and each quantizer right before the operator
  // that computes, with no Concat before it, for OpenVINO: signed integers that are moved first come out as nonsense there.
  any: {
    ...tensorrt,
    name: 'any',
    transparent: extremeOperators,
    leftWeights: false,
    batchedScales: false,
    addsPairsIn16Bits: true,
    concatenatesIntegers: false,
    quantizesExtremes: false,
  },
}
