import type { DeviceInfo } from '../../engine/backend.js'
import { openvinoDevices } from '../../engine/openvino/openvino-backend.js'
import { fromNative } from '../../errors/from-native.js'
import type { OpenVinoAddon } from '../../native/openvino-addon.js'

/** Something that executes models: a plugin of OpenVINO's and what it found. */
export interface PluginReport {
  /** `CPU`, `GPU`, `AUTO`, ... */
  readonly name: string
  /** Null where the plugin does not work here. */
  readonly version: string | null
  /** Its devices, as `device` options take them; those that combine others (AUTO, ...) have none of their own. */
  readonly devices: readonly string[]
  /** Why there is nothing to use, and what to do. */
  readonly reason: string | null
  readonly cure: string | null
}

export interface DeviceReport extends DeviceInfo {
  /** Properties that `properties` options take for it; those that can only be read are left out. */
  readonly properties: readonly string[]
}

export interface OpenVinoReport {
  readonly version: string
  readonly plugins: readonly PluginReport[]
  readonly devices: readonly DeviceReport[]
}

const physicalPlugins = ['CPU', 'GPU', 'NPU']
const virtualPlugins = ['AUTO', 'HETERO', 'MULTI', 'BATCH']

/** Asks OpenVINO for its version, its plugins and the devices they see. */
export async function probeOpenVino(addon: OpenVinoAddon): Promise<OpenVinoReport> {
  const devices = await Promise.all((await openvinoDevices()).map((device) => withProperties(addon, device)))
  const names = devices.map((device) => device.name)
  const plugins: PluginReport[] = []
  for (const name of physicalPlugins) plugins.push(await probePlugin(addon, name, names))
  for (const name of virtualPlugins) plugins.push(await probePlugin(addon, name, null))
  return { version: addon.version().buildNumber, plugins, devices }
}

/** @param devices those of all plugins; null for a plugin that has none of its own */
async function probePlugin(addon: OpenVinoAddon, name: string, devices: readonly string[] | null): Promise<PluginReport> {
  const own = (devices ?? []).filter((device) => device === name || device.startsWith(`${name}.`))
  try {
    const versions = await addon.pluginVersions(name)
    const version = Object.values(versions)[0]?.buildNumber
    if (version === undefined)
      return { name, version: null, devices: own, reason: 'this installation has no such plugin', cure: null }
    if (devices === null || own.length > 0) return { name, version, devices: own, reason: null, cure: null }
    return { name, version, devices: own, ...(await whyNoDevice(addon, name)) }
  } catch (error) {
    const failure = fromNative(error, { device: name, availableDevices: devices ?? [] })
    if (failure.code === 'DEVICE_NOT_FOUND') {
      return { name, version: null, devices: own, reason: 'this installation has no such plugin', cure: null }
    }
    return { name, version: null, devices: own, reason: failure.message, cure: failure.cure }
  }
}

async function whyNoDevice(addon: OpenVinoAddon, name: string): Promise<{ reason: string; cure: string | null }> {
  try {
    await addon.getProperty(name, 'FULL_DEVICE_NAME')
    return { reason: 'the plugin works and sees no device', cure: null }
  } catch (error) {
    const failure = fromNative(error, { device: name })
    const missing = failure.code === 'DEVICE_LIBRARY_MISSING'
    return { reason: missing ? failure.message : 'the plugin works and sees no device', cure: missing ? failure.cure : null }
  }
}

async function withProperties(addon: OpenVinoAddon, device: DeviceInfo): Promise<DeviceReport> {
  try {
    return { ...device, properties: writableProperties(await addon.getProperty(device.name, 'SUPPORTED_PROPERTIES')) }
  } catch {
    return { ...device, properties: [] }
  }
}

// The addon lists names without saying which of them can only be read.
const readOnly =
  /^(?:SUPPORTED_PROPERTIES|AVAILABLE_DEVICES|FULL_DEVICE_NAME|OPTIMIZATION_CAPABILITIES|EXECUTION_DEVICES|COMPATIBILITY_CHECK|RANGE_FOR_\w+|OPTIMAL_\w+|MAX_BATCH_SIZE|DEVICE_(?:ARCHITECTURE|TYPE|UUID|LUID|GOPS|THERMAL|PCI_INFO)|GPU_(?:DEVICE_TOTAL_MEM_SIZE|UARCH_VERSION|EXECUTION_UNITS_COUNT|MEMORY_STATISTICS)|NPU_(?:DRIVER_VERSION|DEVICE_\w+|COMPILER_VERSION))$/

function writableProperties(value: unknown): string[] {
  return Array.isArray(value)
    ? value
        .map(String)
        .filter((name) => !readOnly.test(name))
        .sort()
    : []
}
