import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { OpenedTensorRt } from '../../engine/tensorrt/open-library.js'
import { TimingCacheFile } from '../../engine/tensorrt/timing-cache-file.js'
import { isEngineryError } from '../../errors/enginery-error.js'
import { logSafely, silentLogger } from '../../logging/logger.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** What a build begins with, and where what it measured goes. */
export interface BuildTimings {
  readonly bytes: Uint8Array
  add(measured: ArrayBuffer | undefined): Promise<void>
}

/**
 * The timing cache of a build: the file that was named, or one of the user's for this library and this GPU. Undefined where
 * none was wanted, where nothing is measured (TensorRT-RTX), and by default where there is no GPU to measure on.
 *
 * @throws FILE_NOT_READ; TIMING_CACHE_INVALID, TIMING_CACHE_BUSY and FILE_NOT_WRITTEN only for a file that was named
 */
export async function openTimingCache(
  { timingCache, device, signal, logger = silentLogger }: BuildTensorRtSettings,
  library: OpenedTensorRt,
): Promise<BuildTimings | undefined> {
  const gpu = library.driver.devices?.[device]
  if (timingCache === false || library.line === 'rtx') return undefined
  if (timingCache === true && gpu === undefined) return undefined
  const identity = timingIdentity(library, device)
  const path = timingCache === true ? defaultPath(identity) : timingCache
  if (timingCache === true) await mkdir(dirname(path), { recursive: true }).catch(() => undefined)
  const file = new TimingCacheFile({ path, identity, signal, logger })
  const { bytes } = await file.read()
  return {
    bytes,
    async add(measured) {
      if (measured === undefined) return
      const merge = async (stored: Uint8Array, added: Uint8Array) => {
        const combined = await library.addon.combineTimingCaches(stored, added, device)
        return combined && new Uint8Array(combined)
      }
      try {
        await file.add(new Uint8Array(measured), merge)
      } catch (error) {
        // Nobody asked for the file of the user's: a plan that was built is worth more.
        if (timingCache !== true || !isEngineryError(error) || error.code === 'ABORTED') throw error
        logSafely(logger, 'warn', `timing cache ${path}: ${error.message}`)
      }
    },
  }
}

/** What measurements depend on. */
export function timingIdentity({ installation, version, driver }: OpenedTensorRt, device: number): Record<string, string> {
  const gpu = driver.devices?.[device]
  const shown = gpu ? `${gpu.name}, compute capability ${gpu.computeCapability}` : 'none'
  return { product: installation.product, version, device: shown }
}

function defaultPath(identity: Readonly<Record<string, string>>): string {
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
  return join(root, 'enginery', 'timing', `${identity.product}-${identity.version}-${name}.cache`)
}
