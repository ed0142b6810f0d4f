import type { ImageSize } from '../image/image.js'
import type { BoxAnnotation } from './annotations.js'
import type { WarningCollector } from './dataset-warnings.js'

// Annotation tools round, each in its own way.
const tolerance = 1

/** Notes boxes without area and those that reach beyond the picture; they are kept as they are. */
export function checkBoxes(
  id: string,
  boxes: readonly Pick<BoxAnnotation, 'box'>[],
  size: ImageSize | undefined,
  warnings: WarningCollector,
): void {
  for (const { box } of boxes) {
    const [x, y, width, height] = box
    if (!(width > 0 && height > 0)) warnings.add('BOX_EMPTY', id)
    if (size === undefined) continue
    const outside = x < -tolerance || y < -tolerance || x + width > size.width + tolerance || y + height > size.height + tolerance
    if (outside) warnings.add('BOX_OUTSIDE', id)
  }
}

/** The same for the corners of polygons. */
export function checkPolygon(
  id: string,
  polygon: readonly number[],
  size: ImageSize | undefined,
  warnings: WarningCollector,
): void {
  if (size === undefined) return
  const outside = polygon.some((value, at) => value < -tolerance || value > (at % 2 === 0 ? size.width : size.height) + tolerance)
  if (outside) warnings.add('BOX_OUTSIDE', id)
}
