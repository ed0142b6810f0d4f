/**
 * The stand-in for TensorRT's builder (native/test/stand_in_caller): it calls our calibrators from a thread of its own, in
 * the order that TensorRT documents, over a stand-in for NVIDIA's driver. No GPU and nothing of NVIDIA's but headers is needed.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { NativeCalibration, NativeCalibrationResult } from '../../../lib/native/tensorrt-calibration.js'

export interface CallerOptions {
  readonly calibration: NativeCalibration
  /** Instead of the last input's name. */
  readonly askFor?: string
  /** Stops in the middle, as a builder does that fails. */
  readonly mostBatches?: number
  /** Milliseconds that it spends with each batch. */
  readonly work?: number
  readonly cacheToWrite?: string
  /** Bytes of batches are not brought back. */
  readonly dropBytes?: boolean
}

export interface CallerReport {
  readonly algorithm: number
  readonly interface: string
  readonly batchSize: number
  readonly cacheRead: string
  readonly histogramsRead: string
  readonly quantile: number
  readonly regressionCutoff: number
  /** Of the stand-in driver; empty where there was none. */
  readonly fault: string
  /** Milliseconds of each call of getBatch. */
  readonly waits: number[]
  /** Bytes by input, as they lay on the "device". */
  readonly batches: Record<string, ArrayBuffer>[]
  readonly calibration: NativeCalibrationResult
}

interface StandInAddon {
  calibrate(options: CallerOptions & { driver: string }): { done: Promise<CallerReport>; cancel(): void }
  counts(driver: string): Record<'deviceBlocks' | 'pinnedBlocks' | 'contexts' | 'uploads' | 'unpinnedUploads' | 'running', number>
  failDriver(driver: string, name: string, goodCalls: number, result: number): void
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const isSanitized = Boolean(process.env.ENGINERY_SANITIZED)
const headers = process.env.ENGINERY_TENSORRT_HEADERS ?? `${root}.deps/tensorrt/headers/v10`
const build = `${root}.deps/${isSanitized ? 'stand-in-caller-sanitized' : 'stand-in-caller'}`

export const standInAddon = `${build}/stand_in_caller.node`
export const standInDriver = `${build}/libstand_in_driver.so`

/** Why there is no stand-in; null where it can be built. */
export const missing = existsSync(`${headers}/NvInfer.h`)
  ? null
  : `the headers of TensorRT 10 are not in ${headers} (npm run setup -- --tensorrt=headers-10)`

if (missing !== null && process.env.CI) throw new Error(`CI must not skip the calibrators: ${missing}`)
if (missing !== null) console.log(`calibrators with a stand-in caller: skipped, ${missing}`)

/** Compiles what has changed. */
export async function buildStandIn(): Promise<void> {
  // A sanitizer that is loaded into Node has no business in the compiler.
  const { LD_PRELOAD: _, ...env } = process.env
  const run = (...args: string[]) => promisify(execFile)('cmake', args, { env })
  const how = isSanitized ? ['-DENGINERY_SANITIZE=ON', '-DCMAKE_BUILD_TYPE=RelWithDebInfo'] : []
  await run('-S', `${root}native/test/stand_in_caller`, '-B', build, `-DENGINERY_TENSORRT_HEADERS=${headers}`, ...how)
  await run('--build', build, '--parallel', String(availableParallelism()))
}

export function loadStandIn() {
  const addon = createRequire(import.meta.url)(standInAddon) as StandInAddon
  return {
    start: (options: CallerOptions) => addon.calibrate({ ...options, driver: standInDriver }),
    counts: () => addon.counts(standInDriver),
    /** The named function fails after so many calls; with an empty name none does. */
    failDriver: (name: string, goodCalls = 0, result = 2) => addon.failDriver(standInDriver, name, goodCalls, result),
  }
}
