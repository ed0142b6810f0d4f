import { extname } from 'node:path'
import { engineryError } from '../../errors/enginery-error.js'
import { hashFile } from '../../model/hash-file.js'
import { Tensor } from '../../tensor/tensor.js'
import type { TensorArray } from '../../tensor/tensor-array.js'
import type { Category, Sample } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import { readClasses } from '../class-names.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { openNpy, readNpy } from '../npy.js'
import type { NpyArray } from '../npy-elements.js'
import { openNpz } from '../npz.js'
import { readJsonFile } from '../read-text-file.js'
import { isRecord, refuseFile } from './dataset-source.js'

interface RowSource {
  readonly name: string
  readonly rows: number
  readRow(index: number): Promise<NpyArray>
}

/** What a single `.npy` file is called, which says no name. */
const onlyName = 'input'

/**
 * Rows of `.npy` and `.npz` files: tensors with a batch of 1, called as the arrays of the `.npz` or the keys of
 * `tensors`. Rows are read when they are needed; a compressed `.npz` is read once, whole. `annotations` may be a `.npy`
 * file or JSON list of class indices.
 */
export async function readTensorRows(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const { tensors } = options
  if (tensors === undefined) {
    throw engineryError('OPTION_INVALID', { caller: 'openDataset', option: 'tensors', reason: 'the format tensors needs it' })
  }
  const files = typeof tensors === 'string' ? { [onlyName]: tensors } : tensors
  const sources = (
    await Promise.all(Object.entries(files).map(([name, path]) => openRows(name, path, typeof tensors === 'string')))
  ).flat()
  const path = Object.values(files).join(', ')
  const rows = sources[0]?.rows ?? 0
  for (const source of sources) {
    if (source.rows !== rows)
      refuseFile(path, 'tensors', `expected as many rows in each, received ${source.rows} in ${source.name} and ${rows}`)
  }
  const labels = options.annotations === undefined ? undefined : await readLabels(options.annotations, rows)
  const identity = await Promise.all(Object.values(files).map(async (file) => (await hashFile(file)).sha256))
  const samples = Array.from({ length: rows }, (_, index): Sample => {
    const label = labels?.[index]
    return { id: String(index), ...(label !== undefined && { label }), loadTensors: () => loadRow(sources, index) }
  })
  const categories = options.classes ? await readClasses(options.classes) : numbered(labels ?? [])
  return { format: 'tensors', path, categories, samples, warnings: new WarningCollector(), identity: identity.join(' ') }
}

async function openRows(name: string, path: string, allArrays: boolean): Promise<RowSource[]> {
  if (extname(path).toLowerCase() === '.npz') return await openArchive(name, path, allArrays)
  const reader = await openNpy(path)
  const { rows } = reader
  await reader.close()
  // Opened for each row: samples may be kept longer than anybody remembers to close a file.
  const readRow = async (index: number) => {
    const file = await openNpy(path)
    try {
      return await file.readRows(index, 1)
    } finally {
      await file.close()
    }
  }
  return [{ name, rows, readRow }]
}

async function openArchive(name: string, path: string, allArrays: boolean): Promise<RowSource[]> {
  const archive = await openNpz(path)
  try {
    const names = allArrays ? archive.names : archive.names.length === 1 ? archive.names : [name]
    const arrays = await Promise.all(
      names.map(async (each) => ({ name: allArrays ? each : name, array: await archive.read(each) })),
    )
    return arrays.map(({ name, array }) => ({ name, rows: array.shape[0] ?? 0, readRow: async (index) => rowOf(array, index) }))
  } finally {
    await archive.close()
  }
}

function rowOf({ type, shape, data }: NpyArray, index: number): NpyArray {
  const length = shape.slice(1).reduce((product, each) => product * each, 1)
  return { type, shape: [1, ...shape.slice(1)], data: data.slice(index * length, (index + 1) * length) as NpyArray['data'] }
}

async function loadRow(sources: readonly RowSource[], index: number): Promise<Record<string, Tensor>> {
  const rows = await Promise.all(sources.map((source) => source.readRow(index)))
  return Object.fromEntries(
    rows.map(({ type, shape, data }, at) => [(sources[at] as RowSource).name, Tensor.from(data as TensorArray, shape, type)]),
  )
}

async function readLabels(path: string, rows: number): Promise<number[]> {
  const labels =
    extname(path).toLowerCase() === '.npy'
      ? Array.from((await readNpy(path)).data as ArrayLike<number | bigint>, Number)
      : await readJson(path)
  if (labels.length !== rows) refuseFile(path, 'tensors', `expected ${rows} labels, one for each row, received ${labels.length}`)
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0)
  if (wrong !== undefined) refuseFile(path, 'tensors', `expected indices of classes, received ${wrong}`)
  return labels
}

async function readJson(path: string): Promise<number[]> {
  const content = await readJsonFile(path, 'tensors')
  const list = isRecord(content) ? content.labels : content
  if (Array.isArray(list) && list.every((each) => typeof each === 'number')) return list
  return refuseFile(path, 'tensors', 'expected a list of indices, or one called labels')
}

function numbered(labels: readonly number[]): Category[] {
  const most = labels.reduce((most, label) => Math.max(most, label), -1)
  return Array.from({ length: most + 1 }, (_, id) => ({ id, name: String(id) }))
}
