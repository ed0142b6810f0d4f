import { dirname, isAbsolute, resolve } from 'node:path'
import type { DatasetDraft } from '../build-dataset.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { listPictures } from '../picture-files.js'
import { linesOf, readTextFile } from '../read-text-file.js'
import { requirePath } from './dataset-source.js'

/** All pictures below a folder, without annotations. */
export async function readImageFolder(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const folder = requirePath(options, 'images', 'image-folder')
  const names = await listPictures(folder)
  const samples = names.map((id) => ({ id, path: resolve(folder, id) }))
  return { format: 'image-folder', path: folder, categories: [], samples, warnings: new WarningCollector() }
}

/** The pictures that a text file lists, one a line, relative to it. */
export async function readImageList(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const file = requirePath(options, 'images', 'image-list')
  const warnings = new WarningCollector()
  const seen = new Set<string>()
  const samples = []
  for (const { line } of linesOf(await readTextFile(file, 'image-list'))) {
    const id = line.trim()
    if (seen.has(id)) warnings.add('ANNOTATION_DUPLICATE', id)
    else samples.push({ id, path: isAbsolute(id) ? id : resolve(dirname(file), id) })
    seen.add(id)
  }
  return { format: 'image-list', path: file, categories: [], samples, warnings }
}
