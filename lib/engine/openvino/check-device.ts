import { engineryError } from '../../errors/enginery-error.js'
import { fromNative } from '../../errors/from-native.js'
import type { OpenVinoAddon } from '../../native/openvino-addon.js'
import type { OpenVinoCompileOptions } from './build-options.js'

const virtualDevices = new Set(['AUTO', 'HETERO', 'MULTI', 'BATCH'])

/** The physical devices a device string names: `AUTO:GPU.0,CPU` -> GPU.0, CPU. */
export function namedDevices(device: string): string[] {
  const [head, list] = device.split(':', 2) as [string, string | undefined]
  if (!virtualDevices.has(head)) return [device]
  return (list ?? '')
    .split(',')
    .filter((name) => name !== '' && !name.startsWith('-'))
    .map((name) => name.replace(/\(\d+\)$/, ''))
}

/**
 * Refuses a device that is not here, and a float precision that a named device would quietly replace: OpenVINO accepts
 * the hint 'f16' on processors without FP16 and computes in f32.
 */
export async function checkDevice(
  addon: OpenVinoAddon,
  options: Pick<OpenVinoCompileOptions, 'device' | 'precision'>,
): Promise<void> {
  const available = await addon.devices()
  const named = namedDevices(options.device)
  for (const device of named) if (!isAvailable(device, available)) throw await explainAbsence(addon, device, available)
  if (options.precision === 'fp32') return
  // A virtual device without a list may take any.
  for (const device of named.length > 0 ? named : available) {
    const capabilities = await deviceCapabilities(addon, device)
    if (!capabilities.includes(options.precision.toUpperCase())) {
      throw engineryError('PRECISION_UNSUPPORTED', { device, precision: options.precision, available: capabilities })
    }
  }
}

// A plugin that does not load says why (no libOpenCL); one that loads has found no device.
async function explainAbsence(addon: OpenVinoAddon, device: string, available: readonly string[]): Promise<Error> {
  try {
    await addon.pluginVersions(device)
  } catch (error) {
    return fromNative(error, { device, availableDevices: available })
  }
  return engineryError('DEVICE_NOT_FOUND', { device, available })
}

// `GPU` stands for the first of GPU.0, GPU.1, ...
function isAvailable(device: string, available: readonly string[]): boolean {
  if (available.includes(device)) return true
  if (device.endsWith('.0') && available.includes(device.slice(0, -2))) return true
  return !device.includes('.') && available.some((name) => name.startsWith(`${device}.`))
}

async function deviceCapabilities(addon: OpenVinoAddon, device: string): Promise<string[]> {
  try {
    const value = await addon.getProperty(device, 'OPTIMIZATION_CAPABILITIES')
    return Array.isArray(value) ? value.map(String) : String(value).split(/\s+/)
  } catch (error) {
    throw fromNative(error, { device })
  }
}
