import { join } from 'node:path'
import type { Category, PolygonAnnotation, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { checkPolygon } from '../check-boxes.js'
import { readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { PictureFinder } from '../find-pictures.js'
import { mapLimited } from '../map-limited.js'
import { compareNames, listFiles, stemOf } from '../picture-files.js'
import { readPictureSize } from '../picture-size.js'
import { linesOf, readTextFile } from '../read-text-file.js'
import { refuseFile, requirePath } from './dataset-source.js'

interface DotaFile {
  readonly name: string
  readonly objects: readonly { readonly polygon: readonly number[]; readonly name: string; readonly isDifficult: boolean }[]
}

/**
 * DOTA's text files, one for each picture of the same name: `x1 y1 x2 y2 x3 y3 x4 y4 category difficult` a line, after
 * `imagesource:` and `gsd:`. Without `classes`, the categories that occur, sorted, are the classes.
 */
export async function readDota(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const folder = requirePath(options, 'annotations', 'dota')
  const finder = await PictureFinder.open(options.images ?? folder)
  const names = await listFiles(folder, (name) => name.toLowerCase().endsWith('.txt'))
  const files = await mapLimited(names, 16, (name) => readDotaFile(folder, name))
  const categories = options.classes ? await readClasses(options.classes) : classesOf(files)
  const warnings = new WarningCollector()
  const samples: Sample[] = []
  for (const file of files) {
    const id = finder.findStem(stemOf(file.name))
    if (id === undefined) warnings.add('PICTURE_MISSING', file.name)
    else samples.push({ id, path: finder.pathOf(id), polygons: polygonsOf(file, categories, warnings) })
  }
  for (const name of finder.unused()) warnings.add('PICTURE_UNANNOTATED', name)
  await checkSizes(samples, warnings)
  return { format: 'dota', path: folder, categories, samples, warnings }
}

async function readDotaFile(folder: string, name: string): Promise<DotaFile> {
  const path = join(folder, name)
  const lines = linesOf(await readTextFile(path, 'dota')).filter(({ line }) => !/^\s*(imagesource|gsd)\s*:/i.test(line))
  const objects = lines.map(({ line, number }) => {
    const words = line.trim().split(/\s+/)
    const polygon = words.slice(0, 8).map(Number)
    const [category, difficult = '0', ...rest] = words.slice(8)
    if (polygon.length !== 8 || !polygon.every(Number.isFinite) || category === undefined || rest.length > 0) {
      const expected = 'expected eight coordinates, a category and whether it is difficult'
      return refuseFile(path, 'dota', `line ${number}: ${expected}, received ${JSON.stringify(line.slice(0, 80))}`)
    }
    return { polygon, name: category, isDifficult: difficult !== '0' }
  })
  return { name, objects }
}

function polygonsOf(
  { name: file, objects }: DotaFile,
  categories: readonly Category[],
  warnings: WarningCollector,
): PolygonAnnotation[] {
  return objects.flatMap(({ polygon, name, isDifficult }) => {
    const category = categories.findIndex((each) => each.name === name)
    if (category >= 0) return [{ category, polygon, isDifficult }]
    warnings.add('CLASS_UNKNOWN', `${file}: ${name}`)
    return []
  })
}

// Without a decoder, or for a picture it cannot read, there is nothing to compare with; reading the samples will tell.
async function checkSizes(samples: readonly Sample[], warnings: WarningCollector): Promise<void> {
  const sizes = await mapLimited(samples, 16, ({ path }) => readPictureSize(path as string).catch(() => undefined))
  for (const [index, { id, polygons = [] }] of samples.entries()) {
    for (const { polygon } of polygons) checkPolygon(id, polygon, sizes[index], warnings)
  }
}

function classesOf(files: readonly DotaFile[]): Category[] {
  const found = new Set(files.flatMap(({ objects }) => objects.map(({ name }) => name)))
  return [...found].sort(compareNames).map((name, id) => ({ id, name }))
}
