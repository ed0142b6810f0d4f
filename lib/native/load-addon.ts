import { createRequire } from 'node:module'
import { type EngineryError, type EngineryErrorRest, engineryError } from '../errors/enginery-error.js'
import { type AddonName, type AddonPlace, addonVariables, isBundled, isCheckout, listAddonPlaces } from './addon-search.js'
import { adviseOnAbsence, explainLoadFailure, type LoadCircumstances } from './explain-load-failure.js'
import type { KernelsAddon } from './kernels-addon.js'
import type { OpenVinoAddon } from './openvino-addon.js'
import {
  detectCLibrary,
  openVinoPackages,
  platformName,
  publishedPlatforms,
  readBinaryFacts,
  tensorrtPackage,
} from './platform.js'
import type { TensorRtAddon, TensorRtLine } from './tensorrt-addon.js'

/** One place that was tried. */
export interface AddonAttempt {
  /** In words, for example `package @enginery/openvino-linux-x64`. */
  readonly place: string
  /** The file, where there was one. */
  readonly path: string | null
  readonly outcome: 'loaded' | 'absent' | 'failed'
  /** Why it failed, as the system said it. */
  readonly error: string | null
}

export interface LoadedAddon<Addon extends object> {
  readonly addon: Addon
  readonly path: string
  readonly tried: readonly AddonAttempt[]
}

/** Not loaded: why, as an error that carries the cure, and every place tried. */
export interface UnloadedAddon {
  readonly addon?: undefined
  readonly reason: EngineryError
  readonly tried: readonly AddonAttempt[]
}

interface Addons {
  openvino: OpenVinoAddon
  kernels: KernelsAddon
  'tensorrt-v10': TensorRtAddon
  'tensorrt-v11': TensorRtAddon
  'tensorrt-rtx': TensorRtAddon
}

/** The public function that the stack of a failure starts at. */
type Caller = NonNullable<EngineryErrorRest['caller']>

// Per thread, as modules are. A failure is not remembered: what was missing may be there at the next call.
const loaded: { [Name in AddonName]?: LoadedAddon<Addons[Name]> } = {}

/**
 * The addon over OpenVINO, loaded on first use.
 *
 * @throws ADDON_NOT_FOUND, ADDON_LOAD_FAILED with every place tried and the cure
 */
export function loadOpenVino(): OpenVinoAddon {
  return loadOrThrow('openvino', loadOpenVino)
}

/** As {@link loadOpenVino}, for the addon that needs no engine. */
export function loadKernels(): KernelsAddon {
  return loadOrThrow('kernels', loadKernels)
}

/** As {@link loadOpenVino}, for the addon of one line of TensorRT, which loads where there is no TensorRT. */
export function loadTensorRt(line: TensorRtLine): TensorRtAddon {
  return loadOrThrow(`tensorrt-${line}`, loadTensorRt)
}

/** As {@link loadOpenVino}, for callers that go on without it. */
export function tryLoadOpenVino(): LoadedAddon<OpenVinoAddon> | UnloadedAddon {
  return tryLoad('openvino', tryLoadOpenVino)
}

/** As {@link loadTensorRt}, for callers that go on without it. */
export function tryLoadTensorRt(line: TensorRtLine): LoadedAddon<TensorRtAddon> | UnloadedAddon {
  return tryLoad(`tensorrt-${line}`, tryLoadTensorRt)
}

/** As {@link loadKernels}, for callers that go on without it. */
export function tryLoadKernels(): LoadedAddon<KernelsAddon> | UnloadedAddon {
  return tryLoad('kernels', tryLoadKernels)
}

function loadOrThrow<Name extends AddonName>(name: Name, caller: Caller): Addons[Name] {
  const result = tryLoad(name, caller)
  if ('reason' in result) throw result.reason
  return result.addon
}

function tryLoad<Name extends AddonName>(name: Name, caller: Caller): LoadedAddon<Addons[Name]> | UnloadedAddon {
  const known = loaded[name] as LoadedAddon<Addons[Name]> | undefined
  if (known !== undefined) return known
  const result = tryPlaces<Addons[Name]>(name, listAddonPlaces(name), caller)
  if (result.addon !== undefined) (loaded as Record<string, unknown>)[name] = result
  return result
}

function tryPlaces<Addon extends object>(
  name: AddonName,
  places: readonly AddonPlace[],
  caller: Caller,
): LoadedAddon<Addon> | UnloadedAddon {
  const tried: AddonAttempt[] = []
  let cause: unknown
  for (const place of places) {
    let path: string | null = null
    try {
      path = place.locate()
      if (path === null) {
        tried.push({ place: place.name, path, outcome: 'absent', error: null })
        continue
      }
      const addon = openAddon(path) as Addon
      tried.push({ place: place.name, path, outcome: 'loaded', error: null })
      return { addon, path, tried }
    } catch (error) {
      cause ??= error
      tried.push({ place: place.name, path, outcome: 'failed', error: error instanceof Error ? error.message : String(error) })
    }
  }
  return { reason: describeFailure(name, tried, cause, caller), tried }
}

function openAddon(path: string): unknown {
  const { architecture, complete } = readBinaryFacts(path)
  if (architecture !== null && architecture !== process.arch) {
    throw new Error(`${path} is for machine ${architecture}, this Node is ${process.arch}`)
  }
  if (!complete) throw new Error(`${path} is cut short: it ends before its own section table`)
  return createRequire(import.meta.url)(path)
}

function describeFailure(name: AddonName, tried: readonly AddonAttempt[], cause: unknown, caller: Caller): EngineryError {
  const here: LoadCircumstances = {
    addon: name,
    platform: platformName,
    publishedPlatforms,
    cLibrary: detectCLibrary(),
    isCheckout,
    isBundled: isBundled(),
    variable: process.env[addonVariables[name]] ? addonVariables[name] : null,
    platformPackage: name.startsWith('tensorrt-') ? tensorrtPackage : (openVinoPackages[0] as string),
  }
  const failed = tried.find((attempt) => attempt.outcome === 'failed')
  const failure = failed && explainLoadFailure(failed.error ?? '', here)
  const params = {
    addon: `${name}.node`,
    platform: platformName,
    tried: tried.map(describeAttempt).join('\n'),
    advice: failure?.advice ?? adviseOnAbsence(here),
  }
  const details = { tried, kind: failure?.kind ?? 'absent' }
  return failed === undefined
    ? engineryError('ADDON_NOT_FOUND', params, { details, caller })
    : engineryError('ADDON_LOAD_FAILED', params, { details, cause, caller })
}

function describeAttempt({ place, path, error }: AddonAttempt): string {
  const file = path === null || place === path ? '' : ` (${path})`
  return `  - ${place}${file}: ${error?.trim() ?? 'nothing there'}`
}
