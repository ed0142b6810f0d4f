import type { ErrorEntry } from '../error-entry.js'

export const addonsErrors = {
  ADDON_NOT_FOUND: {
    topic: 'Addons',
    message: 'The addon {addon} for {platform} was not found. Tried:\n{tried}',
    cure: '{advice}',
  },
  ADDON_LOAD_FAILED: {
    topic: 'Addons',
    message: 'The addon {addon} for {platform} could not be loaded. Tried:\n{tried}',
    cure: '{advice}',
  },
} as const satisfies Record<string, ErrorEntry>
