import { extremeOperators, movingOperators, type Target, type TargetName } from './target.js'

const openvinoCpu: Target = {
  name: 'openvino-cpu',
  weighted: new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
  depthwise: false,
  groupMultiple: 4,
  leftWeights: false,
  batchedScales: false,
  multipliesActivations: true,
  residuals: 'skip',
  quantizesOutputs: false,
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
  groupMultiple: 1,
  leftWeights: true,
  batchedScales: true,
  multipliesActivations: false,
  residuals: 'both',
  quantizesOutputs: false,
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
  'openvino-cpu-vnni': { ...openvinoCpu, name: 'openvino-cpu-vnni', groupMultiple: 1, addsPairsIn16Bits: false },
  'openvino-gpu': { ...openvinoCpu, name: 'openvino-gpu', groupMultiple: 1, addsPairsIn16Bits: false },
  tensorrt,
  // It has no kernel for ConvTranspose on integers, and one for depthwise convolutions.
  onnxruntime: {
    ...openvinoCpu,
    name: 'onnxruntime',
    groupMultiple: 1,
    weighted: new Set(['Conv', 'Gemm', 'MatMul']),
    depthwise: true,
    residuals: 'both',
    quantizesOutputs: true,
    transparent: movingOperators,
    quantizesExtremes: true,
  },
  // What every engine takes and computes rightly: signed integers for TensorRT, and each quantizer right before the operator
  // that computes, with no Concat before it, for OpenVINO: signed integers that are moved first come out as nonsense there.
  any: {
    ...tensorrt,
    name: 'any',
    transparent: extremeOperators,
    groupMultiple: 4,
    leftWeights: false,
    batchedScales: false,
    addsPairsIn16Bits: true,
    concatenatesIntegers: false,
    quantizesExtremes: false,
  },
}
