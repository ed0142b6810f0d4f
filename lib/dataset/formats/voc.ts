import { dirname, join } from 'node:path'
import type { ImageSize } from '../../image/image.js'
import type { Category, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { checkBoxes, checkPolygon } from '../check-boxes.js'
import { readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { PictureFinder } from '../find-pictures.js'
import { mapLimited } from '../map-limited.js'
import { comparableName, compareNames, listFiles, stemOf } from '../picture-files.js'
import { linesOf, readTextFile } from '../read-text-file.js'
import { isRecord, refuseFile, requirePath } from './dataset-source.js'
import { readVocObject, type VocObject } from './voc-object.js'

// The order of the challenge, which is the alphabet's.
const challengeClasses =
  'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  )

interface VocFile {
  readonly name: string
  readonly picture: string
  readonly size: ImageSize | undefined
  readonly objects: readonly VocObject[]
}

/**
 * Pascal VOC's XML files, one for each picture of the same name: `bndbox`, and `robndbox` for rotated boxes. Corners are
 * counted from 1 and belong to the box, so that `[1, 1, 10, 10]` becomes `[0, 0, 10, 10]`, see the option `oneBased`.
 * Without `classes`, they are the challenge's, or else those that occur, sorted.
 */
export async function readVoc(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const root = requirePath(options, options.annotations === undefined ? 'images' : 'annotations', 'voc')
  const folder = options.annotations ?? join(root, 'Annotations')
  const finder = await PictureFinder.open(
    options.annotations === undefined ? join(root, 'JPEGImages') : (options.images ?? folder),
  )
  const names = options.split === undefined ? await listXml(folder) : await readSplit(folder, options.split)
  const xml = await openXmlReader()
  const files = await mapLimited(names, 16, (name) => readVocFile(xml, folder, name, options.oneBased ?? true))
  const categories = options.classes ? await readClasses(options.classes) : classesOf(files)
  const warnings = new WarningCollector()
  const samples: Sample[] = []
  for (const { name, picture, size, objects } of files) {
    const id = finder.findStem(stemOf(name)) ?? finder.find(picture)
    if (id === undefined) warnings.add('PICTURE_MISSING', picture || name)
    else samples.push({ id, path: finder.pathOf(id), ...annotationsOf(id, objects, size, categories, warnings) })
  }
  if (options.split === undefined) for (const name of finder.unused()) warnings.add('PICTURE_UNANNOTATED', name)
  return { format: 'voc', path: folder, categories, samples: samples.sort((a, b) => compareNames(a.id, b.id)), warnings }
}

function listXml(folder: string): Promise<string[]> {
  return listFiles(folder, (name) => name.toLowerCase().endsWith('.xml'))
}

// `name` or `name 1`; -1 says that the class of the list is not in the picture, which is one of the list all the same.
async function readSplit(folder: string, split: string): Promise<string[]> {
  const text = await readTextFile(join(dirname(folder), 'ImageSets', 'Main', `${split}.txt`), 'voc')
  return linesOf(text).map(({ line }) => `${line.trim().replace(/\s+-?[01]$/, '')}.xml`)
}

/** The package is loaded where such a file is read, and nowhere else. */
async function openXmlReader() {
  const { XMLParser, XMLValidator } = await import('fast-xml-parser')
  const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, isArray: (name) => name === 'object' })
  return { validate: (text: string) => XMLValidator.validate(text), parse: (text: string): unknown => parser.parse(text) }
}

type XmlReader = Awaited<ReturnType<typeof openXmlReader>>

async function readVocFile(xml: XmlReader, folder: string, name: string, oneBased: boolean): Promise<VocFile> {
  const path = join(folder, name)
  const text = await readTextFile(path, 'voc')
  const valid = xml.validate(text)
  if (valid !== true) return refuseFile(path, 'voc', `line ${valid.err.line}: ${valid.err.msg}`)
  const annotation = (xml.parse(text) as Record<string, unknown>).annotation
  // An element without content is the empty string.
  if (!isRecord(annotation) && annotation !== '') return refuseFile(path, 'voc', 'expected an element <annotation>')
  const content = isRecord(annotation) ? annotation : {}
  const refuse = (reason: string): never => refuseFile(path, 'voc', reason)
  const objects = (content.object as unknown[] | undefined) ?? []
  return {
    name,
    picture: typeof content.filename === 'string' ? content.filename : '',
    size: readSize(content.size),
    objects: objects.map((object) => readVocObject(object, oneBased, refuse)),
  }
}

function readSize(size: unknown): ImageSize | undefined {
  if (!isRecord(size)) return undefined
  const [width, height] = [Number(size.width), Number(size.height)]
  // Tools that did not know wrote 0.
  return width > 0 && height > 0 ? { width, height } : undefined
}

function annotationsOf(
  id: string,
  objects: readonly VocObject[],
  size: ImageSize | undefined,
  categories: readonly Category[],
  warnings: WarningCollector,
): Pick<Sample, 'boxes' | 'polygons'> {
  const boxes = []
  const polygons = []
  for (const { name, box, polygon, isDifficult } of objects) {
    const category = categories.findIndex((each) => each.name === name || each.id === name)
    if (category < 0) {
      warnings.add('CLASS_UNKNOWN', name)
    } else if (polygon) {
      polygons.push({ category, polygon, isDifficult })
      checkPolygon(id, polygon, size, warnings)
    } else if (box) {
      boxes.push({ category, box, area: box[2] * box[3], isCrowd: false, isDifficult })
    }
  }
  checkBoxes(id, boxes, size, warnings)
  const rotated = objects.some(({ polygon }) => polygon)
  return rotated ? { polygons, ...(boxes.length > 0 && { boxes }) } : { boxes }
}

function classesOf(files: readonly VocFile[]): Category[] {
  const found = new Set(files.flatMap(({ objects }) => objects.map(({ name }) => comparableName(name))))
  const known = [...found].every((name) => challengeClasses.includes(name))
  return (known ? challengeClasses : [...found].sort(compareNames)).map((name, id) => ({ id, name }))
}
