import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import { requireObject } from '../errors/require-argument.js'
import type { Image, ImageSize } from '../image/image.js'
import { prepareImage } from '../image/prepare-image.js'
import { byteLengthOf } from '../tensor/element-type.js'
import { allocateMemory, type Tensor } from '../tensor/tensor.js'
import { wrapMemory } from '../tensor/tensor-internals.js'
import { describePreprocess } from './describe-preprocess.js'
import { digestPreprocess } from './digest-preprocess.js'
import type { ImageGeometry } from './geometry.js'
import { type InputPort, readInputPort } from './input-port.js'
import { type BatchPlan, followsPictures, planBatch } from './plan-preprocess.js'
import type { PreprocessDescription } from './preprocess-schema.js'
import { type ResolvedPreprocess, resolvePreprocess } from './resolve-preprocess.js'

/** Pictures as a model takes them. */
export interface PreparedBatch {
  /** `[batch, channels, height, width]` or `[batch, height, width, channels]`. */
  readonly tensor: Tensor
  /** One for each picture. */
  readonly geometry: readonly ImageGeometry[]
}

/** Preprocessing, ready to be used: see {@link createPreprocessor}. */
export class Preprocessor {
  /** Everything that was left open is filled in. */
  readonly description: ResolvedPreprocess
  /** SHA-256 in hex of what the description means; caches are keyed by it. */
  readonly digest: string
  readonly #fixed: Partial<ImageSize>

  /** Use {@link createPreprocessor}. */
  constructor(description: ResolvedPreprocess, fixed: Partial<ImageSize>) {
    this.description = description
    this.digest = digestPreprocess(description)
    this.#fixed = fixed
  }

  /** One line for people. */
  describe(): string {
    return describePreprocess(this.description)
  }

  /** True where pictures of different sizes make inputs of different sizes. */
  get followsPictures(): boolean {
    return followsPictures(this.description) && !(this.#fixed.width && this.#fixed.height)
  }

  /** What will be done to pictures of these sizes. @throws PREPROCESS_INVALID */
  plan(sizes: readonly ImageSize[]): BatchPlan {
    return planBatch(this.description, sizes, this.#fixed)
  }

  /** The shape of the input for a plan. */
  shapeOf(plan: BatchPlan, batch = plan.pictures.length): number[] {
    const { width, height } = plan.input
    const channels = this.description.color === 'GRAY' ? 1 : 3
    return this.description.layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels]
  }

  /**
   * Prepares pictures, several at once on libuv's pool.
   *
   * @param target is written to, one place for each picture; places that are left over keep what they hold. Where the
   * input's size follows the pictures, a larger target is padded. Without a target a tensor is allocated.
   * @throws PREPROCESS_INVALID where pictures, description and target do not fit; what `prepareImage` throws
   */
  async run(images: Image | readonly Image[], target?: Tensor): Promise<PreparedBatch> {
    const list = Array.isArray(images) ? (images as readonly Image[]) : [images as Image]
    if (list.length === 0) throw engineryError('PREPROCESS_INVALID', { reason: 'expected at least one picture, received none' })
    const plan = planBatch(this.description, list, target ? { ...this.#fixed, ...this.#sizeOf(target) } : this.#fixed)
    const tensor = target ?? this.#allocate(this.shapeOf(plan))
    if (target) this.#requireTarget(target, list.length)
    const results = await Promise.allSettled(
      plan.pictures.map((picture, index) => prepareImage(list[index] as Image, picture.plan, tensor, index)),
    )
    // Not before all have ended: until then the tensor is written to.
    for (const result of results) if (result.status === 'rejected') throw result.reason
    return { tensor, geometry: plan.pictures.map(({ geometry }) => geometry) }
  }

  // Not zeroed: every place is written, around the picture as well.
  #allocate(shape: readonly number[]): Tensor {
    const { type } = this.description
    const size = shape.reduce((product, length) => product * length, 1)
    return wrapMemory(allocateMemory(byteLengthOf(type, size), false, this.run), type, Object.freeze(shape), size)
  }

  #sizeOf({ shape }: Tensor): Partial<ImageSize> {
    const [height, width] = this.description.layout === 'NCHW' ? [shape[2], shape[3]] : [shape[1], shape[2]]
    return height === undefined || width === undefined ? {} : { width, height }
  }

  #requireTarget(target: Tensor, count: number): void {
    const { type } = this.description
    if (target.type !== type) {
      throw engineryError('PREPROCESS_INVALID', { reason: `expected a target of type ${type}, received ${target.type}` })
    }
    if (target.shape.length !== 4 || (target.shape[0] as number) < count) {
      const received = describeValue(target.shape)
      throw engineryError('PREPROCESS_INVALID', { reason: `expected a target with ${count} places, received shape ${received}` })
    }
  }
}

/**
 * Makes preprocessing from its description. Size, layout and type that the description leaves open come from the
 * model's input.
 *
 * @param description a preset, overrides, or all of it: see `preprocessDescriptionSchema`
 * @param port an input of an engine or model
 * @throws OPTION_INVALID for a description that is none; PREPROCESS_INVALID where it does not fit the input
 * @example
 * const preprocessor = createPreprocessor({ preset: 'yolox' }, engine.inputs[0])
 * const { tensor, geometry } = await preprocessor.run(await decodeImage('cat.jpg'))
 */
export function createPreprocessor(description: PreprocessDescription, port?: InputPort): Preprocessor {
  if (port !== undefined) requireObject(port, 'an input of a model, with its name, type and shape', 'port', createPreprocessor)
  const resolved = resolvePreprocess(description, port, createPreprocessor)
  const { width, height } = port ? readInputPort(port, resolved.color === 'GRAY' ? 1 : 3, resolved.layout) : {}
  return new Preprocessor(resolved, { ...(width && { width }), ...(height && { height }) })
}
