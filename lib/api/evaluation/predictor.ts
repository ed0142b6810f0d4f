import { engineryError } from '../../errors/enginery-error.js'
import { requireArgument, requireObject } from '../../errors/require-argument.js'
import { createDecoder, type TaskInput } from '../../evaluation/tasks/create-decoder.js'
import type { ModelMetadata } from '../../evaluation/tasks/ctc.js'
import type { Decoder, TaskResult } from '../../evaluation/tasks/task.js'
import { decodeImage } from '../../image/decode-image.js'
import { freeMemory } from '../../image/free-memory.js'
import type { Image } from '../../image/image.js'
import type { Engine } from '../../inference/engine.js'
import { createPreprocessor, type Preprocessor } from '../../preprocess/create-preprocessor.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { requireSoleInput } from '../calibration/sole-input.js'

export interface PredictorOptions {
  /** What is done to pictures. */
  preprocess: PreprocessDescription
  /** How outputs become results: a decoder by name with its options, or a function of yours. */
  task: TaskInput | Decoder
  /** The model's own, where a decoder looks up its characters: `(await inspectModel(path)).onnx.metadata`. */
  metadata?: ModelMetadata | undefined
}

/** Pictures in, results out. Made by {@link createPredictor}. */
export class Predictor {
  readonly engine: Engine
  readonly preprocessor: Preprocessor
  readonly #decode: Decoder

  /** @internal Use {@link createPredictor}. */
  constructor(engine: Engine, preprocessor: Preprocessor, decode: Decoder) {
    this.engine = engine
    this.preprocessor = preprocessor
    this.#decode = decode
  }

  /**
   * Decodes, prepares and infers one picture; several calls at once keep all cores and requests busy.
   *
   * @param source a path, the bytes of a file, or a picture that is decoded already
   * @throws FILE_NOT_FOUND, the IMAGE_, PREPROCESS_ and DECODE_ codes, and what `infer` throws
   */
  async predict(source: string | Uint8Array | Image, options: { signal?: AbortSignal | undefined } = {}): Promise<TaskResult> {
    const { signal } = options
    const isEncoded = typeof source === 'string' || source instanceof Uint8Array
    const image = isEncoded ? await decodeImage(source, signal ? { signal } : {}) : source
    const { tensor, geometry } = await this.preprocessor.run(image)
    if (isEncoded) freeMemory(image.data)
    const [input] = this.engine.inputs
    try {
      const outputs = await this.engine.infer({ [input?.name ?? '']: tensor }, { signal })
      const [result] = this.#decode(outputs, { geometry })
      if (!result) throw engineryError('RESULT_COUNT', { sample: 'picture', expected: '1', received: '0' })
      if (result.task !== 'custom') for (const output of Object.values(outputs)) output.release()
      return result
    } finally {
      tensor.release()
    }
  }
}

/**
 * Brings together an engine with one input, preprocessing and decoding. The engine stays the caller's.
 *
 * @throws OPTION_INVALID, PREPROCESS_INVALID
 * @example
 * const predictor = createPredictor(engine, { preprocess: { preset: 'yolox' }, task: { decoder: 'yolox' } })
 * const { detections } = await predictor.predict('street.jpg')
 */
export function createPredictor(engine: Engine, options: PredictorOptions): Predictor {
  requireObject(engine, 'an engine', 'engine', createPredictor)
  requireArgument(Array.isArray(engine.inputs), 'an engine', engine, 'engine', createPredictor)
  requireObject(options, 'an object with preprocess and task', '(options)', createPredictor)
  const { preprocess, task, metadata } = options
  const port = requireSoleInput(engine, { caller: createPredictor, name: 'createPredictor', option: 'engine', of: 'an engine' })
  // A function is checked like the decoder of that name.
  const decode = createDecoder(typeof task === 'function' ? { decoder: 'custom', decode: task } : task, metadata)
  return new Predictor(engine, createPreprocessor(preprocess, port), decode)
}
