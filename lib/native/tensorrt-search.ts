import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { isCheckout, packageRoot } from './addon-search.js'
import type { TensorRtLine } from './tensorrt-addon.js'

export type TensorRtProduct = 'tensorrt' | 'tensorrt-rtx'

/** A copy of TensorRT's libraries that was found. */
export interface TensorRtInstallation {
  readonly product: TensorRtProduct
  /** Lean and dispatch runtimes run plans and build none. */
  readonly kind: 'full' | 'lean' | 'dispatch'
  /** From the file's name; null where it does not say. */
  readonly major: number | null
  readonly core: string
  readonly parser: string | null
  readonly plugins: string | null
  /** In words, for messages. */
  readonly place: string
}

/** A folder that may hold libraries. */
export interface LibraryFolder {
  readonly place: string
  readonly folder: string
}

/** Driver's library, as the dynamic linker finds it: it comes with the driver, never with us. */
export const driverLibrary = process.platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1'

const corePattern =
  process.platform === 'win32'
    ? /^(nvinfer|nvinfer_lean|nvinfer_dispatch|tensorrt_rtx)_(\d+)(?:_\d+)*\.dll$/
    : /^lib(nvinfer|nvinfer_lean|nvinfer_dispatch|tensorrt_rtx)\.so(?:\.(\d+)(?:\.\d+)*)?$/

/** Major versions that there are addons for. */
const lines: Record<TensorRtProduct, Record<number, TensorRtLine>> = {
  tensorrt: { 10: 'v10', 11: 'v11' },
  'tensorrt-rtx': { 1: 'rtx' },
}

/** Which addon fits a library; null where there is none for its major version. */
export function lineOf({ product, major }: Pick<TensorRtInstallation, 'product' | 'major'>): TensorRtLine | null {
  return major === null ? null : (lines[product][major] ?? null)
}

/**
 * Folders in which TensorRT's libraries are looked for, in this order: NVIDIA's SDK as TENSORRT_ROOT names it, folders of
 * LD_LIBRARY_PATH, the system's folders, Python's packages, and what `npm run setup -- --tensorrt` fetched.
 */
export function listLibraryFolders(environment: NodeJS.ProcessEnv = process.env): LibraryFolder[] {
  const folders: LibraryFolder[] = []
  const add = (place: string, ...paths: string[]) => {
    for (const folder of paths) folders.push({ place, folder })
  }
  const root = environment.TENSORRT_ROOT
  if (root) add('TENSORRT_ROOT', join(root, 'lib'), join(root, 'lib64'), join(root, 'targets/x86_64-linux-gnu/lib'), root)
  const searched = (environment.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean)
  add('LD_LIBRARY_PATH', ...searched)
  if (process.platform === 'linux') {
    const gnu = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? process.arch
    add('the system', `/usr/lib/${gnu}`, '/usr/lib64', '/usr/local/lib', '/usr/local/lib64', '/usr/lib')
    add('the system', '/usr/local/tensorrt/lib', '/opt/tensorrt/lib')
  }
  for (const folder of listPythonFolders(environment)) {
    const names = ['tensorrt_libs', 'tensorrt_rtx_libs', 'tensorrt_lean_libs', 'tensorrt_dispatch_libs']
    add(`Python's packages`, ...names.map((name) => join(folder, name)))
  }
  if (isCheckout) {
    const fetched = join(packageRoot, '.deps', 'tensorrt')
    add('npm run setup -- --tensorrt', ...['10.15', 'rtx-1.7', 'lean-10.15', 'lean-11.4'].map((name) => join(fetched, name)))
  }
  return folders
}

function listPythonFolders(environment: NodeJS.ProcessEnv): string[] {
  const prefixes = [environment.VIRTUAL_ENV, environment.CONDA_PREFIX, join(homedir(), '.local'), '/usr/local', '/usr']
  const found: string[] = []
  for (const prefix of prefixes.filter((one) => one !== undefined && one !== '') as string[]) {
    for (const python of listNames(join(prefix, 'lib'))) {
      if (!/^python3(\.\d+)?$/.test(python)) continue
      for (const name of ['site-packages', 'dist-packages']) found.push(join(prefix, 'lib', python, name))
    }
  }
  return found
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Every installation that is here, in the order of the folders; a library reached by several names appears once. */
export function findTensorRt(folders: readonly LibraryFolder[] = listLibraryFolders()): TensorRtInstallation[] {
  const found: TensorRtInstallation[] = []
  const seen = new Set<string>()
  for (const { place, folder } of folders) {
    // The longest name first: it says most about the version.
    for (const name of listNames(folder).sort((a, b) => b.length - a.length)) {
      if (!corePattern.test(name)) continue
      const installation = describeLibrary(join(resolve(folder), name), place)
      if (installation === null || seen.has(realPath(installation.core))) continue
      seen.add(realPath(installation.core))
      found.push(installation)
    }
  }
  return found
}

/** The installation that a library belongs to; null for a file that is none of TensorRT's. */
export function describeLibrary(core: string, place: string): TensorRtInstallation | null {
  const match = corePattern.exec(basename(core)) ?? corePattern.exec(basename(realPath(core)))
  if (match === null) return null
  const name = match[1] as string
  const version = match[2] ?? corePattern.exec(basename(realPath(core)))?.[2]
  const product: TensorRtProduct = name === 'tensorrt_rtx' ? 'tensorrt-rtx' : 'tensorrt'
  const kind = name.endsWith('_lean') ? 'lean' : name.endsWith('_dispatch') ? 'dispatch' : 'full'
  const beside = (stem: string) => (kind === 'full' ? siblingOf(core, stem, version) : null)
  return {
    product,
    kind,
    major: version === undefined ? null : Number(version),
    core,
    parser: beside(product === 'tensorrt-rtx' ? 'tensorrt_onnxparser_rtx' : 'nvonnxparser'),
    plugins: product === 'tensorrt-rtx' ? null : beside('nvinfer_plugin'),
    place,
  }
}

function siblingOf(core: string, stem: string, major: string | undefined): string | null {
  const folder = resolve(core, '..')
  const names =
    process.platform === 'win32'
      ? [`${stem}_${major}.dll`]
      : [major === undefined ? '' : `lib${stem}.so.${major}`, `lib${stem}.so`].filter(Boolean)
  const name = names.find((one) => existsSync(join(folder, one)))
  return name === undefined ? null : join(folder, name)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
