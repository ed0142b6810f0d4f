import { fromNative } from '../../errors/from-native.js'
import { loadKernels, loadOpenVino } from '../../native/load-addon.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { EngineIdentity } from '../manifest.js'
import type { OpenVinoCompileOptions } from './build-options.js'
import { namedDevices } from './check-device.js'

/** What of an identity this machine and this installation decide. */
export type LocalIdentity = Pick<EngineIdentity, 'backend' | 'versions' | 'devices' | 'cpuFeatures'>

// Properties that make one device's engines useless on another of the same name.
const decisiveProperties = ['DEVICE_ARCHITECTURE', 'GPU_UARCH_VERSION', 'GPU_EXECUTION_UNITS_COUNT'] as const

/**
 * Versions, devices and processor features as they are here.
 *
 * Engines for CPUs depend on the processor's features, because kernels are chosen when a model is compiled. Virtual
 * devices without a list (`AUTO`) may take any device that is here, so all are named.
 */
export async function localIdentity(device: string): Promise<LocalIdentity> {
  const addon = loadOpenVino()
  try {
    const named = namedDevices(device)
    const names = named.length > 0 ? named : await addon.devices()
    const devices = await Promise.all(
      names.map(async (name) => {
        const properties: Record<string, string> = {}
        for (const property of decisiveProperties) {
          const value = await addon.getProperty(name, property).catch(() => undefined)
          if (value !== undefined) properties[property] = String(value)
        }
        const fullName = await addon.getProperty(name, 'FULL_DEVICE_NAME').catch(() => name)
        return { name, fullName: String(fullName), properties }
      }),
    )
    return {
      backend: 'openvino',
      versions: { enginery: readPackageVersion(), openvino: addon.version().buildNumber },
      devices,
      cpuFeatures: cpuFeatureNames(),
    }
  } catch (error) {
    throw fromNative(error, { device })
  }
}

/** Names of the features that this processor has, sorted. */
function cpuFeatureNames(): string[] {
  return Object.entries(loadKernels().cpuFeatures())
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .sort()
}

/** The options that decide an engine's bytes, as they stand in manifests. */
export function identityOptions(options: OpenVinoCompileOptions): EngineIdentity['options'] {
  const { device, precision, shapes, preprocess, hints, properties } = options
  return JSON.parse(JSON.stringify({ device, precision, shapes, preprocess, hints, properties }))
}
