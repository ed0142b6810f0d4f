import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { PartialShape } from '../../engine/backend.js'
import { type EngineryErrorJson, engineryError } from '../../errors/enginery-error.js'
import { requireText } from '../../errors/require-argument.js'
import { digestModel, listModelFiles } from '../../model/model-digest.js'
import { detectModelFormat, type SourceFormat } from '../../model/model-format.js'
import { readOnnxModel } from '../../model/onnx-reader.js'
import type { OnnxDimension, OnnxModel, OnnxValue } from '../../model/onnx-types.js'
import { countWeights, type OperatorCount, type WeightCount } from './model-contents.js'
import { type EngineReading, readWithOpenVino } from './read-model-with-engine.js'
import { type SuggestedIgnored, suggestIgnored } from './suggest-ignored.js'

/** An input or output as the model declares it. */
export interface ModelPort {
  readonly name: string
  readonly type: string
  readonly shape: PartialShape
  /** Names of open dimensions by axis, where the model names them: `[null, null, 'height', 'width']`. */
  readonly symbols: readonly (string | null)[] | null
}

/** What only ONNX files say about themselves. */
export interface OnnxFacts {
  readonly irVersion: number
  readonly opsets: readonly { readonly domain: string; readonly version: number }[]
  readonly producer: string
  readonly graph: string
  readonly functions: number
  readonly metadata: Readonly<Record<string, string>>
}

export interface ModelInspection {
  readonly kind: 'model'
  readonly path: string
  readonly format: SourceFormat
  /** The model's own file first, then weights that are kept beside it. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** Of all files. */
  readonly bytes: number
  /** SHA-256 as manifests hold it; null unless asked for. */
  readonly digest: string | null
  readonly inputs: readonly ModelPort[]
  readonly outputs: readonly ModelPort[]
  /** Most frequent first. */
  readonly operators: readonly OperatorCount[]
  /** Elements of all weights. */
  readonly parameters: number
  readonly weightBytes: number
  readonly weights: readonly WeightCount[]
  /** Operators that mark the model as quantized, with their number: empty for a float model. */
  readonly quantization: readonly OperatorCount[]
  readonly onnx: OnnxFacts | null
  /** The model as the engine reads it; `null` where no engine is installed (ONNX files are inspected without one). */
  readonly engine: EngineReading | null
  /** Why the engine could not read it. */
  readonly engineError: EngineryErrorJson | null
  /** What `quantize` recognises by its structure, and what of it stays float; null unless asked for. */
  readonly suggestedIgnored: readonly SuggestedIgnored[] | null
}

export interface InspectModelOptions {
  /** Compute the digest: reads all of the weights. */
  digest?: boolean | undefined
  /** Find what `quantize` leaves float because of the structure of the graph: ONNX only. */
  suggestIgnored?: boolean | undefined
  signal?: AbortSignal | undefined
}

/**
 * What a model file holds, without compiling it. ONNX is read by this package itself, so that it works without an
 * engine and for models that the engine refuses; other formats are read by OpenVINO.
 *
 * @throws OPTION_INVALID, the MODEL_ and EXTERNAL_DATA_ codes, FILE_NOT_READ; for formats other than ONNX also the ADDON_ codes; with
 * `suggestIgnored` QUANTIZATION_NOT_ONNX, MODEL_QUANTIZED and the OPSET_ codes, OPERATORS_NOT_RAISED
 * @example (await inspectModel('yolox.onnx')).operators[0] // { domain: 'ai.onnx', type: 'Conv', count: 83 }
 */
export async function inspectModel(path: string, options: InspectModelOptions = {}): Promise<ModelInspection> {
  requireText(path, 'the path of a model', 'path', inspectModel)
  const detected = await detectModelFormat(path)
  const { format } = detected
  if (format === 'openvino-blob' || format === 'tensorrt-plan') {
    throw engineryError('MODEL_FORMAT_UNKNOWN', { model: path, reason: 'it is a compiled engine, not a model' })
  }
  const files = await Promise.all(
    (await listModelFiles(detected)).map(async ([, file]) => ({ path: file, bytes: (await stat(file)).size })),
  )
  const onnx = format === 'onnx' ? await readOnnxModel(detected.path) : null
  const { reading, error } = await readWithOpenVino(detected, { required: onnx === null, signal: options.signal })
  const digest = options.digest ? (await digestModel(detected, { signal: options.signal })).sha256 : null
  return {
    kind: 'model',
    path: resolve(path),
    format,
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    digest,
    ...(onnx ? contentOfOnnx(onnx) : contentOfReading(reading as EngineReading)),
    engine: reading,
    engineError: error?.toJSON() ?? null,
    suggestedIgnored: options.suggestIgnored ? await suggestIgnored(detected) : null,
  }
}

type Content = Pick<
  ModelInspection,
  'inputs' | 'outputs' | 'operators' | 'parameters' | 'weightBytes' | 'weights' | 'quantization' | 'onnx'
>

function contentOfOnnx(model: OnnxModel): Content {
  return {
    inputs: model.inputs.map(portOfOnnx),
    outputs: model.outputs.map(portOfOnnx),
    operators: model.operators,
    parameters: model.parameters,
    weightBytes: model.weightBytes,
    weights: countWeights(model.weights),
    quantization: model.operators.filter(isQuantizing),
    onnx: {
      irVersion: model.irVersion,
      opsets: model.opsets,
      producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
      graph: model.graphName,
      functions: model.functionCount,
      metadata: model.metadata,
    },
  }
}

function contentOfReading(reading: EngineReading): Content {
  const weights = reading.weights
  return {
    inputs: reading.inputs.map((port) => ({ name: port.name, type: port.type, shape: port.shape, symbols: null })),
    outputs: reading.outputs.map((port) => ({ name: port.name, type: port.type, shape: port.shape, symbols: null })),
    operators: reading.operators,
    parameters: weights.reduce((sum, { elements }) => sum + elements, 0),
    weightBytes: weights.reduce((sum, { bytes }) => sum + bytes, 0),
    weights,
    quantization: reading.operators.filter(isQuantizing),
    onnx: null,
  }
}

function portOfOnnx({ name, type, shape }: OnnxValue): ModelPort {
  const named = shape?.some((dimension) => typeof dimension === 'string')
  return {
    name,
    type,
    shape: shape?.map((dimension) => (typeof dimension === 'number' ? dimension : ('dynamic' as const))) ?? null,
    symbols: named
      ? (shape as readonly OnnxDimension[]).map((dimension) => (typeof dimension === 'string' ? dimension : null))
      : null,
  }
}

// QuantizeLinear, DynamicQuantizeLinear, QLinearConv, ConvInteger, MatMulInteger, FakeQuantize, ...
function isQuantizing({ type }: OperatorCount): boolean {
  return /^(?:De|Dynamic)?QuantizeLinear$|^QLinear|^Q(?:Gemm|Attention)$|(?:Conv|MatMul)Integer$|^FakeQuantize$/.test(type)
}
