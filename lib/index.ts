export { backends, devices } from './api/backends.js'
export { buildEngine } from './api/build-engine.js'
export type { BuildEngineOptions, ModelInput, OpenVinoBuildOptions } from './api/build-options.js'
export {
  type AddonReport,
  type CheckEnvironmentOptions,
  checkEnvironment,
  type EnvironmentReport,
} from './api/check-environment.js'
export type { Finding } from './api/environment-findings.js'
export { type EvaluatedModel, type Evaluation, evaluate } from './api/evaluate.js'
export type { EvaluateOptions, EvaluationProgress } from './api/evaluate-options.js'
export { type EngineInspection, type InspectEngineOptions, inspectEngine } from './api/inspect-engine.js'
export { type InspectModelOptions, inspectModel, type ModelInspection, type ModelPort } from './api/inspect-model.js'
export type { LatencySummary } from './api/latency-samples.js'
export { type LoadEngineOptions, loadEngine } from './api/load-engine.js'
export {
  type MeasureMode,
  type Measurement,
  type MeasureOptions,
  type MeasureProgress,
  measureEngine,
} from './api/measure-engine.js'
export type { OperatorCount, WeightCount } from './api/model-contents.js'
export { openvino } from './api/openvino.js'
export type { DeviceReport, OpenVinoReport, PluginReport } from './api/probe-openvino.js'
export type { EngineReading } from './api/read-model-with-engine.js'
export type {
  BackendStatus,
  BuildProgress,
  BuildStage,
  DeviceInfo,
  Dimension,
  EngineLayer,
  PartialShape,
  Port,
  ProfiledLayer,
} from './engine/backend.js'
export type { CacheInput, HintsInput, PropertyInput, ShapesInput } from './engine/openvino/build-options.js'
export type { Model, ModelOperation } from './engine/openvino/model.js'
export type { PreprocessInput, PreprocessStep } from './engine/openvino/preprocess-options.js'
export { EngineryError, isEngineryError } from './errors/enginery-error.js'
export type { ErrorCode } from './errors/error-table.js'
export type { InferenceInputs, InputValue, TypedArray } from './inference/bind-inputs.js'
export type { InferenceResult, OutputTensors } from './inference/collect-outputs.js'
export type { Engine, EngineDescription, InferManyOptions, InferOptions } from './inference/engine.js'
export type { InputSource } from './inference/infer-many.js'
export type { Logger } from './logging/logger.js'
export { fromFloat32, toFloat32 } from './tensor/convert-elements.js'
export type { ElementArray, ElementType } from './tensor/element-type.js'
export { Tensor } from './tensor/tensor.js'
