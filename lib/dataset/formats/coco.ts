import { dirname } from 'node:path'
import { describeValue } from '../../errors/describe-value.js'
import type { BoxAnnotation, Category, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { checkBoxes } from '../check-boxes.js'
import { readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { PictureFinder } from '../find-pictures.js'
import { compareNames } from '../picture-files.js'
import { readJsonFile } from '../read-text-file.js'
import { isRecord, refuseFile, requirePath } from './dataset-source.js'

interface CocoImage {
  readonly id: number | string
  readonly file_name: string
  readonly width?: unknown
  readonly height?: unknown
}

interface CocoAnnotation {
  readonly image_id: number | string
  readonly category_id: number
  readonly bbox: readonly [number, number, number, number]
  readonly area?: unknown
  readonly iscrowd?: unknown
}

/**
 * COCO's instances JSON. Classes are in the order of their ids, or, with `classes`, in that order, found by their names:
 * models may leave the gaps that the ids have, or know other classes too. Pictures are in the order of their ids, as
 * pycocotools takes them; those without annotations stay, with nothing to be found in them. Boxes are kept as they are
 * written, also where they leave the picture.
 */
export async function readCoco(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const file = requirePath(options, 'annotations', 'coco')
  const content = await readJsonFile(file, 'coco')
  const own = readCategories(listAt(content, 'categories', file), file)
  const categories = options.classes ? arrangeCategories(own, await readClasses(options.classes), file) : own
  const images = listAt(content, 'images', file).map((image, index) => readImage(image, index, file))
  images.sort((a, b) => compareIds(a.id, b.id))
  const annotations = listAt(content, 'annotations', file).map((each, index) => readAnnotation(each, index, file))
  const finder = await PictureFinder.open(options.images ?? dirname(file))
  const warnings = new WarningCollector()
  const boxes = groupBoxes(annotations, images, categories, warnings)
  const samples = new Map<string, Sample>()
  for (const image of images) {
    const id = finder.find(image.file_name)
    if (id === undefined) {
      warnings.add('PICTURE_MISSING', image.file_name)
      continue
    }
    if (samples.has(id)) {
      warnings.add('ANNOTATION_DUPLICATE', image.file_name)
      continue
    }
    const found = boxes.get(image.id) ?? []
    const { width, height } = image
    const size = typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined
    checkBoxes(id, found, size, warnings)
    samples.set(id, { id, path: finder.pathOf(id), boxes: found })
  }
  for (const name of finder.unused()) warnings.add('PICTURE_UNANNOTATED', name)
  return { format: 'coco', path: file, categories, samples: [...samples.values()], warnings }
}

/** Categories of the file in the order of given classes; those that the file does not have stay as they are given. */
function arrangeCategories(own: readonly Category[], classes: readonly Category[], file: string): Category[] {
  const byName = new Map(own.map((category) => [category.name, category]))
  if (!classes.some(({ name }) => byName.has(name))) {
    const names = (list: readonly Category[]) =>
      `${list
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')}${list.length > 3 ? ', ...' : ''}`
    refuseFile(file, 'coco', `expected categories among the classes (${names(classes)}), received ${names(own)}`)
  }
  return classes.map((each) => byName.get(each.name) ?? { id: `${each.id} of classes`, name: each.name })
}

function compareIds(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareNames(String(a), String(b))
}

function groupBoxes(
  annotations: readonly CocoAnnotation[],
  images: readonly CocoImage[],
  categories: readonly Category[],
  warnings: WarningCollector,
): Map<number | string, BoxAnnotation[]> {
  const indexOf = new Map(categories.map(({ id }, index) => [id, index] as const).reverse())
  const grouped = new Map<number | string, BoxAnnotation[]>(images.map(({ id }) => [id, []]))
  for (const { image_id, category_id, bbox, area, iscrowd } of annotations) {
    const category = indexOf.get(category_id)
    const list = grouped.get(image_id)
    if (list === undefined) warnings.add('PICTURE_MISSING', `image_id ${image_id}`)
    else if (category === undefined) warnings.add('CLASS_UNKNOWN', `category_id ${category_id}`)
    else {
      list.push({
        category,
        box: bbox,
        area: typeof area === 'number' ? area : bbox[2] * bbox[3],
        isCrowd: iscrowd === 1 || iscrowd === true,
        isDifficult: false,
      })
    }
  }
  return grouped
}

function listAt(content: unknown, key: string, file: string): unknown[] {
  const list = isRecord(content) ? content[key] : undefined
  return Array.isArray(list) ? list : refuseFile(file, 'coco', `expected a list called ${key}, received ${describeValue(list)}`)
}

function readCategories(list: readonly unknown[], file: string): Category[] {
  const categories = list.map((each, index): Category & { id: number } => {
    if (isRecord(each) && typeof each.id === 'number' && typeof each.name === 'string') return { id: each.id, name: each.name }
    return refuseFile(file, 'coco', `categories[${index}]: expected id and name`)
  })
  if (new Set(categories.map(({ id }) => id)).size < categories.length)
    refuseFile(file, 'coco', 'an id of a category appears twice')
  return categories.sort((a, b) => a.id - b.id)
}

function readImage(value: unknown, index: number, file: string): CocoImage {
  if (isRecord(value) && typeof value.file_name === 'string' && (typeof value.id === 'number' || typeof value.id === 'string')) {
    return value as unknown as CocoImage
  }
  return refuseFile(file, 'coco', `images[${index}]: expected id and file_name`)
}

function readAnnotation(value: unknown, index: number, file: string): CocoAnnotation {
  const where = `annotations[${index}]`
  if (!isRecord(value)) return refuseFile(file, 'coco', `${where}: expected an object`)
  const { image_id, category_id, bbox } = value
  if ((typeof image_id !== 'number' && typeof image_id !== 'string') || typeof category_id !== 'number') {
    return refuseFile(file, 'coco', `${where}: expected image_id and category_id`)
  }
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every((side) => Number.isFinite(side))) {
    return refuseFile(file, 'coco', `${where}: expected bbox [x, y, width, height], received ${describeValue(bbox)}`)
  }
  return value as unknown as CocoAnnotation
}
