import { dirname, extname } from 'node:path'
import type { Category, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { findClass, readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { PictureFinder } from '../find-pictures.js'
import { compareNames } from '../picture-files.js'
import { linesOf, readJsonFile, readTextFile } from '../read-text-file.js'
import { isRecord, refuseFile, requirePath } from './dataset-source.js'

type Labels = readonly (readonly [file: string, label: string | number])[]

/**
 * A class for each picture: JSON `{file: label}`, or text with `file label` lines, split at the last tab or space.
 * A label is an index, or a name or id of `classes`; without `classes`, the names that occur, sorted, are the classes.
 */
export async function readLabelFile(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const file = requirePath(options, 'annotations', 'label-file')
  const labels = extname(file).toLowerCase() === '.json' ? await readJsonLabels(file) : await readTextLabels(file)
  const categories = options.classes ? await readClasses(options.classes) : classesOf(labels)
  const finder = await PictureFinder.open(options.images ?? dirname(file))
  const warnings = new WarningCollector()
  const samples = new Map<string, Sample>()
  for (const [name, label] of labels) {
    const id = finder.find(name)
    const index = findClass(categories, label)
    if (id === undefined) warnings.add('PICTURE_MISSING', name)
    else if (index === undefined) warnings.add('CLASS_UNKNOWN', `${name}: ${label}`)
    else if (samples.has(id)) warnings.add('ANNOTATION_DUPLICATE', name)
    else samples.set(id, { id, path: finder.pathOf(id), label: index })
  }
  for (const name of finder.unused()) warnings.add('PICTURE_UNANNOTATED', name)
  return { format: 'label-file', path: file, categories, samples: [...samples.values()], warnings }
}

async function readJsonLabels(file: string): Promise<Labels> {
  const content = await readJsonFile(file, 'label-file')
  if (!isRecord(content)) return refuseFile(file, 'label-file', 'expected an object {file: label}')
  return Object.entries(content).map(([name, label]) => {
    if (typeof label === 'string' || (typeof label === 'number' && Number.isInteger(label))) return [name, label] as const
    return refuseFile(file, 'label-file', `${name}: expected an index or a name, received ${JSON.stringify(label)?.slice(0, 60)}`)
  })
}

async function readTextLabels(file: string): Promise<Labels> {
  return linesOf(await readTextFile(file, 'label-file')).map(({ line, number }) => {
    const text = line.trim()
    const at = text.includes('\t') ? text.lastIndexOf('\t') : text.lastIndexOf(' ')
    if (at < 0) return refuseFile(file, 'label-file', `line ${number}: expected "file label", received ${JSON.stringify(text)}`)
    const label = text.slice(at + 1).trim()
    return [text.slice(0, at).trim(), /^\d+$/.test(label) ? Number(label) : label] as const
  })
}

function classesOf(labels: Labels): Category[] {
  const values = labels.map(([, label]) => label)
  if (values.every((label) => typeof label === 'number')) {
    const most = values.reduce((most, label) => Math.max(most, label as number), -1)
    return Array.from({ length: most + 1 }, (_, id) => ({ id, name: String(id) }))
  }
  return [...new Set(values.map(String))].sort(compareNames).map((name, id) => ({ id, name }))
}
