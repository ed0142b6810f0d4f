import type { BackendStatus, DeviceInfo } from '../../engine/backend.js'
import { openvinoDevices, openvinoStatus } from '../../engine/openvino/openvino-backend.js'
import { tensorrtStatus } from '../../engine/tensorrt/tensorrt-status.js'

/** Which backends can be used here, their versions, and, for the others, why not and what to do. Never throws. */
export function backends(): BackendStatus[] {
  return [openvinoStatus(), tensorrtStatus('tensorrt'), tensorrtStatus('tensorrt-rtx')]
}

/**
 * The devices that engines can be built for and run on, of all available backends.
 * @throws ADDON_NOT_FOUND, ADDON_LOAD_FAILED if no backend is available
 */
export function devices(): Promise<DeviceInfo[]> {
  return openvinoDevices()
}
