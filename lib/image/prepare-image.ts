import { describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError } from '../errors/enginery-error.js'
import type { NativePreparation, NativeResize, PreparedElements } from '../native/kernels-addon.js'
import { loadKernels } from '../native/load-addon.js'
import type { Tensor } from '../tensor/tensor.js'
import { beginWrite, endWrite } from '../tensor/tensor-internals.js'
import type { Image, ImageSize } from './image.js'
import { checkPicture, checkResize, checkSide, explainKernelFailure, invalidImage, largestSide } from './resize-image.js'

/** How a picture becomes the input of a model: resized, laid on a canvas, normalised. */
export interface PreparationPlan {
  /** None where the picture is taken as it is. */
  readonly resize?: NativeResize | undefined
  /** Where the top left corner of the resized picture lies on the canvas, in pixels; negative values crop. */
  readonly place: { readonly x: number; readonly y: number }
  /** Width and height of the model's input. */
  readonly canvas: ImageSize
  /** What is around the picture: R, G, B of 0..255, before scale and bias. */
  readonly pad: readonly [red: number, green: number, blue: number]
  /** Order of the channels of the tensor; gray is Pillow's `convert('L')`. */
  readonly color: 'RGB' | 'BGR' | 'GRAY'
  readonly layout: 'NCHW' | 'NHWC'
  /**
   * For each channel of the tensor: `value * scale + bias`, to within about one unit in the last place of float32.
   * `(value - mean) / std` is `scale = 1 / std, bias = -mean / std`, in double precision.
   */
  readonly scale: readonly number[]
  readonly bias: readonly number[]
}

const writtenTypes = ['f32', 'f16', 'u8']
const colors = ['RGB', 'BGR', 'GRAY']
const layouts = ['NCHW', 'NHWC']

// A batch is written by several calls at once; the tensor counts as being written until the last is done.
const writers = new WeakMap<Tensor, number>()

/**
 * Writes a picture into one place of a batch. Bytes (`u8`) are rounded half to even and clamped.
 *
 * Runs on libuv's pool, several for one tensor at once if they are for different places. Until the promise settles the
 * picture must not change, and the tensor's array must not be transferred.
 *
 * @param target of shape `[batch, channels, height, width]` or `[batch, height, width, channels]` as the plan says, of
 * type f32, f16 or u8
 * @throws IMAGE_INVALID where picture, plan and tensor do not fit; TENSOR_IN_USE, TENSOR_RELEASED, TENSOR_DETACHED,
 * OUT_OF_MEMORY
 */
export async function prepareImage(image: Image, plan: PreparationPlan, target: Tensor, batchIndex: number): Promise<void> {
  const { picture, preparation, data } = bindPreparation(image, plan, target, batchIndex, prepareImage)
  const running = writers.get(target) ?? 0
  if (running === 0 && !beginWrite(target)) {
    throw engineryError('TENSOR_IN_USE', { what: 'The tensor that a picture is to be written to' }, { caller: prepareImage })
  }
  writers.set(target, running + 1)
  try {
    await loadKernels().prepareImage(picture, data, preparation)
  } catch (error) {
    throw explainKernelFailure(error, prepareImage)
  } finally {
    const left = (writers.get(target) as number) - 1
    writers.set(target, left)
    if (left === 0) endWrite(target)
  }
}

/** As {@link prepareImage}, on the calling thread. */
export function prepareImageSync(image: Image, plan: PreparationPlan, target: Tensor, batchIndex: number): void {
  const { picture, preparation, data } = bindPreparation(image, plan, target, batchIndex, prepareImageSync)
  try {
    loadKernels().prepareImageSync(picture, data, preparation)
  } catch (error) {
    throw explainKernelFailure(error, prepareImageSync)
  }
}

function bindPreparation(image: Image, plan: PreparationPlan, target: Tensor, batchIndex: number, caller: Caller) {
  const picture = checkPicture(image, caller)
  const resize = plan.resize && checkResize(image, plan.resize, caller)
  const { canvas, place, pad, color, layout, scale, bias } = plan
  checkWord('color', color, colors, caller)
  checkWord('layout', layout, layouts, caller)
  const channels = color === 'GRAY' ? 1 : 3
  const shape = layout === 'NCHW' ? [channels, canvas.height, canvas.width] : [canvas.height, canvas.width, channels]
  checkTarget(target, shape, batchIndex, caller)
  checkNumbers('scale', scale, channels, caller)
  checkNumbers('bias', bias, channels, caller)
  checkNumbers('pad', pad, 3, caller)
  checkNumbers('place', [place.x, place.y], 2, caller)
  if (![place.x, place.y].every((at) => Number.isInteger(at) && Math.abs(at) <= largestSide)) {
    throw invalidImage(`expected place to be whole pixels, received ${describeValue([place.x, place.y])}`, caller)
  }
  checkSide('width of the canvas', canvas.width, caller)
  checkSide('height of the canvas', canvas.height, caller)
  const preparation: NativePreparation = {
    resize,
    x: place.x,
    y: place.y,
    canvasWidth: canvas.width,
    canvasHeight: canvas.height,
    offset: batchIndex * channels * canvas.height * canvas.width,
    pad,
    color,
    layout,
    scale,
    bias,
  }
  return { picture, preparation, data: target.data as PreparedElements }
}

function checkTarget(target: Tensor, shape: readonly number[], batchIndex: number, caller: Caller): void {
  const [batch, ...rest] = target.shape
  checkWord('the type of the tensor', target.type, writtenTypes, caller)
  if (batch === undefined || rest.length !== 3 || rest.some((length, axis) => length !== shape[axis])) {
    throw invalidImage(`expected a tensor of shape [batch, ${shape.join(', ')}], received [${target.shape.join(', ')}]`, caller)
  }
  if (!Number.isInteger(batchIndex) || batchIndex < 0 || batchIndex >= batch) {
    throw invalidImage(`expected an index below the ${batch} places of the batch, received ${describeValue(batchIndex)}`, caller)
  }
}

function checkWord(what: string, word: string, words: readonly string[], caller: Caller): void {
  if (words.includes(word)) return
  throw invalidImage(`expected ${what} to be one of ${words.join(', ')}, received ${describeValue(word)}`, caller)
}

function checkNumbers(what: string, values: readonly number[], count: number, caller: Caller): void {
  if (values.length === count && values.every(Number.isFinite)) return
  throw invalidImage(`expected ${what} to be ${count} finite numbers, received ${describeValue(values)}`, caller)
}
