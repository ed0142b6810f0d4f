import { isStatic } from '../engine/partial-shape.js'
import { isEngineryError } from '../errors/enginery-error.js'
import type { ModelMetadata } from '../evaluation/tasks/ctc.js'
import { Engine } from '../inference/engine.js'
import type { Logger } from '../logging/logger.js'
import { digestModel } from '../model/model-digest.js'
import { type DetectedModel, detectModelFormat } from '../model/model-format.js'
import { readOnnxModel } from '../model/onnx-reader.js'
import { createPreprocessor } from '../preprocess/create-preprocessor.js'
import type { PreprocessDescription } from '../preprocess/preprocess-schema.js'
import { buildEngine } from './build-engine.js'
import type { BuildEngineOptions } from './build-options.js'
import { loadEngine } from './load-engine.js'
import { readModelInputs } from './read-model-with-engine.js'

/** Options of buildEngine that all models of a comparison share. */
export type SharedEngineOptions = Omit<BuildEngineOptions, 'model' | 'signal' | 'onProgress' | 'logger'>

export interface CandidateEngine {
  readonly engine: Engine
  /** Null for an engine of the caller's, who closes it. */
  readonly path: string | null
  /** SHA-256 of the model, or of the saved engine; null for an engine of the caller's. */
  readonly digest: string | null
  readonly metadata: ModelMetadata
}

interface OpenOptions {
  readonly options: SharedEngineOptions
  /** What the engine is for: open dimensions are fixed where all pictures come out in one size. */
  readonly pictures: PreprocessDescription | undefined
  readonly signal: AbortSignal | undefined
  readonly logger: Logger | undefined
}

/**
 * Takes an engine as it is, loads a saved one, or builds one of a model for the pictures it is to be run on.
 *
 * @throws as buildEngine and loadEngine
 */
export async function openCandidate(model: string | Engine, open: OpenOptions): Promise<CandidateEngine> {
  if (model instanceof Engine) return { engine: model, path: null, digest: null, metadata: {} }
  const detected = await detectModelFormat(model)
  const call = { signal: open.signal, logger: open.logger }
  if (detected.format === 'openvino-blob') {
    const { hints, properties } = open.options
    const engine = await loadEngine(model, { hints, properties, ...call })
    return { engine, path: model, digest: (await digestModel(detected)).sha256, metadata: {} }
  }
  const metadata = detected.format === 'onnx' ? (await readOnnxModel(detected.path)).metadata : {}
  const { sha256: digest } = await digestModel(detected, { signal: open.signal })
  const engine = await buildEngine({ ...(await withShapes(detected, open)), model, ...call })
  return { engine, path: model, digest, metadata }
}

async function withShapes(detected: DetectedModel, { options, pictures }: OpenOptions): Promise<SharedEngineOptions> {
  if (!pictures || options.shapes !== undefined || options.preprocess !== undefined) return options
  const [port] = await readModelInputs(detected)
  if (!port || isStatic(port.shape)) return options
  try {
    const preprocessor = createPreprocessor(pictures, port)
    if (preprocessor.followsPictures) return { ...options, shapes: 'dynamic' }
    return { ...options, shapes: { [port.name]: preprocessor.shapeOf(preprocessor.plan([{ width: 512, height: 512 }]), 1) } }
  } catch (error) {
    // Said in full once the engine is there: a model may have ports that only building it tells.
    if (isEngineryError(error, 'PREPROCESS_INVALID')) return options
    throw error
  }
}
