import { explainProblem, type ModelProblem } from '../../engine/tensorrt/explain-problems.js'
import { openTensorRt, requireBuilder } from '../../engine/tensorrt/open-library.js'
import { openPlugins, pluginFailure } from '../../engine/tensorrt/plugin-libraries.js'
import { requireObject, requireText } from '../../errors/require-argument.js'
import { readModel } from './build-tensorrt.js'

/** What TensorRT's parser takes of a model. */
export interface TensorRtModelInspection {
  /** `TensorRT-RTX 1.7.1.116` */
  readonly library: string
  /** Whether it takes all of it. */
  readonly supported: boolean
  /** Nodes that it takes, and those that it does not, as numbers in the graph. */
  readonly supportedNodes: number
  readonly unsupportedNodes: readonly number[]
  /** In the parser's words, with what to do. */
  readonly problems: readonly ModelProblem[]
}

export interface InspectWithTensorRtOptions {
  /** As for `buildEngine`: `tensorrt` (default), `tensorrt-rtx`, or the path of a core library. */
  library?: string | undefined
  /** As for `buildEngine`: libraries with plugins, whose operators the parser then takes; not on TensorRT-RTX. */
  plugins?: readonly string[] | undefined
}

/**
 * Asks TensorRT's parser which nodes of an ONNX model it takes, without building anything.
 *
 * @throws the TENSORRT_ codes of a library that cannot be used here, TENSORRT_PLUGIN_LIBRARY_FAILED; MODEL_NOT_FOUND, MODEL_UNSUPPORTED, FILE_NOT_READ
 * @example (await inspectWithTensorRt('yolox.onnx', { library: 'tensorrt-rtx' })).supported // true
 */
export async function inspectWithTensorRt(
  path: string,
  options: InspectWithTensorRtOptions = {},
): Promise<TensorRtModelInspection> {
  requireText(path, 'the path of an ONNX model', 'path', inspectWithTensorRt)
  requireObject(options, 'an object', '(options)', inspectWithTensorRt)
  const { library: choice = 'tensorrt', plugins } = options
  const model = await readModel(path)
  const library = await openTensorRt(choice)
  requireBuilder(library, 0)
  const opened = await openPlugins({ plugins: plugins && [...plugins] }, library)
  const request = {
    model: model.bytes,
    ...(model.path !== null && { modelPath: model.path }),
    plugins: [...opened.load],
  }
  const { supported, parts, problems } = await library.addon.checkModel(request).catch((error: Error & { code?: string }) => {
    throw error.code === 'TRT_PLUGIN_LIBRARY' ? pluginFailure(error, request.plugins, library) : error
  })
  const nodesOf = (wanted: boolean) => parts.filter((part) => part.supported === wanted).flatMap(({ nodes }) => nodes)
  return {
    library: library.title,
    supported,
    supportedNodes: nodesOf(true).length,
    unsupportedNodes: nodesOf(false).sort((a, b) => a - b),
    problems: problems.map(explainProblem),
  }
}
