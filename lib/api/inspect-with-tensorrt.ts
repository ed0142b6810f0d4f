import { explainProblem, type ModelProblem } from '../engine/tensorrt/explain-problems.js'
import { openTensorRt, requireBuilder } from '../engine/tensorrt/open-library.js'
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
}

/**
 * Asks TensorRT's parser which nodes of an ONNX model it takes, without building anything.
 *
 * @throws the TENSORRT_ codes of a library that cannot be used here; MODEL_NOT_FOUND, MODEL_UNSUPPORTED, FILE_NOT_READ
 * @example (await inspectWithTensorRt('yolox.onnx', { library: 'tensorrt-rtx' })).supported // true
 */
export async function inspectWithTensorRt(
  path: string,
  { library: choice = 'tensorrt' }: InspectWithTensorRtOptions = {},
): Promise<TensorRtModelInspection> {
  const model = await readModel(path)
  const library = await openTensorRt(choice)
  requireBuilder(library, 0)
  const { supported, parts, problems } = await library.addon.checkModel({
    model: model.bytes,
    ...(model.path !== null && { modelPath: model.path }),
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
