import type { BackendStatus, DeviceInfo } from '../engine/backend.js'
import { openvinoDevices, openvinoStatus } from '../engine/openvino/openvino-backend.js'

/** Which backends can be used here, their versions, and, for the others, why not and what to do. Never throws. */
export function backends(): BackendStatus[] {
  return [openvinoStatus()]
}

/**
 * The devices that engines can be built for, of all available backends.
 * @throws ADDON_NOT_FOUND, ADDON_LOAD_FAILED if no backend is available
 */
export function devices(): Promise<DeviceInfo[]> {
  return openvinoDevices()
}
