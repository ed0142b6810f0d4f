export { backends, devices } from './api/engines/backends.js'
export { buildEngine } from './api/engines/build-engine.js'
export type { BuildEngineOptions, ModelInput, OpenVinoBuildOptions } from './api/engines/build-options.js'
export type { LatencySummary } from './api/engines/latency-samples.js'
export { type LoadEngineOptions, loadEngine } from './api/engines/load-engine.js'
export {
  type MeasureMode,
  type Measurement,
  type MeasureOptions,
  type MeasureProgress,
  measureEngine,
} from './api/engines/measure-engine.js'
export { openvino } from './api/engines/openvino.js'
export {
  type AddonReport,
  type CheckEnvironmentOptions,
  checkEnvironment,
  type EnvironmentReport,
} from './api/environment/check-environment.js'
export type { Finding } from './api/environment/environment-findings.js'
export type { DeviceReport, OpenVinoReport, PluginReport } from './api/environment/probe-openvino.js'
export type { SharpReport } from './api/environment/probe-sharp.js'
export type { TensorRtLibraryReport, TensorRtReport } from './api/environment/probe-tensorrt.js'
export { type EvaluatedModel, type Evaluation, evaluate } from './api/evaluation/evaluate.js'
export type { EvaluateOptions, EvaluationProgress } from './api/evaluation/evaluate-options.js'
export type { SharedEngineOptions } from './api/evaluation/open-candidate.js'
export { createPredictor, type Predictor, type PredictorOptions } from './api/evaluation/predictor.js'
export { type EngineInspection, type InspectEngineOptions, inspectEngine } from './api/inspection/inspect-engine.js'
export { type InspectModelOptions, inspectModel, type ModelInspection, type ModelPort } from './api/inspection/inspect-model.js'
export type { OperatorCount, WeightCount } from './api/inspection/model-contents.js'
export type { EngineReading } from './api/inspection/read-model-with-engine.js'
export type { SuggestedIgnored, SuggestedNode } from './api/inspection/suggest-ignored.js'
export type { AccuracyCheck } from './api/quantization/check-quantized.js'
export { type ConvertPrecisionResult, convertPrecision } from './api/quantization/convert-precision.js'
export type { MeasuredSpeed } from './api/quantization/measure-speed.js'
export { type QuantizedOperator, type QuantizeResult, quantize } from './api/quantization/quantize.js'
export {
  type CheckCalibrationCacheOptions,
  type CheckedCalibrationCache,
  checkCalibrationCache,
} from './api/tensorrt/check-calibration-cache.js'
export { type CollectedProfile, type CollectProfileOptions, collectProfile } from './api/tensorrt/collect-profile.js'
export {
  type ConvertCalibrationCacheOptions,
  type ConvertedCalibrationCache,
  convertCalibrationCache,
} from './api/tensorrt/convert-calibration-cache.js'
export {
  type CreateCalibrationTableOptions,
  type CreatedCalibrationTable,
  createCalibrationTable,
  type TableProgress,
} from './api/tensorrt/create-calibration-table.js'
export {
  type EditedTimingCache,
  type EditTimingCacheOptions,
  editTimingCache,
  type ReadTimingCacheOptions,
  readTimingCache,
  type TimingCacheChange,
  type TimingCacheEntry,
} from './api/tensorrt/edit-timing-cache.js'
export {
  type InspectWithTensorRtOptions,
  inspectWithTensorRt,
  type TensorRtModelInspection,
} from './api/tensorrt/inspect-with-tensorrt.js'
export type { BuilderEvent, TensorRtBuildOptions } from './api/tensorrt/tensorrt-options.js'

export type { ConvergenceStage } from './calibration/measure-convergence.js'
export {
  type CalibrationTable,
  encodeCalibrationTable,
  parseCalibrationTable,
  readCalibrationTable,
  type TableLine,
  type TableProblem,
  type TableProblemKind,
  writeCalibrationTable,
} from './calibration/tensorrt/calibration-table.js'

export type { TableFinding, TableFindingKind } from './calibration/tensorrt/check-table.js'
export { type ChosenTable, chooseCalibrationTable, type UnfitTablePolicy } from './calibration/tensorrt/choose-table.js'
export { dynamicRangesFromTable, rangesFromTable } from './calibration/tensorrt/json-ranges.js'
export type { CalibrationAlgorithm } from './calibration/tensorrt/table-header.js'
export {
  readTableManifest,
  saveCalibrationTable,
  type TableManifest,
  type TableOrigin,
} from './calibration/tensorrt/table-manifest.js'
export type {
  BoxAnnotation,
  Category,
  Dataset,
  PolygonAnnotation,
  Sample,
  TextAnnotation,
} from './dataset/annotations.js'
export type { OpenedDataset } from './dataset/build-dataset.js'
export type { DatasetFormat, DatasetOptions } from './dataset/dataset-options.js'
export type { DatasetWarning } from './dataset/dataset-warnings.js'
export { openDataset } from './dataset/open-dataset.js'
export {
  type BrokenSample,
  type ReadSample,
  type ReadSamplesOptions,
  readSamples,
  type SampleStream,
  type TensorIterable,
} from './dataset/read-samples.js'
export { type SubsampleOptions, subsample } from './dataset/subsample.js'
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
export { type MovedPreprocess, type MoveOptions, movePreprocessIntoModel } from './engine/openvino/preprocess-from-description.js'
export type { PreprocessInput, PreprocessStep } from './engine/openvino/preprocess-options.js'
export type { PrecisionReport } from './engine/precision-report.js'
export type { TensorRtBuilderInput, TensorRtProfileInput } from './engine/tensorrt/build-options.js'
export type { BuildWarning } from './engine/tensorrt/build-warnings.js'
export type { OptimizedLayer, OptimizedLayers, OptimizedTensor } from './engine/tensorrt/layers/optimized-layers.js'
export { type LayerName, layerNames, type NetworkType } from './engine/tensorrt/network/layer-names.js'
export type { NetworkLayerOptions } from './engine/tensorrt/network/layer-options.js'
export type { NetworkTensor } from './engine/tensorrt/network/network-tensor.js'
export type { NetworkWeights } from './engine/tensorrt/network/network-weights.js'
export { TensorRtNetwork } from './engine/tensorrt/network/tensorrt-network.js'
export type { PlanLayer, TensorRtPlan } from './engine/tensorrt/plan.js'
export {
  type OptimizationProfiles,
  parseOptimizationProfiles,
  readOptimizationProfiles,
  writeOptimizationProfiles,
} from './engine/tensorrt/profile-file.js'
export { parseTrtexecOptions, type TrtexecBuild } from './engine/tensorrt/trtexec-options.js'
export { readWts, type WtsWeights, writeWts } from './engine/tensorrt/wts/wts-file.js'
export { EngineryError, isEngineryError } from './errors/enginery-error.js'
export type { ErrorCode } from './errors/error-table.js'
export { polygonIou } from './evaluation/boxes/polygon-overlap.js'
export { type SuppressOptions, suppressBoxes } from './evaluation/boxes/suppress-boxes.js'
export { type RotatedBox, rotatedIou, suppressRotated } from './evaluation/boxes/suppress-rotated.js'
export type { MetricChoice } from './evaluation/choose-metrics.js'
export {
  type BootstrapDifference,
  type BootstrapResult,
  bootstrapDifference,
  bootstrapScore,
} from './evaluation/metrics/bootstrap/bootstrap.js'
export type { BootstrapInput } from './evaluation/metrics/bootstrap/bootstrap-options.js'
export type { Interval } from './evaluation/metrics/bootstrap/interval.js'
export { createMetric, type MetricContext } from './evaluation/metrics/create-metric.js'
export { type CustomMetricOptions, createCustomMetric } from './evaluation/metrics/custom-metric.js'
export type { CocoCategoryScores, CocoDetails, CocoScores } from './evaluation/metrics/detection/coco-map.js'
export { createCosineSimilarity } from './evaluation/metrics/embedding/cosine-similarity.js'
export type { Metric, MetricCallOptions, MetricScore, MetricSummary, Observed, Resampler } from './evaluation/metrics/metric.js'
export { MetricAccumulator } from './evaluation/metrics/metric-accumulator.js'
export type { MetricInput } from './evaluation/metrics/metric-options.js'
export type { ModelScores, ScoredDifference, ScoredMetric, UndefinedMetric } from './evaluation/score-results.js'
export { createDecoder, type TaskInput } from './evaluation/tasks/create-decoder.js'
export type { ModelMetadata } from './evaluation/tasks/ctc.js'
export type * from './evaluation/tasks/task.js'
export { type DecodeImageOptions, decodeImage } from './image/decode-image.js'
export { drawShapes, polygonOfBox, type Shape } from './image/draw-shapes.js'
export { type EncodeImageOptions, encodeImage, writeImage } from './image/encode-image.js'
export type { Image, ImageSize } from './image/image.js'
export { type ResizeFilter, type ResizeOptions, resizeImage } from './image/resize-image.js'
export type { InferenceInputs, InputValue, TypedArray } from './inference/bind-inputs.js'
export type { InferenceResult, OutputTensors } from './inference/collect-outputs.js'
export type { Engine, EngineDescription, InferManyOptions, InferOptions } from './inference/engine.js'
export type { InputSource } from './inference/infer-many.js'
export type { Logger } from './logging/logger.js'
export { createPreprocessor, type PreparedBatch, type Preprocessor } from './preprocess/create-preprocessor.js'
export { type ImageGeometry, pointToOriginal } from './preprocess/geometry.js'
export { type ImportedMnn, importMnnPreprocess } from './preprocess/importers/import-mnn.js'
export { type ImportPaddleOptions, importPaddlePreprocess } from './preprocess/importers/import-paddle.js'
export type { ImportedPreprocess } from './preprocess/importers/imported-preprocess.js'
export type { InputPort } from './preprocess/input-port.js'
export type { PreprocessDescription } from './preprocess/preprocess-schema.js'
export { presets } from './preprocess/presets.js'
export type { CureReport, CureStep, LossReason } from './quantization/cure/cure-report.js'
export type { ConvertPrecisionOptions } from './quantization/half-precision/precision-options.js'
export type { IgnoredScope } from './quantization/ignored-scope.js'
export type {
  CalibrationOptions,
  CalibrationSample,
  CalibrationSamples,
  QuantizationOptions,
  QuantizeOptions,
  QuantizeProgress,
} from './quantization/quantize-options.js'
export type { SkippedNode } from './quantization/quantizer.js'
export type { RecipeName } from './quantization/recipes/recipe.js'
export type { RecipeOptions } from './quantization/recipes/recipes.js'
export type { LayerSensitivity } from './quantization/sensitivity/rank-layers.js'
export type { TargetName } from './quantization/targets/target.js'
export type { AccuracyProblem } from './quantization/verification/judge-outputs.js'
export type { OutputMeasures } from './quantization/verification/output-measures.js'
export { fromFloat32, toFloat32 } from './tensor/convert-elements.js'
export type { ElementArray, ElementType } from './tensor/element-type.js'
export { Tensor } from './tensor/tensor.js'
