import { readPackageVersion } from '../../native/package-version.js'
import type { EngineIdentity } from '../manifest.js'
import type { TensorRtCompileOptions, TensorRtPrecision } from './build-options.js'
import type { OpenedTensorRt } from './open-library.js'
import type { OpenedPlugins } from './plugin-libraries.js'

/** What of an identity the library and the GPU decide. */
export type TensorRtLocalIdentity = Pick<EngineIdentity, 'backend' | 'versions' | 'devices' | 'cpuFeatures'>

/**
 * Library and devices that a plan is for. A plan of TensorRT is for the very GPU that it was built on; one of TensorRT-RTX for
 * compute capabilities, which need not be here.
 */
export function tensorrtIdentity(library: OpenedTensorRt, options: TensorRtCompileOptions): TensorRtLocalIdentity {
  const { installation, version, driver } = library
  const versions = { enginery: readPackageVersion(), [installation.product]: version }
  const here = driver.devices?.[options.device]
  const capabilities = options.builder.computeCapabilities
  const devices =
    capabilities !== undefined
      ? capabilities.map((capability) => describe(`compute capability ${capability}`, capability))
      : installation.product === 'tensorrt-rtx'
        ? // Where none is named, it builds for those of its version, whatever GPU is here.
          [describe("GPUs that TensorRT-RTX builds for by default: Ampere's and later", 'default')]
        : [here ? describe(here.name, here.computeCapability) : describe('no device', 'none')]
  return { backend: 'tensorrt', versions, devices, cpuFeatures: [] }
}

function describe(fullName: string, computeCapability: string): EngineIdentity['devices'][number] {
  return { name: 'GPU', fullName, properties: { computeCapability } }
}

/** The options that decide a plan's bytes, as they stand in manifests: libraries of plugins by what is in them. */
export function tensorrtIdentityOptions(
  options: TensorRtCompileOptions,
  precision: TensorRtPrecision,
  product: string,
  plugins: OpenedPlugins['identity'],
): EngineIdentity['options'] {
  const { device: _, library: __, ...decisive } = options
  return JSON.parse(JSON.stringify({ ...decisive, ...plugins, product, precision }))
}
