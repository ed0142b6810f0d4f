import { loadOpenVino } from '../../native/load-addon.js'

/**
 * Lets OpenVINO look for its devices and load what drives the CPU, on other threads, while a model is read. What goes wrong
 * is told to whoever needs them.
 */
export function warmOpenVino(): void {
  try {
    const addon = loadOpenVino()
    addon
      .devices()
      .then(() => addon.getProperty('CPU', 'FULL_DEVICE_NAME'))
      .catch(() => {})
  } catch {}
}
