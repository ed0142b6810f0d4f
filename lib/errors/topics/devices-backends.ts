import type { ErrorEntry } from '../error-entry.js'

export const devicesBackendsErrors = {
  DEVICE_NOT_FOUND: {
    topic: 'Devices and backends',
    message: 'There is no device {device} here; available: {available}',
    cure: 'Use one of these; `enginery doctor` says what a missing device needs. No other device is ever taken in its place.',
  },
  DEVICE_FAILED: {
    topic: 'Devices and backends',
    message: 'Device {device} cannot be used: {reason}',
    cure: 'Run `enginery doctor` to see what the device needs.',
  },
  DEVICE_LIBRARY_MISSING: {
    topic: 'Devices and backends',
    message: 'Device {device} needs the library {library}, which is not installed: {reason}',
    cure: 'Install the driver of the device; for Intel GPUs on Debian and Ubuntu: apt install ocl-icd-libopencl1 intel-opencl-icd.',
  },
  BACKEND_UNAVAILABLE: {
    topic: 'Devices and backends',
    message: 'The backend {backend} cannot be used here: {reason}',
    cure: 'Run `enginery doctor` to see what it needs.',
  },
  BACKEND_UNSUPPORTED: {
    topic: 'Devices and backends',
    message: 'The backend {backend} cannot do this: {reason}',
    cure: 'Use another backend, or leave the option out.',
  },
} as const satisfies Record<string, ErrorEntry>
