import { engineryError } from '../errors/enginery-error.js'
import type { ImageSize } from '../image/image.js'
import type { ResizeDescription } from './preprocess-schema.js'
import { roundHalfEven } from './round-half-even.js'

const roundings = { floor: Math.floor, round: roundHalfEven, ceil: Math.ceil }

/**
 * The size in pixels that a picture is resized to. Expressions are written as in the programs they reproduce, since
 * `int(w * (416 / w))` may be 415.
 *
 * @throws PREPROCESS_INVALID where a width or height is open
 */
export function resizedSize(resize: ResizeDescription, source: ImageSize): ImageSize {
  const { width, height } = source
  switch (resize.mode) {
    case 'none':
      return { width, height }
    case 'stretch':
      return requireSize(resize)
    case 'letterbox': {
      const canvas = requireSize(resize)
      const fit = Math.min(canvas.height / height, canvas.width / width)
      const ratio = resize.allowUpscale ? fit : Math.min(fit, 1)
      const round = roundings[resize.rounding]
      return {
        width: within(round(width * ratio), canvas.width),
        height: within(round(height * ratio), canvas.height),
      }
    }
    case 'short-side':
      return shortSideSize(resize, source)
    case 'height': {
      const target = resize.height
      if (target === undefined) throw open('height')
      const natural = roundings[resize.rounding](target * (width / height))
      return { width: within(natural, resize.width ?? Number.POSITIVE_INFINITY), height: target }
    }
    case 'limit-side':
      return limitedSize(resize, source)
  }
}

type Of<M extends ResizeDescription['mode']> = Extract<ResizeDescription, { mode: M }>

function shortSideSize({ size, longSide, rounding }: Of<'short-side'>, { width, height }: ImageSize): ImageSize {
  const [short, long] = width <= height ? [width, height] : [height, width]
  let pair: [short: number, long: number]
  if (longSide !== undefined && roundHalfEven((size / short) * long) > longSide) {
    pair = [roundings[rounding](short * (longSide / long)), longSide]
  } else {
    // torchvision multiplies first, those who round divide first.
    pair = [size, rounding === 'floor' ? Math.floor((size * long) / short) : roundings[rounding](long * (size / short))]
  }
  const [newShort, newLong] = pair.map((side) => Math.max(1, side)) as [number, number]
  return width <= height ? { width: newShort, height: newLong } : { width: newLong, height: newShort }
}

function limitedSize({ side, size, maxSide, multipleOf }: Of<'limit-side'>, { width, height }: ImageSize): ImageSize {
  const measured = side === 'short' ? Math.min(width, height) : Math.max(width, height)
  const changes = side === 'short' ? measured < size : measured > size
  const ratio = changes ? size / measured : 1
  let sides = [Math.floor(width * ratio), Math.floor(height * ratio)]
  const longest = Math.max(...sides)
  if (maxSide !== undefined && longest > maxSide) sides = sides.map((each) => Math.floor(each * (maxSide / longest)))
  const [newWidth, newHeight] = sides.map((each) => Math.max(roundHalfEven(each / multipleOf) * multipleOf, multipleOf)) as [
    number,
    number,
  ]
  return { width: newWidth, height: newHeight }
}

function requireSize({ width, height }: { width?: number | undefined; height?: number | undefined }): ImageSize {
  if (width === undefined) throw open('width')
  if (height === undefined) throw open('height')
  return { width, height }
}

function within(side: number, most: number): number {
  return Math.max(1, Math.min(side, most))
}

export function open(side: 'width' | 'height', where = 'resize'): Error {
  const reason = `the ${side} of the input is open: neither the model nor ${where}.${side} of the description says it`
  return engineryError('PREPROCESS_INVALID', { reason })
}
