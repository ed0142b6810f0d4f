import { readdir } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { readError } from './npy-source.js'

const extensions = new Set([
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.gif',
  '.avif',
  // Decoders may refuse this one; leaving it out without a word would be worse.
  '.bmp',
])

export function isPictureName(name: string): boolean {
  return extensions.has(extname(name).toLowerCase())
}

/** By code points: the same on every machine, whatever its language. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * The files below a folder as paths relative to it with `/`, sorted; those that begin with a dot are left out, with
 * all that is in folders of such names.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function listFiles(folder: string, keep: (name: string) => boolean): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory() && keep(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
      .sort(compareNames)
  } catch (error) {
    throw readError(folder, error)
  }
}

export function listPictures(folder: string): Promise<string[]> {
  return listFiles(folder, isPictureName)
}

/** A path without its extension: what label files share with their pictures. */
export function stemOf(path: string): string {
  return path.slice(0, path.length - extname(path).length)
}

/** Names as one system writes them and another stores them: accents composed or not. */
export function comparableName(name: string): string {
  return name.normalize('NFC')
}
