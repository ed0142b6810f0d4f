import { dirname, extname } from 'node:path'
import type { Sample, TextAnnotation } from '../annotations.js'
import type { DatasetDraft } from '../build-dataset.js'
import type { ParsedDatasetOptions } from '../dataset-options.js'
import { WarningCollector } from '../dataset-warnings.js'
import { PictureFinder } from '../find-pictures.js'
import { linesOf, readJsonFile, readTextFile } from '../read-text-file.js'
import { isRecord, refuseFile, requirePath } from './dataset-source.js'

type Entry = readonly [file: string, texts: readonly TextAnnotation[]]

/**
 * Text in pictures. JSON: `{file: text}` where a picture is a line, `{file: [{text, box}]}` where it is a page; `box` is
 * `[x1, y1, x2, y2]` or the corners. PaddleOCR's `Label.txt`: `file`, a tab, and the text or a JSON list of
 * `{transcription, points}`.
 */
export async function readOcr(options: ParsedDatasetOptions): Promise<DatasetDraft> {
  const file = requirePath(options, 'annotations', 'ocr')
  const entries = extname(file).toLowerCase() === '.json' ? await readJsonEntries(file) : await readTextEntries(file)
  const finder = await PictureFinder.open(options.images ?? dirname(file))
  const warnings = new WarningCollector()
  const samples = new Map<string, Sample>()
  for (const [name, texts] of entries) {
    const id = finder.find(name)
    if (id === undefined) warnings.add('PICTURE_MISSING', name)
    else if (samples.has(id)) warnings.add('ANNOTATION_DUPLICATE', name)
    else samples.set(id, { id, path: finder.pathOf(id), texts })
  }
  for (const name of finder.unused()) warnings.add('PICTURE_UNANNOTATED', name)
  return { format: 'ocr', path: file, categories: [], samples: [...samples.values()], warnings }
}

async function readJsonEntries(file: string): Promise<Entry[]> {
  const content = await readJsonFile(file, 'ocr')
  if (!isRecord(content)) return refuseFile(file, 'ocr', 'expected an object {file: text}')
  return Object.entries(content).map(([name, value]) => [
    name,
    readTexts(value, (reason) => refuseFile(file, 'ocr', `${name}: ${reason}`)),
  ])
}

async function readTextEntries(file: string): Promise<Entry[]> {
  return linesOf(await readTextFile(file, 'ocr')).map(({ line, number }) => {
    const refuse = (reason: string): never => refuseFile(file, 'ocr', `line ${number}: ${reason}`)
    const tab = line.indexOf('\t')
    if (tab < 0) return refuse('expected a file name, a tab and a text')
    const text = line.slice(tab + 1)
    return [line.slice(0, tab), readTexts(/^\s*\[\s*[{\]]/.test(text) ? parseJson(text, refuse) : text, refuse)] as const
  })
}

function readTexts(value: unknown, refuse: (reason: string) => never): TextAnnotation[] {
  if (typeof value === 'string') return [{ text: value }]
  if (!Array.isArray(value)) return refuse('expected a text or a list of {text, box}')
  return value.map((each) => {
    const text = isRecord(each) ? (each.text ?? each.transcription) : undefined
    const corners = isRecord(each) ? (each.box ?? each.points ?? each.polygon) : undefined
    if (typeof text !== 'string') return refuse('expected {text, box} or {transcription, points}')
    return { text, polygon: readPolygon(corners, refuse) }
  })
}

function readPolygon(corners: unknown, refuse: (reason: string) => never): number[] {
  const flat: unknown[] = Array.isArray(corners) ? corners.flat() : []
  if (flat.length < 4 || flat.length % 2 !== 0 || !flat.every(Number.isFinite))
    return refuse('expected a box of four numbers, or corners')
  if (flat.length !== 4) return flat as number[]
  const [x1, y1, x2, y2] = flat as [number, number, number, number]
  return [x1, y1, x2, y1, x2, y2, x1, y2]
}

function parseJson(text: string, refuse: (reason: string) => never): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuse(`it is no JSON: ${(error as Error).message}`)
  }
}
