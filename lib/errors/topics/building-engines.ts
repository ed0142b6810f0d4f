import type { ErrorEntry } from '../error-entry.js'

export const buildingEnginesErrors = {
  ENGINE_BUILD_FAILED: {
    topic: 'Building engines',
    message: 'The engine could not be built for {device}: {reason}',
    cure: 'Read `engineLog`; try the same model with device CPU and no further options to see which of the two is at fault.',
  },
  ENGINE_CLOSED: {
    topic: 'Building engines',
    message: '{what} was closed',
    cure: 'Close an engine after its last use only; build or load it again to go on.',
  },
  PRECISION_UNSUPPORTED: {
    topic: 'Building engines',
    message: 'Device {device} does not compute in {precision}; it offers {available}',
    cure: "Build with precision 'fp32', or for a device that has it. A precision is never replaced by another.",
  },
  CALLBACK_FAILED: {
    topic: 'Building engines',
    message: 'The callback {callback} threw: {reason}',
    cure: 'Correct the callback; what it threw is the `cause`.',
  },
  PROPERTY_INVALID: {
    topic: 'Building engines',
    message: 'The engine refuses a property: {reason}',
    cure: 'Compare names and values with the properties that `enginery doctor` lists for the device.',
  },
  EXTENSION_FAILED: {
    topic: 'Building engines',
    message: 'The extension {path} could not be loaded: {reason}',
    cure: 'Build the extension for exactly the OpenVINO version that `enginery doctor` prints.',
  },
} as const satisfies Record<string, ErrorEntry>
