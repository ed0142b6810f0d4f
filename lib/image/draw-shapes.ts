import { describeValue } from '../errors/describe-value.js'
import { requireArgument } from '../errors/require-argument.js'
import type { Image } from './image.js'
import { loadSharp } from './load-sharp.js'
import { checkPicture, invalidImage } from './resize-image.js'

/** An outline with a few words. */
export interface Shape {
  /** Corners `[x1, y1, x2, y2, ...]` in pixels, two at least; 0 is the left edge of the first pixel. */
  readonly polygon: readonly number[]
  /** Written at the topmost corner. */
  readonly label?: string | undefined
  /** R, G, B of 0..255. Default: a colour for each `group`. */
  readonly color?: readonly [red: number, green: number, blue: number] | undefined
  /** Shapes of a group, for example a category, look alike. Default 0. */
  readonly group?: number | undefined
}

/** The corners of a box `[x1, y1, x2, y2]` as a polygon. */
export function polygonOfBox([x1, y1, x2, y2]: readonly [number, number, number, number]): number[] {
  return [x1, y1, x2, y1, x2, y2, x1, y2]
}

/**
 * A copy of the picture with outlines and labels over it. Labels need a font on the machine; without one they stay blank.
 *
 * @throws IMAGE_DECODER_MISSING without the package sharp; IMAGE_INVALID
 * @example await drawShapes(image, [{ polygon: polygonOfBox(box), label: 'cat 0.93', group: 15 }])
 */
export async function drawShapes(image: Image, shapes: readonly Shape[]): Promise<Image> {
  const { width, height, data } = checkPicture(image, drawShapes)
  requireArgument(Array.isArray(shapes), 'a list of shapes', shapes, 'shapes', drawShapes)
  for (const { polygon } of shapes) {
    if (polygon.length >= 4 && polygon.length % 2 === 0 && polygon.every(Number.isFinite)) continue
    throw invalidImage(`expected a polygon of at least two corners, received ${describeValue(polygon)}`, drawShapes)
  }
  if (shapes.length === 0) return { width, height, data: data.slice() }
  const sharp = await loadSharp(drawShapes)
  const overlay = Buffer.from(renderOverlay(width, height, shapes))
  try {
    const drawn = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .composite([{ input: overlay, limitInputPixels: false }])
      .removeAlpha()
      .raw()
      .toBuffer()
    return { width, height, data: new Uint8Array(drawn.buffer, drawn.byteOffset, drawn.length) }
  } catch (error) {
    // The renderer ends at 32767 pixels a side.
    throw invalidImage(`it cannot be drawn on: ${(error as Error).message.trim()}`, drawShapes)
  }
}

function renderOverlay(width: number, height: number, shapes: readonly Shape[]): string {
  const stroke = Math.max(1, Math.round(Math.min(width, height) / 250))
  const size = Math.max(10, Math.round(Math.min(width, height) / 30))
  const body = shapes.map((shape) => renderShape(shape, stroke, size, width))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body.join('')}</svg>`
}

function renderShape(shape: Shape, stroke: number, size: number, width: number): string {
  const color = shape.color ? `rgb(${shape.color.join(',')})` : colorOf(shape.group ?? 0)
  const outline = `<polygon points="${shape.polygon.join(' ')}" fill="none" stroke="${color}" stroke-width="${stroke}"/>`
  if (!shape.label) return outline
  const [x, y] = topmostCorner(shape.polygon)
  // About how wide text of this size is; the label stays within the picture.
  const wide = Math.ceil(shape.label.length * size * 0.6) + 4
  const left = Math.max(0, Math.min(x, width - wide))
  const top = Math.max(0, y - size - 4)
  const plate = `<rect x="${left}" y="${top}" width="${wide}" height="${size + 4}" fill="${color}"/>`
  const text = `<text x="${left + 2}" y="${top + size}" font-family="sans-serif" font-size="${size}" fill="black">${escapeText(shape.label)}</text>`
  return outline + plate + text
}

function topmostCorner(polygon: readonly number[]): [number, number] {
  let best = 0
  for (let i = 2; i < polygon.length; i += 2) {
    const [y, highest] = [polygon[i + 1] as number, polygon[best + 1] as number]
    if (y < highest || (y === highest && (polygon[i] as number) < (polygon[best] as number))) best = i
  }
  return [polygon[best] as number, polygon[best + 1] as number]
}

// Steps of the golden angle keep neighbouring groups far apart on the colour wheel.
function colorOf(group: number): string {
  return `hsl(${Math.round((group * 137.508 + 90) % 360)},90%,60%)`
}

function escapeText(text: string): string {
  const printable = Array.from(text, (character) => ((character.codePointAt(0) as number) < 32 ? ' ' : character)).join('')
  return printable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
