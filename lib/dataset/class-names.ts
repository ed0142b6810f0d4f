import { extname } from 'node:path'
import { engineryError } from '../errors/enginery-error.js'
import { yaml } from '../model/yaml-parser.js'
import type { Category } from './annotations.js'
import { linesOf, readJsonFile, readTextFile } from './read-text-file.js'

/** The classes of a dataset: names in order, or a file that holds them. */
export type ClassSource = string | readonly string[]

/**
 * Reads classes: a text file with one name a line; JSON or YAML with a list of names, a mapping of index to name (or to
 * `[id, name]`, as Keras's imagenet_class_index.json), a list of `{index, name, wnid?}`, or any of these under `names`.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, DATASET_INVALID
 */
export async function readClasses(source: ClassSource): Promise<Category[]> {
  if (typeof source !== 'string') return source.map((name, id) => ({ id, name }))
  const extension = extname(source).toLowerCase()
  if (extension === '.json') return classesFrom(await readJsonFile(source, 'a list of classes'), source)
  const text = await readTextFile(source, 'a list of classes')
  if (extension === '.yaml' || extension === '.yml') return classesFrom(parseYaml(text, source), source)
  return linesOf(text).map(({ line }, id) => ({ id, name: line.trim() }))
}

/** Categories from the parsed content of a file. @throws DATASET_INVALID */
export function classesFrom(content: unknown, file: string): Category[] {
  const names = isRecord(content) && 'names' in content ? content.names : content
  const entries: [unknown, unknown][] = Array.isArray(names)
    ? names.map((each, index) => [isRecord(each) ? (each.index ?? index) : index, each])
    : isRecord(names)
      ? Object.entries(names)
      : refuse(file, 'expected a list or a mapping of names')
  const categories: Category[] = []
  for (const [key, value] of entries) {
    const index = Number(key)
    if (!Number.isInteger(index) || index < 0 || index >= entries.length) {
      refuse(file, `expected the indices 0 to ${entries.length - 1}, received ${String(key)}`)
    }
    if (categories[index] !== undefined) refuse(file, `index ${index} appears twice`)
    categories[index] = categoryFrom(index, value, file)
  }
  return categories
}

function categoryFrom(index: number, value: unknown, file: string): Category {
  if (typeof value === 'string' || typeof value === 'number') return { id: index, name: String(value) }
  if (Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string')) {
    return { id: value[0] as string, name: value[1] as string }
  }
  if (isRecord(value) && typeof value.name === 'string') {
    const id = value.wnid ?? value.id ?? index
    return { id: typeof id === 'string' || typeof id === 'number' ? id : index, name: value.name }
  }
  return refuse(file, `class ${index}: expected a name`)
}

/** Finds the class that a label names: by its name or id, or by its index where it is a number. */
export function findClass(categories: readonly Category[], label: string | number): number | undefined {
  if (typeof label === 'number') return Number.isInteger(label) && label >= 0 && label < categories.length ? label : undefined
  const found = categories.findIndex(({ id, name }) => id === label || name === label)
  if (found >= 0) return found
  return /^\d+$/.test(label) ? findClass(categories, Number(label)) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseYaml(text: string, file: string): unknown {
  try {
    return yaml().parse(text)
  } catch (cause) {
    return refuse(file, `it is no YAML: ${(cause as Error).message.split('\n')[0]}`)
  }
}

function refuse(file: string, reason: string): never {
  throw engineryError('DATASET_INVALID', { file, format: 'a list of classes', reason })
}
