import { openTensorRt, productTitles } from '../../engine/tensorrt/open-library.js'
import { isEngineryError } from '../../errors/enginery-error.js'
import { tryLoadTensorRt } from '../../native/load-addon.js'
import type { NativeCudaDevice, NativeCudaDriver, TensorRtLine } from '../../native/tensorrt-addon.js'
import { driverLibrary, findTensorRt, lineOf, type TensorRtInstallation } from '../../native/tensorrt-search.js'

/** A copy of TensorRT's libraries, and what can be done with it here. */
export interface TensorRtLibraryReport {
  readonly product: 'tensorrt' | 'tensorrt-rtx'
  /** Lean and dispatch runtimes run plans and build none. */
  readonly kind: 'full' | 'lean' | 'dispatch'
  readonly path: string
  /** Where it was found, in words. */
  readonly place: string
  /** Null where it was not opened. */
  readonly version: string | null
  /** What it can do here. */
  readonly ability: string
  /** Why it cannot be used, and what to do. */
  readonly reason: string | null
  readonly cure: string | null
}

export interface TensorRtReport {
  readonly libraries: readonly TensorRtLibraryReport[]
  /** NVIDIA's driver; null where there is none that works. */
  readonly driver: { readonly version: string } | null
  /** Why there is no device. */
  readonly driverReason: string | null
  readonly devices: readonly NativeCudaDevice[]
  /** Why there is no addon over TensorRT, and what to do; null where there is one. */
  readonly addonReason: string | null
  readonly addonCure: string | null
}

const lines: readonly TensorRtLine[] = ['v10', 'v11', 'rtx']

/** Looks for TensorRT and for NVIDIA's driver. Never throws, and calls nothing that needs a device. */
export async function probeTensorRt(): Promise<TensorRtReport> {
  const addons = lines.map((line) => tryLoadTensorRt(line))
  const loaded = addons.find((one) => one.addon !== undefined)?.addon
  const failed = loaded === undefined ? addons[0] : undefined
  const driver: NativeCudaDriver = loaded
    ? await loaded.driver(driverLibrary).catch((error: Error) => ({ reason: error.message }))
    : { reason: 'nobody asked it: there is no addon over TensorRT' }
  const opened = new Set<TensorRtLine>()
  const libraries: TensorRtLibraryReport[] = []
  for (const installation of findTensorRt()) libraries.push(await probeLibrary(installation, driver, opened))
  return {
    libraries,
    driver: driver.version === undefined ? null : { version: formatDriverVersion(driver.version) },
    driverReason: driver.reason ?? null,
    devices: driver.devices ?? [],
    addonReason: failed && 'reason' in failed ? failed.reason.message : null,
    addonCure: failed && 'reason' in failed ? failed.reason.cure : null,
  }
}

// A process opens one library of a line: the first is tried, the others are only listed.
async function probeLibrary(
  installation: TensorRtInstallation,
  driver: NativeCudaDriver,
  opened: Set<TensorRtLine>,
): Promise<TensorRtLibraryReport> {
  const { product, kind, core: path, place, major } = installation
  const line = lineOf(installation)
  const facts = { product, kind, path, place }
  const ability = describeAbility(installation, (driver.devices?.length ?? 0) > 0)
  if (line === null) {
    const reason = `enginery has no addon for ${productTitles[product]} ${major ?? 'of an unknown version'}`
    return { ...facts, version: null, ability: 'nothing', reason, cure: 'Install TensorRT 10 or 11, or TensorRT-RTX 1.' }
  }
  if (opened.has(line)) return { ...facts, version: null, ability: `${ability} (not tried)`, reason: null, cure: null }
  opened.add(line)
  try {
    const { version } = await openTensorRt(path)
    return { ...facts, version, ability, reason: null, cure: null }
  } catch (error) {
    const cure = isEngineryError(error) ? error.cure : null
    return { ...facts, version: null, ability: 'nothing', reason: (error as Error).message, cure }
  }
}

function describeAbility({ product, kind }: TensorRtInstallation, hasDevice: boolean): string {
  const where = hasDevice ? '' : ' on a GPU, and there is none here'
  if (kind !== 'full') return `runs version compatible plans${where}`
  if (product === 'tensorrt-rtx') {
    return hasDevice ? 'builds and runs plans' : 'builds plans for GPUs that are elsewhere; running them needs a GPU'
  }
  return `builds and runs plans${where}`
}

/** 13000 is 13.0, 12080 is 12.8. */
function formatDriverVersion(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`
}
