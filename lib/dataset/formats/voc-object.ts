import type { BoxAnnotation } from '../annotations.js'
import { isRecord } from './dataset-source.js'

/** An object of a VOC file, in our coordinates: from 0, and the far edge is where the box ends. */
export interface VocObject {
  readonly name: string
  readonly box?: BoxAnnotation['box']
  readonly polygon?: readonly number[]
  readonly isDifficult: boolean
}

/** Corner names as DIOR-R writes them, in order. */
const corners = ['left_top', 'right_top', 'right_bottom', 'left_bottom'] as const

/** @param refuse throws */
export function readVocObject(value: unknown, oneBased: boolean, refuse: (reason: string) => never): VocObject {
  if (!isRecord(value) || typeof value.name !== 'string') return refuse('expected an <object> with a <name>')
  const { name } = value
  const number = (from: Record<string, unknown>, key: string): number => {
    const found = Number(from[key] === '' ? undefined : from[key])
    return Number.isFinite(found) ? found : refuse(`object ${name}: expected a number in <${key}>`)
  }
  const isDifficult = value.difficult === '1' || value.difficult === 'true'
  if (isRecord(value.bndbox)) {
    const [x1, y1, x2, y2] = ['xmin', 'ymin', 'xmax', 'ymax'].map((key) =>
      number(value.bndbox as Record<string, unknown>, key),
    ) as [number, number, number, number]
    const first = oneBased ? 1 : 0
    return { name, box: [x1 - first, y1 - first, x2 - x1 + first, y2 - y1 + first], isDifficult }
  }
  if (isRecord(value.robndbox)) {
    const { robndbox } = value
    const polygon =
      'cx' in robndbox
        ? rotatedCorners(robndbox, number)
        : corners.flatMap((at) => [number(robndbox, `x_${at}`), number(robndbox, `y_${at}`)])
    return { name, polygon, isDifficult }
  }
  return refuse(`object ${name}: expected <bndbox> or <robndbox>`)
}

// roLabelImg: centre, size and an angle in radians, clockwise where y points down.
function rotatedCorners(from: Record<string, unknown>, number: (from: Record<string, unknown>, key: string) => number): number[] {
  const [cx, cy, width, height, angle] = ['cx', 'cy', 'w', 'h', 'angle'].map((key) => number(from, key)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [
    [-width / 2, -height / 2],
    [width / 2, -height / 2],
    [width / 2, height / 2],
    [-width / 2, height / 2],
  ].flatMap(([x, y]) => {
    const [dx, dy] = [x as number, y as number]
    return [cx + dx * cos - dy * sin, cy + dx * sin + dy * cos]
  })
}
