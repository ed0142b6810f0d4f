import { engineryError } from '../../errors/enginery-error.js'
import { loadTensorRt } from '../../native/load-addon.js'
import { platformName } from '../../native/platform.js'
import type { NativeCudaDriver, NativeTensorRtNames, TensorRtAddon, TensorRtLine } from '../../native/tensorrt-addon.js'
import {
  describeLibrary,
  driverLibrary,
  findTensorRt,
  lineOf,
  listLibraryFolders,
  type TensorRtInstallation,
  type TensorRtProduct,
} from '../../native/tensorrt-search.js'

/** A TensorRT that this process uses from now on. */
export interface OpenedTensorRt {
  readonly addon: TensorRtAddon
  readonly line: TensorRtLine
  readonly installation: TensorRtInstallation
  /** `10.15.1.29` */
  readonly version: string
  /** For messages: `TensorRT 10.15.1.29`. */
  readonly title: string
  readonly names: NativeTensorRtNames
  readonly driver: NativeCudaDriver
}

export const productTitles: Record<TensorRtProduct, string> = { tensorrt: 'TensorRT', 'tensorrt-rtx': 'TensorRT-RTX' }

const supported = 'TensorRT 10 and 11 and TensorRT-RTX 1'

/**
 * Finds a TensorRT, loads the addon that was compiled for it, and opens it. The first library of a line that is opened is
 * the only one of that line in this process.
 *
 * @param choice `tensorrt`, `tensorrt-rtx`, or the path of a core library
 * @throws TENSORRT_NOT_FOUND, TENSORRT_VERSION_UNSUPPORTED, TENSORRT_LIBRARY_FAILED, TENSORRT_LIBRARY_BUSY; ADDON_NOT_FOUND,
 * ADDON_LOAD_FAILED
 */
export async function openTensorRt(choice: string): Promise<OpenedTensorRt> {
  const installation = chooseInstallation(choice)
  const line = lineOf(installation)
  if (line === null) throw unsupported(installation)
  const addon = loadTensorRt(line)
  // Before any call into TensorRT: it asks the driver in ways that end badly where there is none.
  const driver = await addon.driver(driverLibrary)
  const { core, parser, plugins } = installation
  try {
    const library = await addon.open({ core, ...(parser && { parser }), ...(plugins && { plugins }) })
    const title = `${productTitles[installation.product]} ${library.version}`
    return { addon, line, installation, version: library.version, title, names: addon.names(), driver }
  } catch (error) {
    throw asOpenFailure(installation, error)
  }
}

function chooseInstallation(choice: string): TensorRtInstallation {
  if (choice !== 'tensorrt' && choice !== 'tensorrt-rtx') {
    const named = describeLibrary(choice, 'option library')
    if (named !== null) return named
    const reason =
      'expected "tensorrt", "tensorrt-rtx", or the path of a core library: libnvinfer.so.10, libtensorrt_rtx.so.1, or their like'
    throw engineryError('TENSORRT_LIBRARY_FAILED', { path: choice, reason })
  }
  const all = findTensorRt()
  const fitting = all.filter(({ product }) => product === choice)
  // One that builds before one that only runs.
  const [best] = [...fitting].sort((a, b) => rankOf(a) - rankOf(b))
  if (best === undefined) throw notFound(choice, all)
  return best
}

function rankOf(installation: TensorRtInstallation): number {
  return (lineOf(installation) === null ? 2 : 0) + (installation.kind === 'full' ? 0 : 1)
}

function notFound(product: TensorRtProduct, all: readonly TensorRtInstallation[]) {
  const title = productTitles[product]
  const tried = listLibraryFolders().map(({ place, folder }) => `  - ${folder} (${place})`)
  const other = all.find((one) => one.product !== product)
  const install = product === 'tensorrt-rtx' ? 'pip install tensorrt-rtx-cu13-libs' : `NVIDIA's packages, or pip install tensorrt`
  const advice = [
    `Install it (${install}), or set TENSORRT_ROOT to the folder of NVIDIA's SDK.`,
    ...(other ? [`${productTitles[other.product]} is here (${other.core}): library: "${other.product}".`] : []),
    ...(platformName === 'linux-x64' ? [] : [`Ready-made addons over TensorRT are published for linux-x64 alone.`]),
  ].join(' ')
  return engineryError('TENSORRT_NOT_FOUND', { product: title, tried: tried.join('\n'), advice })
}

function unsupported({ product, major, core }: TensorRtInstallation) {
  const found = `${productTitles[product]} ${major ?? 'of an unknown version'}`
  return engineryError('TENSORRT_VERSION_UNSUPPORTED', { path: core, found, supported })
}

function asOpenFailure(installation: TensorRtInstallation, error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string }
  const path = installation.core
  if (code === 'TRT_OTHER_LIBRARY') {
    return engineryError('TENSORRT_LIBRARY_BUSY', { loaded: message, path }, { cause: error })
  }
  if (code === 'TRT_VERSION') {
    return engineryError('TENSORRT_VERSION_UNSUPPORTED', { path, found: message, supported }, { cause: error })
  }
  return engineryError('TENSORRT_LIBRARY_FAILED', { path, reason: message }, { cause: error })
}

/** NVIDIA's own switch, which lets its builder go through everything that needs no GPU. */
const cpuOnly = /(^|\s)--cpu_only=1(\s|$)/

/**
 * Refuses what cannot build here, before anything of a builder is made.
 *
 * @throws TENSORRT_NO_BUILDER, TENSORRT_NO_DEVICE, DEVICE_NOT_FOUND
 */
export function requireBuilder({ installation, driver, version, line }: OpenedTensorRt, device: number): void {
  if (installation.kind !== 'full' || installation.parser === null) {
    throw engineryError('TENSORRT_NO_BUILDER', { path: installation.core })
  }
  const count = driver.devices?.length ?? 0
  if (count === 0) {
    // TensorRT-RTX builds ahead of time; the rest measures on the device.
    if (line === 'rtx' || cpuOnly.test(process.env.TRT_INTERNAL_OPTIONS ?? '')) return
    throw engineryError('TENSORRT_NO_DEVICE', { version, reason: driver.reason ?? 'the driver sees no device' })
  }
  if (device >= count) {
    const available = (driver.devices ?? []).map(({ name }, index) => `${index} (${name})`)
    throw engineryError('DEVICE_NOT_FOUND', { device: String(device), available })
  }
}
