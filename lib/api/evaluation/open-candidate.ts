import type { Port } from '../../engine/backend.js'
import { movePreprocessIntoModel } from '../../engine/openvino/preprocess-from-description.js'
import { isStatic } from '../../engine/partial-shape.js'
import { engineryError, isEngineryError } from '../../errors/enginery-error.js'
import type { ModelMetadata } from '../../evaluation/tasks/ctc.js'
import { Engine } from '../../inference/engine.js'
import type { Logger } from '../../logging/logger.js'
import { digestModel } from '../../model/model-digest.js'
import { type DetectedModel, detectModelFormat } from '../../model/model-format.js'
import { readOnnxModel } from '../../model/onnx-reader.js'
import { createPreprocessor } from '../../preprocess/create-preprocessor.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { buildEngine } from '../engines/build-engine.js'
import type { BuildEngineOptions } from '../engines/build-options.js'
import { loadEngine } from '../engines/load-engine.js'
import { readModelInputs } from '../inspection/read-model-with-engine.js'

/** Options of buildEngine that all models of a comparison share. */
export type SharedEngineOptions = Omit<BuildEngineOptions, 'model' | 'signal' | 'onProgress' | 'logger'>

export interface CandidateEngine {
  readonly engine: Engine
  /** Null for an engine of the caller's, who closes it. */
  readonly path: string | null
  /** SHA-256 of the model, or of the saved engine; null for an engine of the caller's. */
  readonly digest: string | null
  readonly metadata: ModelMetadata
  /** What is left to do to pictures outside of the model. */
  readonly pictures: PreprocessDescription | undefined
}

interface OpenOptions {
  readonly options: SharedEngineOptions
  /** What the engine is for: open dimensions are fixed where all pictures come out in one size. */
  readonly pictures: PreprocessDescription | undefined
  /** Move the arithmetic on pictures into the model. */
  readonly intoModel?: boolean | undefined
  readonly signal: AbortSignal | undefined
  readonly logger: Logger | undefined
}

/**
 * Takes an engine as it is, loads a saved one, or builds one of a model for the pictures it is to be run on.
 *
 * @throws as buildEngine and loadEngine; OPTION_INVALID, PREPROCESS_NOT_MOVABLE where pictures cannot be prepared inside
 */
export async function openCandidate(model: string | Engine, open: OpenOptions): Promise<CandidateEngine> {
  const { pictures, intoModel } = open
  if (model instanceof Engine) {
    if (intoModel) throw notMovable('an engine that is open')
    return { engine: model, path: null, digest: null, metadata: {}, pictures }
  }
  const detected = await detectModelFormat(model)
  const call = { signal: open.signal, logger: open.logger }
  if (detected.format === 'openvino-blob') {
    if (intoModel) throw notMovable('a saved engine')
    const { hints, properties } = open.options
    const engine = await loadEngine(model, { hints, properties, ...call })
    return { engine, path: model, digest: (await digestModel(detected)).sha256, metadata: {}, pictures }
  }
  const metadata = detected.format === 'onnx' ? (await readOnnxModel(detected.path)).metadata : {}
  const { sha256: digest } = await digestModel(detected, { signal: open.signal })
  const shaped = await withShapes(detected, open)
  const moved = intoModel && pictures ? await movePictures(detected, pictures, shaped) : { options: shaped, pictures }
  const engine = await buildEngine({ ...moved.options, model, ...call })
  return { engine, path: model, digest, metadata, pictures: moved.pictures }
}

async function movePictures(detected: DetectedModel, pictures: PreprocessDescription, options: SharedEngineOptions) {
  const [port, ...others] = await readModelInputs(detected)
  if (options.preprocess !== undefined) throw invalid('expected no preprocess in the options of the engine beside it')
  if (!port || others.length > 0) throw invalid('expected a model with one input, for pictures')
  const shape = options.shapes !== undefined && options.shapes !== 'dynamic' ? options.shapes[port.name] : undefined
  const known = shape === undefined ? port : { ...port, shape: shape as Port['shape'] }
  const { model, outside } = movePreprocessIntoModel(pictures, known)
  return { options: { ...options, preprocess: model }, pictures: outside }
}

function notMovable(what: string): Error {
  return invalid(`expected a model that is still to be built, received ${what}`)
}

function invalid(reason: string): Error {
  return engineryError('OPTION_INVALID', { caller: 'evaluate', option: 'preprocessIntoModel', reason })
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
