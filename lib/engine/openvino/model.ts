import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import { fromNative } from '../../errors/from-native.js'
import { requireArgument, requireObject } from '../../errors/require-argument.js'
import { digestModel, type ModelDigest } from '../../model/model-digest.js'
import type { NativeModel, NativeOperation, NativePropertyValue } from '../../native/openvino-addon.js'
import type { Dimension, Port } from '../backend.js'
import { shapeToNative } from '../partial-shape.js'
import { nativePreprocess } from './native-preprocess.js'
import { portFromNative } from './openvino-engine.js'
import { type PreprocessInput, preprocessSchema } from './preprocess-options.js'

/** An operation of a model, as OpenVINO names it. */
export type ModelOperation = NativeOperation

/**
 * A model in memory that can still be changed: reshaped, cut open at inner tensors, preprocessed, written as IR. Made by
 * `openvino.readModel`; {@link buildEngine} takes it in place of a path and leaves it as it is.
 *
 * While a call changes a model (reshape, setBatch, preprocess), others get MODEL_BUSY: await it first. Every method throws ENGINE_CLOSED after `close()`.
 *
 * @see https://docs.openvino.ai/2026/openvino-workflow/running-inference/model-representation.html
 */
export class Model {
  readonly #native: NativeModel
  #closed = false

  /** @internal Use `openvino.readModel`. */
  constructor(native: NativeModel) {
    this.#native = native
  }

  get name(): string {
    return this.#sync(() => this.#native.name)
  }

  get inputs(): readonly Port[] {
    return this.#sync(() => this.#native.inputs().map(portFromNative))
  }

  get outputs(): readonly Port[] {
    return this.#sync(() => this.#native.outputs().map(portFromNative))
  }

  /** All operations in topological order. */
  operations(): Promise<ModelOperation[]> {
    return this.#async(() => this.#native.operations())
  }

  /**
   * Sets shapes of inputs by name; -1 and 'dynamic' mean any length. On failure the model stays as it was.
   * @throws OPTION_INVALID, MODEL_CHANGE_REFUSED where an operation does not accept the shape
   */
  async reshape(shapes: Readonly<Record<string, readonly (Dimension | -1)[]>>): Promise<void> {
    requireObject(shapes, 'shapes by name of the input', 'shapes', this.reshape)
    const entries = Object.entries(shapes)
    for (const [name, shape] of entries)
      requireArgument(Array.isArray(shape), 'a list of lengths', shape, `shapes.${name}`, this.reshape)
    const native = Object.fromEntries(entries.map(([name, shape]) => [name, shapeToNative(shape)]))
    await this.#async(() => this.#native.reshape(native))
  }

  /** Sets the batch of every input: the N of its layout, or its first dimension. @throws MODEL_CHANGE_REFUSED */
  setBatch(batch: number): Promise<void> {
    if (!Number.isSafeInteger(batch) || batch < 1) {
      return Promise.reject(
        engineryError('OPTION_INVALID', {
          caller: 'setBatch',
          option: 'batch',
          reason: `expected a whole number of at least 1, received ${describeValue(batch)}`,
        }),
      )
    }
    return this.#async(() => this.#native.setBatch(batch))
  }

  /**
   * Makes an inner tensor an output, by tensor name or by operation and output index.
   * @returns the new output
   * @throws OPTION_INVALID, MODEL_CHANGE_REFUSED where there is no such tensor
   */
  addOutput(tensor: string | { operation: string; index: number }): Port {
    requireArgument(isTensorName(tensor), 'the name of a tensor or { operation, index }', tensor, 'tensor', this.addOutput)
    return this.#sync(() => portFromNative(this.#native.addOutput(tensor)))
  }

  /** A value of the model's runtime information (metadata of ONNX files is under `['framework']`), or undefined. @throws OPTION_INVALID */
  rtInfo(path: readonly string[]): unknown {
    requireArgument(isPathOfNames(path), 'a list of names', path, 'path', this.rtInfo)
    return this.#sync(() => this.#native.rtInfo([...path]))
  }

  /** Sets such a value; IR files keep it. @throws OPTION_INVALID */
  setRtInfo(path: readonly string[], value: string | number | boolean | readonly string[]): void {
    requireArgument(isPathOfNames(path) && path.length > 0, 'a list of at least one name', path, 'path', this.setRtInfo)
    requireArgument(isRtInfo(value), 'a text, a number, true, false or a list of texts', value, 'value', this.setRtInfo)
    this.#sync(() => this.#native.setRtInfo([...path], value as NativePropertyValue))
  }

  /** Builds pre- and post-processing into the model. On failure the model stays as it was. @throws PREPROCESS_INVALID, OPTION_INVALID */
  async preprocess(description: PreprocessInput): Promise<void> {
    const parsed = preprocessSchema.safeParse(description)
    if (!parsed.success) {
      const [issue] = parsed.error.issues as [z.core.$ZodIssue]
      throw engineryError(
        'OPTION_INVALID',
        { caller: 'preprocess', option: issue.path.join('.') || '(options)', reason: issue.message },
        { cause: parsed.error },
      )
    }
    await this.#async(() => this.#native.preprocess(nativePreprocess(parsed.data)))
  }

  async clone(): Promise<Model> {
    return new Model(await this.#async(() => this.#native.clone()))
  }

  /** Writes OpenVINO IR: `path` (.xml) and the .bin beside it. @throws MODEL_CHANGE_REFUSED, FILE_NOT_WRITTEN */
  async serialize(path: string): Promise<void> {
    requireArgument(typeof path === 'string' && path.endsWith('.xml'), 'a path that ends in .xml', path, 'path', this.serialize)
    const xml = resolve(path)
    try {
      await this.#native.serialize(xml, `${xml.slice(0, -4)}.bin`)
    } catch (error) {
      throw fromNative(error, { path, writing: true, what: 'The model' })
    }
  }

  /** Frees the model. Engines built from it are not affected. */
  close(): void {
    this.#closed = true
    this.#native.close()
  }

  get closed(): boolean {
    return this.#closed
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal */
  cloneNative(): Promise<NativeModel> {
    return this.#async(() => this.#native.clone())
  }

  /** @internal The digest of the model's IR: equal models have equal digests. */
  async digest(): Promise<ModelDigest> {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-model-'))
    try {
      await this.serialize(join(folder, 'model.xml'))
      return await digestModel(join(folder, 'model.xml'))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  #sync<T>(call: () => T): T {
    try {
      return call()
    } catch (error) {
      throw fromNative(error, { what: 'The model' })
    }
  }

  async #async<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw fromNative(error, { what: 'The model' })
    }
  }
}

function isTensorName(value: unknown): boolean {
  if (typeof value === 'string') return true
  const { operation, index } = (value ?? {}) as { operation?: unknown; index?: unknown }
  return typeof operation === 'string' && Number.isSafeInteger(index) && (index as number) >= 0
}

function isPathOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function isRtInfo(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) || isPathOfNames(value)
}
