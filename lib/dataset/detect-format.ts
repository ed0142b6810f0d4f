import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { engineryError } from '../errors/enginery-error.js'
import { type DatasetFormat, datasetFormats, type ParsedDatasetOptions } from './dataset-options.js'
import { isRecord } from './formats/dataset-source.js'
import { readError } from './npy-source.js'
import { listFiles, listPictures } from './picture-files.js'
import { linesOf, readJsonFile, readTextFile } from './read-text-file.js'

/**
 * Tells the format of a dataset from its files.
 *
 * @throws DATASET_FORMAT_UNKNOWN saying what was found; FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function detectDatasetFormat(options: ParsedDatasetOptions): Promise<DatasetFormat> {
  if (options.tensors !== undefined) return 'tensors'
  if (options.annotations !== undefined) return await detectAnnotations(options.annotations, options)
  if (options.images === undefined) {
    const reason = 'expected one of the options images, annotations and tensors'
    throw engineryError('OPTION_INVALID', { caller: 'openDataset', option: 'images', reason })
  }
  return await detectPictures(options.images, options)
}

async function detectAnnotations(path: string, options: ParsedDatasetOptions): Promise<DatasetFormat> {
  if (await isFolder(path)) return await detectFolder(path)
  switch (extname(path).toLowerCase()) {
    case '.json':
      return detectJson(await readJsonFile(path, 'a dataset'), path, options)
    case '.yaml':
    case '.yml':
      return 'yolo'
    case '.txt':
    case '.csv':
    case '.tsv':
      return detectText(await readTextFile(path, 'a dataset'), path, options)
    default:
      throw unclear(path, `expected annotations in .json, .yaml or .txt, or a folder of .xml or .txt`)
  }
}

function detectJson(content: unknown, path: string, options: ParsedDatasetOptions): DatasetFormat {
  if (!isRecord(content)) throw unclear(path, 'it holds no object')
  if (Array.isArray(content.images) && 'categories' in content) return 'coco'
  const values = Object.values(content)
  if (values.length > 0 && values.every((value) => typeof value === 'number')) return 'label-file'
  if (values.length > 0 && values.every(Array.isArray)) return 'ocr'
  // Names of classes and lines of text look alike.
  if (values.length > 0 && values.every((value) => typeof value === 'string')) return options.classes ? 'label-file' : 'ocr'
  throw unclear(
    path,
    `it is neither COCO, nor {file: label}, nor {file: text}; its keys begin with ${Object.keys(content).slice(0, 3).join(', ')}`,
  )
}

function detectText(text: string, path: string, options: ParsedDatasetOptions): DatasetFormat {
  const lines = linesOf(text)
    .slice(0, 100)
    .map(({ line }) => line.trimEnd())
  if (lines.length === 0) throw unclear(path, 'it is empty')
  if (options.classes !== undefined || lines.every((line) => /[\s]\d+$/.test(line))) return 'label-file'
  if (lines.every((line) => line.includes('\t'))) return 'ocr'
  throw unclear(path, `its first line is ${JSON.stringify((lines[0] as string).slice(0, 60))}`)
}

async function detectFolder(folder: string): Promise<DatasetFormat> {
  const names = await listFiles(folder, (name) => /\.(xml|txt)$/i.test(name))
  if (names.some((name) => name.toLowerCase().endsWith('.xml'))) return 'voc'
  for (const name of names) {
    for (const { line } of linesOf(await readTextFile(join(folder, name), 'a dataset'))) {
      const words = line.trim().split(/\s+/)
      if (/^(imagesource|gsd):/i.test(words[0] as string)) return 'dota'
      const numbers = words.filter((word) => Number.isFinite(Number(word))).length
      if (numbers === words.length && numbers >= 5) return 'yolo'
      if (words.length >= 9 && words.slice(0, 8).every((word) => Number.isFinite(Number(word)))) return 'dota'
    }
  }
  throw unclear(folder, names.length === 0 ? 'it holds neither .xml nor .txt files' : 'its text files are neither YOLO nor DOTA')
}

async function detectPictures(path: string, options: ParsedDatasetOptions): Promise<DatasetFormat> {
  if (!(await isFolder(path))) return 'image-list'
  const folders = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  if (folders.includes('JPEGImages') && folders.includes('Annotations')) return 'voc'
  const names = await listPictures(path)
  if (names.length === 0) throw engineryError('DATASET_EMPTY', { path, reason: 'no picture was found' })
  const tops = new Set(names.filter((name) => name.includes('/')).map((name) => name.slice(0, name.indexOf('/'))))
  const loose = names.filter((name) => !name.includes('/')).length
  if (options.classes !== undefined && loose === 0) return 'class-folders'
  if (tops.size === 0 || (tops.size === 1 && loose === 0)) return 'image-folder'
  if (loose === 0) return 'class-folders'
  throw unclear(path, `${loose} pictures lie in it and others in its folders ${[...tops].slice(0, 3).join(', ')}`)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw readError(path, error)
  }
}

function unclear(path: string, reason: string): Error {
  return engineryError('DATASET_FORMAT_UNKNOWN', { path, reason, formats: datasetFormats })
}
