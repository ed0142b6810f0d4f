// A step is skipped when the contents it depends on have not changed. File times are not looked at: a fresh clone
// and a switched branch change them without changing anything.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { root, stamps } from './paths.mjs'

const IGNORED_FOLDERS = new Set(['build', 'prebuilds', 'node_modules', 'dist'])

/** SHA-256 of one file, as hex. */
export async function hashFile(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function listFiles(entry) {
  let children
  try {
    children = await readdir(entry, { withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOTDIR') return [entry]
    if (error.code === 'ENOENT') return []
    throw error
  }
  const nested = children
    .filter((child) => !(child.isDirectory() && IGNORED_FOLDERS.has(child.name)))
    .map((child) => listFiles(path.join(entry, child.name)))
  return (await Promise.all(nested)).flat()
}

/** SHA-256 over names and contents of files and folders (relative to the repository), and over `facts`. */
export async function hashContents(entries, facts = []) {
  const files = (await Promise.all(entries.map((entry) => listFiles(path.join(root, entry))))).flat().sort()
  const hash = createHash('sha256').update(JSON.stringify(facts))
  for (const file of files) {
    hash.update(`\0${path.relative(root, file)}\0`).update(await readFile(file))
  }
  return hash.digest('hex')
}

/** The hash that the last successful run of a step left, or undefined. */
export async function readStamp(step) {
  try {
    return await readFile(path.join(stamps, step), 'utf8')
  } catch {
    return undefined
  }
}

export async function writeStamp(step, hash) {
  await mkdir(stamps, { recursive: true })
  const temporary = path.join(stamps, `${step}.${process.pid}`)
  await writeFile(temporary, hash)
  await rename(temporary, path.join(stamps, step))
}
