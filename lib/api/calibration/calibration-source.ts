import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import type { Dataset } from '../../dataset/annotations.js'
import type { DatasetOptions } from '../../dataset/dataset-options.js'
import { openDataset } from '../../dataset/open-dataset.js'
import { isPictureName, listFiles } from '../../dataset/picture-files.js'
import { linesOf, readTextFile } from '../../dataset/read-text-file.js'
import { type ArraySelection, openNpyFiles, openNpzFiles, type TensorFiles } from '../../dataset/tensor-files.js'
import { engineryError, isEngineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import type { CalibrationSamples, CalibrationSettings } from '../../quantization/quantize-options.js'
import { samplesFromDataset } from './dataset-samples.js'
import { samplesFromFiles } from './file-samples.js'
import { samplesFromIterable } from './iterable-samples.js'

/** Samples to calibrate with, wherever they come from. */
export interface CalibrationSource {
  /** One pass over them, each with a tensor for every input; files are read ahead of need. */
  readonly samples: () => AsyncIterable<NamedTensors>
  /** false: there is only one pass. */
  readonly isRepeatable: boolean
  /** null: nobody knows before they are read. */
  readonly count: number | null
  /** What tells the samples from others; null where nothing does. May read all files. */
  identity(): Promise<string | null>
  /** Digest of what is done to pictures; null for samples that come as tensors. */
  readonly preprocess: string | null
  /** For messages: what and how many. */
  readonly description: string
  /** Pictures that could not be read, in any pass. */
  readonly broken: readonly { readonly id: string; readonly reason: string }[]
  close(): Promise<void>
}

/**
 * Opens what `calibration.data` may be: files of arrays, folders of them, pictures with a description of what is done to
 * them, a dataset, or anything that gives named tensors one after the other.
 *
 * @param inputs of the model, with the lengths that the user fixes
 * @throws OPTION_INVALID; CALIBRATION_SAMPLE_INVALID, INPUT_MISSING, INPUT_UNKNOWN where data and inputs do not fit; the
 * DATASET_, NPY_, NPZ_ and PREPROCESS_ codes; FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function openCalibrationSource(
  settings: CalibrationSettings,
  inputs: readonly SampleInput[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CalibrationSource> {
  const { data, id } = settings
  const source = await open(settings, inputs, options.signal)
  if (id === undefined) return source
  // Said by the user: it holds for data that no file holds, and saves reading those that one does.
  const drawn = typeof data === 'string' || !isListed(data) ? `${settings.samples} ${settings.seed}` : String(settings.samples)
  return { ...source, identity: async () => `id ${JSON.stringify(id)} ${drawn}` }
}

async function open(
  settings: CalibrationSettings,
  inputs: readonly SampleInput[],
  signal: AbortSignal | undefined,
): Promise<CalibrationSource> {
  const { data } = settings
  if (isListed(data)) return samplesFromIterable(data, settings, inputs)
  if (typeof data === 'object' && 'samples' in data) return samplesFromDataset(data as Dataset, settings, inputs, signal)
  const files = await openFiles(data as string | Record<string, string> | DatasetOptions, inputs)
  if (files !== null) return samplesFromFiles(files, settings, inputs)
  const dataset = typeof data === 'string' ? await openPictures(data) : await openDataset(data as DatasetOptions)
  return samplesFromDataset(dataset, settings, inputs, signal)
}

/** A folder of pictures or a list of them; a file that is neither is told what it could be. */
async function openPictures(path: string): Promise<Dataset> {
  try {
    return await openDataset({ images: path })
  } catch (error) {
    const isNoList = isEngineryError(error) && ['DATASET_EMPTY', 'DATASET_INVALID'].includes(error.code)
    if (!isNoList || !(await stat(path)).isFile() || (await listsPictures(path))) throw error
    const reason = `expected a .npy or .npz file, a folder of pictures or of .npz files, or a text file with the path of a picture in each line; received ${path}, which is none of these`
    throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.data', reason }, { cause: error })
  }
}

async function listsPictures(path: string): Promise<boolean> {
  const text = await readTextFile(path, 'image-list').catch(() => '')
  return linesOf(text).some(({ line }) => isPictureName(line.trim()))
}

function isListed(data: CalibrationSettings['data']): data is CalibrationSamples {
  if (typeof data === 'function') return true
  return typeof data === 'object' && (Symbol.asyncIterator in data || Symbol.iterator in data)
}

/** null: it is not arrays. */
async function openFiles(
  data: string | Record<string, string> | DatasetOptions,
  inputs: readonly SampleInput[],
): Promise<TensorFiles | null> {
  if (typeof data === 'string') return await openPath(data, inputs)
  if ('tensors' in data && data.tensors !== undefined)
    return await openFiles(data.tensors as string | Record<string, string>, inputs)
  const names = Object.keys(data)
  // A model may call its inputs images and annotations: files of arrays tell.
  const isNamed = names.length > 0 && Object.values(data).every((value) => typeof value === 'string' && isArrayFile(value))
  if (isNamed) return await openNamed(data as Record<string, string>, inputs)
  const known = new Set(['format', 'images', 'annotations', 'classes', 'split', 'tensors', 'oneBased', 'strict'])
  const odd = names.find((name) => !known.has(name))
  if (odd === undefined) return null
  throw optionInvalid(
    `calibration.data.${odd}`,
    `expected a .npy file, received ${JSON.stringify((data as Record<string, unknown>)[odd])}`,
  )
}

function isArrayFile(path: string): boolean {
  return ['.npy', '.npz'].includes(extname(path).toLowerCase())
}

async function openPath(path: string, inputs: readonly SampleInput[]): Promise<TensorFiles | null> {
  const extension = extname(path).toLowerCase()
  if (extension === '.npz') return await openNpzFiles([path], selectInputs(inputs))
  if (extension === '.npy') {
    const [input, ...others] = inputs
    if (input !== undefined && others.length === 0) return await openNpyFiles({ [input.name]: path })
    const reason = `expected a file for each input (${namesOf(inputs)}), received one file, ${path}`
    throw optionInvalid('calibration.data', reason)
  }
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw engineryError('FILE_NOT_FOUND', { path }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  })
  if (!facts.isDirectory()) return null
  const archives = await listFiles(path, (name) => name.toLowerCase().endsWith('.npz'))
  if (archives.length === 0) return null
  return await openNpzFiles(
    archives.map((name) => join(path, name)),
    selectInputs(inputs),
  )
}

async function openNamed(files: Readonly<Record<string, string>>, inputs: readonly SampleInput[]): Promise<TensorFiles> {
  for (const [name, path] of Object.entries(files)) {
    if (!inputs.some((input) => input.name === name)) throw engineryError('INPUT_UNKNOWN', { name, expected: namesOf(inputs) })
    if (extname(path).toLowerCase() === '.npy') continue
    throw optionInvalid(`calibration.data.${name}`, `expected a .npy file, received ${path}: a .npz names its arrays itself`)
  }
  for (const { name } of inputs) {
    if (Object.hasOwn(files, name)) continue
    const received = Object.keys(files).join(', ')
    throw engineryError('INPUT_MISSING', {
      name,
      expected: `a file for each of ${namesOf(inputs)}`,
      received: `files for ${received}`,
    })
  }
  return await openNpyFiles(files)
}

/** Arrays by the names of inputs; the only array of an archive is the only input's, whatever it is called. */
function selectInputs(inputs: readonly SampleInput[]): ArraySelection {
  return {
    select(names, path) {
      const [input] = inputs
      if (inputs.length === 1 && names.length === 1 && input !== undefined) return names
      const missing = inputs.find(({ name }) => !names.includes(name))
      if (missing === undefined) return inputs.map(({ name }) => name)
      const expected = `an array for each input (${namesOf(inputs)}) in ${path}`
      throw engineryError('INPUT_MISSING', { name: missing.name, expected, received: names.join(', ') || 'no arrays' })
    },
    rank(name) {
      const input = inputs.length === 1 ? inputs[0] : inputs.find((each) => each.name === name)
      return input?.shape?.length ?? null
    },
  }
}

function namesOf(inputs: readonly SampleInput[]): string {
  return inputs.map(({ name }) => name).join(', ')
}

function optionInvalid(option: string, reason: string): Error {
  return engineryError('OPTION_INVALID', { caller: 'quantize', option, reason })
}
