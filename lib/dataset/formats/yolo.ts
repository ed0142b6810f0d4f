import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, isAbsolute, join, resolve } from 'node:path'
import { isEngineryError } from '../../errors/enginery-error.js'
import type { ImageSize } from '../../image/image.js'
import { yaml } from '../../model/yaml-parser.js'
import type { BoxAnnotation, Category, PolygonAnnotation, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { checkBoxes, checkPolygon } from '../check-boxes.js'
import { classesFrom, readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { mapLimited } from '../map-limited.js'
import { readError } from '../npy-source.js'
import { listPictures, stemOf } from '../picture-files.js'
import { readPictureSize } from '../picture-size.js'
import { linesOf, readTextFile } from '../read-text-file.js'
import { isRecord, refuseFile } from './dataset-source.js'

interface YoloPicture {
  readonly id: string
  readonly path: string
  /** Path of the text file. */
  readonly labels: string
}

interface YoloPlan {
  readonly categories: readonly Category[]
  readonly pictures: readonly YoloPicture[]
  readonly path: string
}

/**
 * YOLO's text files: `class cx cy width height` a line, as fractions of the picture; nine numbers are a class and the
 * corners of a rotated box, other odd counts an outline, whose enclosing box counts. `annotations` is `data.yaml`, or the
 * folder of the text files; where it is neither, `images` in the pictures' paths is replaced by `labels`. A picture
 * without a text file shows nothing.
 */
export async function readYolo(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const { categories, pictures, path } = await planYolo(options)
  const found = await mapLimited(pictures, 16, (picture) => readPicture(picture, categories))
  const warnings = new WarningCollector()
  for (const each of found) warnings.merge(each.warnings)
  const samples = found.flatMap(({ sample }) => (sample === null ? [] : [sample]))
  return { format: 'yolo', path, categories, samples, warnings }
}

async function readPicture(
  { id, path, labels }: YoloPicture,
  categories: readonly Category[],
): Promise<{ sample: Sample | null; warnings: WarningCollector }> {
  const warnings = new WarningCollector()
  const nothing = { id, path, boxes: [] }
  // A picture that is not there is noted later, whatever its labels.
  if (!(await isThere(path))) return { sample: nothing, warnings }
  const text = await readOptional(labels)
  if (text === undefined) {
    warnings.add('PICTURE_UNANNOTATED', id)
    return { sample: nothing, warnings }
  }
  const size = await sizeUnlessBroken(path)
  if (size === undefined) {
    warnings.add('PICTURE_UNREADABLE', id)
    return { sample: null, warnings }
  }
  return { sample: { id, path, ...readLabels(text, labels, id, size, categories, warnings) }, warnings }
}

async function planYolo(options: ParsedDatasetOptions): Promise<YoloPlan> {
  const { annotations, images } = options
  if (annotations !== undefined && /\.ya?ml$/i.test(annotations)) return await planFromYaml(annotations, options)
  if (images === undefined) return refuseFile(annotations ?? '', 'yolo', 'the folder of pictures is needed: pass `images`')
  if (options.classes === undefined)
    return refuseFile(images, 'yolo', 'the names of the classes are needed: pass `classes` or data.yaml')
  const pictures = await listYoloPictures(images)
  const labelsOf = (id: string, path: string) =>
    annotations === undefined ? besideOf(path) : join(annotations, `${stemOf(id)}.txt`)
  return {
    categories: await readClasses(options.classes),
    pictures: pictures.map(({ id, path }) => ({ id, path, labels: labelsOf(id, path) })),
    path: images,
  }
}

async function planFromYaml(file: string, options: ParsedDatasetOptions): Promise<YoloPlan> {
  const content: unknown = parseYaml(await readTextFile(file, 'yolo'), file)
  if (!isRecord(content)) return refuseFile(file, 'yolo', 'expected a mapping')
  const split = options.split ?? 'val'
  const root = resolve(dirname(file), typeof content.path === 'string' ? content.path : '.')
  const listed = options.images ?? content[split]
  const places = (Array.isArray(listed) ? listed : [listed]).map((place) =>
    typeof place === 'string'
      ? options.images
        ? place
        : resolve(root, place)
      : refuseFile(file, 'yolo', `expected a folder under ${split}`),
  )
  const pictures = (await Promise.all(places.map(listYoloPictures))).flat()
  return {
    categories: options.classes ? await readClasses(options.classes) : classesFrom({ names: content.names }, file),
    pictures: pictures.map(({ id, path }) => ({ id, path, labels: besideOf(path) })),
    path: file,
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return yaml().parse(text)
  } catch (cause) {
    return refuseFile(file, 'yolo', `it is no YAML: ${(cause as Error).message.split('\n')[0]}`)
  }
}

// A folder, or a text file with one path a line.
async function listYoloPictures(place: string): Promise<{ id: string; path: string }[]> {
  if (extname(place).toLowerCase() !== '.txt') return (await listPictures(place)).map((id) => ({ id, path: resolve(place, id) }))
  return linesOf(await readTextFile(place, 'yolo')).map(({ line }) => {
    const id = line.trim()
    return { id, path: isAbsolute(id) ? id : resolve(dirname(place), id) }
  })
}

function besideOf(path: string): string {
  const parts = path.split(/[\\/]/)
  const at = parts.lastIndexOf('images')
  if (at >= 0) parts[at] = 'labels'
  return `${stemOf(parts.join('/'))}.txt`
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw readError(path, error)
  }
}

async function sizeUnlessBroken(path: string): Promise<ImageSize | undefined> {
  try {
    return await readPictureSize(path)
  } catch (error) {
    if (isEngineryError(error)) throw error
    return undefined
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

function readLabels(
  text: string,
  file: string,
  id: string,
  size: ImageSize,
  categories: readonly Category[],
  warnings: WarningCollector,
): Pick<Sample, 'boxes' | 'polygons'> {
  const boxes: BoxAnnotation[] = []
  const polygons: PolygonAnnotation[] = []
  for (const { line, number } of linesOf(text)) {
    const [category, ...values] = line.trim().split(/\s+/).map(Number) as [number, ...number[]]
    const known = values.length === 4 || (values.length >= 6 && values.length % 2 === 0)
    if (!known || ![category, ...values].every(Number.isFinite) || !Number.isInteger(category)) {
      refuseFile(
        file,
        'yolo',
        `line ${number}: expected "class cx cy width height", received ${JSON.stringify(line.slice(0, 60))}`,
      )
    }
    const pixels = values.map((value, at) => value * (at % 2 === 0 ? size.width : size.height))
    if (categories[category] === undefined) warnings.add('CLASS_UNKNOWN', `${id}: ${category}`)
    else if (values.length === 8) polygons.push({ category, polygon: pixels, isDifficult: false })
    else boxes.push(boxFrom(category, pixels))
  }
  checkBoxes(id, boxes, size, warnings)
  for (const { polygon } of polygons) checkPolygon(id, polygon, size, warnings)
  return polygons.length > 0 ? { polygons, ...(boxes.length > 0 && { boxes }) } : { boxes }
}

function boxFrom(category: number, pixels: readonly number[]): BoxAnnotation {
  let [x, y, width, height] = pixels as [number, number, number, number]
  if (pixels.length === 4) {
    x -= width / 2
    y -= height / 2
  } else {
    const [xs, ys] = [0, 1].map((axis) => pixels.filter((_, at) => at % 2 === axis)) as [number[], number[]]
    x = Math.min(...xs)
    y = Math.min(...ys)
    width = Math.max(...xs) - x
    height = Math.max(...ys) - y
  }
  return { category, box: [x, y, width, height], area: width * height, isCrowd: false, isDifficult: false }
}
