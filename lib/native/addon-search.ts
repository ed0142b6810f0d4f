import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nodeGypBuild from 'node-gyp-build'
import { openVinoPackages, tensorrtPackage } from './platform.js'

export type AddonName = 'openvino' | 'kernels' | 'tensorrt-v10' | 'tensorrt-v11' | 'tensorrt-rtx'

/** A place where an addon may be. `locate` answers with its path, null where there is nothing, or throws. */
export interface AddonPlace {
  /** In words, for messages. */
  readonly name: string
  locate(): string | null
}

/** This package's own folder: `lib/` and `dist/` are equally deep in it. A bundle's folder once bundled. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

/** A checkout has the sources of the addons, an installed package has not. */
export const isCheckout = existsSync(join(packageRoot, 'native', 'openvino', 'CMakeLists.txt'))

/** Environment variables that name an addon's file and overrule everything else. */
export const addonVariables: Readonly<Record<AddonName, string>> = {
  openvino: 'ENGINERY_OPENVINO_ADDON',
  kernels: 'ENGINERY_KERNELS_ADDON',
  'tensorrt-v10': 'ENGINERY_TENSORRT_V10_ADDON',
  'tensorrt-v11': 'ENGINERY_TENSORRT_V11_ADDON',
  'tensorrt-rtx': 'ENGINERY_TENSORRT_RTX_ADDON',
}

/**
 * Where an addon is looked for, in this order: the file that the environment names (then nothing else), this package's
 * own `native/` folder (builds of a checkout; prebuilt kernels), the platform packages. A checkout's own build goes first so that
 * an installed package never hides what was just compiled; an installed enginery has no such build.
 */
export function listAddonPlaces(addon: AddonName, environment: NodeJS.ProcessEnv = process.env): AddonPlace[] {
  const variable = addonVariables[addon]
  const file = environment[variable]
  if (file !== undefined && file !== '') {
    return [{ name: `environment variable ${variable}`, locate: () => (existsSync(file) ? file : null) }]
  }
  const places: AddonPlace[] = [ownFolder(addon)]
  if (addon === 'openvino') places.push(...openVinoPackages.map((name) => platformPackage(name)))
  if (addon.startsWith('tensorrt-')) places.push(platformPackage(tensorrtPackage, addon.slice('tensorrt-'.length)))
  return places
}

/** Its root in `native/`; addons of one source, `tensorrt-v10` and its like, lie below the folder of that source. */
function folderOf(addon: AddonName): string {
  return addon.replace('-', '/')
}

function ownFolder(addon: AddonName): AddonPlace {
  const folder = join(packageRoot, 'native', folderOf(addon))
  return { name: folder, locate: () => findBuild(folder) }
}

function platformPackage(name: string, folder = ''): AddonPlace {
  return {
    name: `package ${name}`,
    locate: () => findInPackage(name, import.meta.url, readVersion(join(packageRoot, 'package.json')), folder),
  }
}

/**
 * Path of the addon in an installed package, as seen from a module; null where the package is not installed.
 *
 * @param version the version it must have; null accepts any
 * @param folder of the addon in the package, where it holds several
 */
export function findInPackage(name: string, from: string, version: string | null, folder = ''): string | null {
  const manifest = resolveManifest(name, from)
  if (manifest === null) return null
  refuseOtherVersion(name, readVersion(manifest), version)
  const found = findBuild(join(dirname(manifest), folder))
  if (found === null) throw new Error(`${dirname(manifest)} holds no addon: the installation is incomplete`)
  return found
}

function resolveManifest(name: string, from: string): string | null {
  try {
    return createRequire(from).resolve(`${name}/package.json`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

// Both sides of the typed surface come from one commit; another pairing would fail in stranger ways later.
function refuseOtherVersion(name: string, theirs: string | null, ours: string | null): void {
  if (ours !== null && theirs !== ours) {
    throw new Error(`${name} is version ${theirs ?? 'unknown'}, enginery is ${ours}: both must be the same`)
  }
}

function readVersion(manifest: string): string | null {
  try {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; version?: string }
    // Above a bundle lies the manifest of an application, which says nothing about us.
    return name === 'enginery' || name?.startsWith('@enginery/') ? (version ?? null) : null
  } catch {
    return null
  }
}

/** True where this code was moved into a bundle, away from its own package.json. */
export function isBundled(): boolean {
  return readVersion(join(packageRoot, 'package.json')) === null
}

function findBuild(root: string): string | null {
  try {
    return nodeGypBuild.path(root)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('No native build was found')) return null
    throw error
  }
}
