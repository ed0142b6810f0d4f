import { createHash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import type { TensorRtCompileOptions } from './build-options.js'
import { unsupported } from './builder-settings.js'
import type { OpenedTensorRt } from './open-library.js'

type PluginOptions = Pick<TensorRtCompileOptions, 'plugins' | 'pluginsToSerialize'> & {
  readonly builder?: Pick<TensorRtCompileOptions['builder'], 'versionCompatible'>
}
type Library = Pick<OpenedTensorRt, 'line' | 'title' | 'addon'>

/** Libraries of plugins that were opened, by their paths. */
export interface OpenedPlugins {
  /** For the registry of a builder; others registered their plugins when they were opened. */
  readonly load: readonly string[]
  /** For a version compatible plan. */
  readonly serialize: readonly string[]
  /** Of those to load, what a plan does not hold: whoever runs it loads them again. */
  readonly apart: readonly string[]
  /** Name and SHA-256 of each, as they decide a plan. */
  readonly identity: { readonly plugins?: readonly PluginIdentity[]; readonly pluginsToSerialize?: readonly PluginIdentity[] }
}

interface PluginIdentity {
  readonly name: string
  readonly sha256: string
}

/**
 * Opens libraries of plugins, before anything is built, so that none of them is found wrong after minutes.
 *
 * @throws TENSORRT_OPTION_UNSUPPORTED on TensorRT-RTX; OPTION_INVALID for libraries that no plan would hold; TENSORRT_PLUGIN_LIBRARY_FAILED with the reason, the dynamic linker's words where
 * it does not load
 */
export async function openPlugins(
  { plugins, pluginsToSerialize, builder }: PluginOptions,
  library: Library,
): Promise<OpenedPlugins> {
  if (library.line === 'rtx' && (plugins ?? pluginsToSerialize) !== undefined) {
    const instead = 'Its networks take none: write the operator with others, or build with TensorRT 10 or 11.'
    throw unsupported(library, 'libraries of plugins', instead)
  }
  if (pluginsToSerialize !== undefined && builder?.versionCompatible !== true) {
    const reason = 'expected builder.versionCompatible beside it: other plans take no libraries along'
    throw engineryError('OPTION_INVALID', { caller: 'buildEngine', option: 'pluginsToSerialize', reason })
  }
  const given = await findFiles(plugins ?? [], library)
  const serialize = await findFiles(pluginsToSerialize ?? [], library)
  const load: string[] = []
  for (const path of new Set([...given, ...serialize])) {
    const kind = await library.addon.openPlugins(path).catch((error: unknown) => {
      throw failed(path, withoutPath((error as Error).message, path), library, error)
    })
    if (kind === 'creators' && given.includes(path)) load.push(path)
  }
  const identity = {
    ...(given.length > 0 && { plugins: await Promise.all(given.map(identify)) }),
    ...(serialize.length > 0 && { pluginsToSerialize: await Promise.all(serialize.map(identify)) }),
  }
  return { load, serialize, apart: load.filter((path) => !serialize.includes(path)), identity }
}

/** Absolute, and each once: TensorRT takes no library twice. */
async function findFiles(paths: readonly string[], library: Library): Promise<string[]> {
  const found = new Set<string>()
  for (const path of paths) {
    const file = await stat(path).catch((error: unknown) => {
      throw failed(path, explainFileFailure(error), library, error)
    })
    if (!file.isFile()) throw failed(path, 'it is no file', library)
    found.add(await realpath(resolve(path)))
  }
  return [...found]
}

async function identify(path: string): Promise<PluginIdentity> {
  const bytes = await readFile(path)
  return { name: basename(path), sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** What a registry of TensorRT's said of a library that the linker had loaded: its plugins are there already, for example. */
export function pluginFailure(error: Error, plugins: readonly string[] = [], library: Pick<Library, 'title'>) {
  const path = plugins.find((one) => error.message.startsWith(`${one}: `)) ?? plugins.join(', ')
  return failed(path, withoutPath(error.message, path), library, error)
}

/** The linker begins with the path, which the message has already. */
function withoutPath(text: string, path: string): string {
  return text.startsWith(`${path}: `) ? text.slice(path.length + 2) : text
}

function failed(path: string, reason: string, { title }: Pick<Library, 'title'>, cause?: unknown) {
  return engineryError('TENSORRT_PLUGIN_LIBRARY_FAILED', { path, reason, library: title }, { cause })
}
