import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import type { OnnxModel } from './onnx-types.js'

/** A file of weights that a model refers to. */
export interface ExternalFile {
  /** As the model writes it. */
  readonly location: string
  /** Bytes that the file must have at least. */
  readonly atLeast: number
}

/** The files that the weights of a model are in, each once, in the order of their names. */
export function listExternalData(model: OnnxModel): ExternalFile[] {
  const needed = new Map<string, number>()
  for (const { external, bytes } of model.weights) {
    if (external === null) continue
    const end = external.offset + (external.length ?? bytes)
    needed.set(external.location, Math.max(end, needed.get(external.location) ?? 0))
  }
  return [...needed].map(([location, atLeast]) => ({ location, atLeast })).sort((a, b) => (a.location < b.location ? -1 : 1))
}

/**
 * Absolute paths of a model's files of weights. Only files in the model's own folder, or below it, are accepted:
 * a model from elsewhere must not have other files read.
 *
 * @throws EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID, FILE_NOT_READ
 */
export async function resolveExternalData(modelPath: string, files: readonly ExternalFile[]): Promise<string[]> {
  const paths: string[] = []
  for (const file of files) paths.push(await resolveFile(modelPath, file))
  return paths
}

async function resolveFile(modelPath: string, { location, atLeast }: ExternalFile): Promise<string> {
  const folder = dirname(resolve(modelPath))
  const path = resolve(folder, location)
  const refuse = (reason: string, cause?: unknown) =>
    engineryError(
      'EXTERNAL_DATA_INVALID',
      { model: modelPath, location: JSON.stringify(location), reason },
      cause === undefined ? {} : { cause },
    )
  if (location === '' || location.includes('\0')) throw refuse('that is not a file name')
  if (isAbsolute(location) || !isInside(folder, path)) throw refuse('it is outside the folder of the model')
  let size: number
  try {
    // A link may lead out where the name does not. A folder of links is fine when the model is one of them: the caches
    // of model hubs keep all files of a snapshot that way.
    const [realFolder, realModel, realFile] = await Promise.all([folder, modelPath, path].map((one) => realpath(one)))
    if (!isInside(realFolder as string, realFile as string) && !isInside(dirname(realModel as string), realFile as string)) {
      throw refuse(`it is a link out of the folder of the model, to ${realFile}`)
    }
    const facts = await stat(path)
    if (!facts.isFile()) throw refuse('it is not a file')
    size = facts.size
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw engineryError('EXTERNAL_DATA_MISSING', { model: modelPath, location, expectedPath: path }, { cause: error })
    }
    if (code === 'EXTERNAL_DATA_INVALID') throw error
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
  if (size < atLeast) throw refuse(`it has ${size} bytes, the model needs ${atLeast}`)
  return path
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
