import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { type ImageGeometry, pointToOriginal } from '../../preprocess/geometry.js'
import type { Tensor } from '../../tensor/tensor.js'
import { convexHull, cornersOfRectangle, minAreaRectangle } from '../boxes/min-area-rectangle.js'
import { findConnectedRegions } from './connected-regions.js'
import { within } from './detect.js'
import { outputName, threshold } from './detection-options.js'
import { countSamples, outputsUnfit, soleOutput } from './find-outputs.js'
import { meanInside, type ProbabilityMap } from './mean-inside.js'
import type { Decoder, TextRegions } from './task.js'

export const dbSchema = z.strictObject({
  outputs: z.strictObject({ probabilities: outputName.optional() }).default({}),
  threshold: threshold.default(0.3).describe('a pixel is text where its probability is greater'),
  boxThreshold: threshold.default(0.6).describe('a region needs at least this mean probability'),
  unclipRatio: z.number().min(0).default(1.5).describe('regions grow by ratio * area / perimeter, for they are learned shrunken'),
  minSize: z.number().min(0).default(3).describe('shortest side of a region in pixels of the map; 2 more when grown'),
  maxCandidates: z.int().min(1).default(1000).describe('regions looked at, from the top'),
  clip: z.boolean().default(true).describe('cut regions at the edges of the picture'),
})

export type DbOptions = z.input<typeof dbSchema>

/**
 * Text detection by differentiable binarization: a map of probabilities, `[batch, 1, height, width]`, of the input's
 * size or a part of it, becomes smallest rectangles around connected regions. As in PaddleOCR, corners are positions of pixel
 * centres; unlike there they are not rounded to whole pixels. Corners start at the top left and go
 * clockwise.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createDbDecoder(options: DbOptions = {}): Decoder<TextRegions> {
  const parsed = parseOptions(dbSchema, options, createDbDecoder)
  return (outputs, context) => {
    const expected = 'one map, [batch, 1, height, width]'
    const tensor = soleOutput('db', outputs, parsed.outputs.probabilities, expected)
    const shape = mapShape(tensor)
    if (!shape) throw outputsUnfit('db', expected, outputs)
    const data = tensor.toFloat32()
    const samples = countSamples('db', shape.batch, context, true)
    return context.geometry.slice(0, samples).map((geometry, sample) => {
      const map = { ...shape, data, start: sample * shape.width * shape.height }
      return { task: 'text-detection', regions: readRegions(map, geometry, parsed) }
    })
  }
}

function mapShape({ shape }: Tensor): { batch: number; width: number; height: number } | undefined {
  const [batch, a, b, c] = shape as [number, number, number, number]
  if (shape.length === 3) return { batch, height: a, width: b }
  if (shape.length !== 4 || (a !== 1 && c !== 1)) return undefined
  return a === 1 ? { batch, height: b, width: c } : { batch, height: a, width: b }
}

function readRegions(map: ProbabilityMap, geometry: ImageGeometry, options: z.output<typeof dbSchema>): TextRegions['regions'] {
  const { unclipRatio, minSize } = options
  const scaleX = geometry.input.width / map.width
  const scaleY = geometry.input.height / map.height
  const { width, height } = geometry.original
  const regions = []
  const found = findConnectedRegions(map.data, map.start, map.width, map.height, options.threshold)
  for (const points of found.slice(0, options.maxCandidates)) {
    const rectangle = minAreaRectangle(convexHull(points))
    const shortSide = Math.min(rectangle.width, rectangle.height)
    if (shortSide < minSize || shortSide === 0) continue
    const score = meanInside(map, cornersOfRectangle(rectangle).map(toWholePixel))
    if (!(score >= options.boxThreshold)) continue
    const margin = (unclipRatio * rectangle.width * rectangle.height) / (2 * (rectangle.width + rectangle.height))
    if (shortSide + 2 * margin < minSize + 2) continue
    const corners = orderCorners(cornersOfRectangle(rectangle, margin))
    const polygon = corners.flatMap(([cornerX, cornerY]) => {
      const [x, y] = pointToOriginal(geometry, cornerX * scaleX, cornerY * scaleY)
      return options.clip ? [within(x, width), within(y, height)] : [x, y]
    })
    regions.push({ polygon, score })
  }
  return regions
}

// As the reference implementation cuts them, but not a pixel off where rounding leaves 29.9999999.
function toWholePixel(value: number): number {
  return Math.floor(value + 1e-3)
}

/** Top left, top right, bottom right, bottom left: the two leftmost, then the two rightmost, each by height. */
function orderCorners(corners: readonly number[]): [number, number][] {
  const points = [0, 2, 4, 6].map((i): [number, number] => [corners[i] as number, corners[i + 1] as number])
  points.sort((a, b) => a[0] - b[0])
  const byHeight = (a: [number, number], b: [number, number]) => a[1] - b[1]
  const [topLeft, bottomLeft] = points.slice(0, 2).sort(byHeight) as [[number, number], [number, number]]
  const [topRight, bottomRight] = points.slice(2).sort(byHeight) as [[number, number], [number, number]]
  return [topLeft, topRight, bottomRight, bottomLeft]
}
