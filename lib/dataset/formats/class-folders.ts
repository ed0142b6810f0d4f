import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Category, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { findClass, readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { readError } from '../npy-source.js'
import { compareNames, listPictures } from '../picture-files.js'
import { requirePath } from './dataset-source.js'

/** A folder for each class, as ImageNet has them. Without `classes`, the sorted names of the folders are the classes. */
export async function readClassFolders(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const root = requirePath(options, 'images', 'class-folders')
  const warnings = new WarningCollector()
  const categories = options.classes ? await readClasses(options.classes) : await listFolders(root)
  const samples: Sample[] = []
  for (const id of await listPictures(root)) {
    const slash = id.indexOf('/')
    const label = slash < 0 ? undefined : findClass(categories, id.slice(0, slash))
    if (slash < 0) warnings.add('PICTURE_UNANNOTATED', id)
    else if (label === undefined) warnings.add('CLASS_UNKNOWN', id)
    else samples.push({ id, path: resolve(root, id), label })
  }
  return { format: 'class-folders', path: root, categories, samples, warnings }
}

async function listFolders(root: string): Promise<Category[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    throw readError(root, error)
  })
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  return names.sort(compareNames).map((name) => ({ id: name, name }))
}
