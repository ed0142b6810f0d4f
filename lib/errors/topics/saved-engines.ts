import type { ErrorEntry } from '../error-entry.js'

export const savedEnginesErrors = {
  ENGINE_NOT_FOUND: {
    topic: 'Saved engines',
    message: 'There is no saved engine at {path}',
    cure: 'Check the path; engine.save(path) writes the engine there and its manifest beside it.',
  },
  ENGINE_CORRUPT: {
    topic: 'Saved engines',
    message: 'The saved engine {path} is damaged: {reason}',
    cure: 'Copy it again together with its manifest, or build and save it again.',
  },
  ENGINE_MISMATCH: {
    topic: 'Saved engines',
    message: 'The saved engine {path} does not fit here:\n{differences}',
    cure: 'Build it again here, or let loadEngine do so: pass onMismatch "rebuild" and the model.',
  },
  ENGINE_IMPORT_FAILED: {
    topic: 'Saved engines',
    message: 'The engine refused the saved engine {path}: {reason}',
    cure: 'Build and save it again with the versions in use here.',
  },
  ENGINE_EXPORT_FAILED: {
    topic: 'Saved engines',
    message: 'The engine could not be exported: {reason}',
    cure: 'Check that the device supports export (`enginery doctor` lists EXPORT_IMPORT among its capabilities).',
  },
  MANIFEST_MISSING: {
    topic: 'Saved engines',
    message: 'The saved engine {path} has no manifest: {manifestPath} is not there',
    cure: 'Copy the manifest along with the engine. Without it nothing says what the bytes were built for, and they are not loaded.',
  },
  MANIFEST_INVALID: {
    topic: 'Saved engines',
    message: 'The manifest {path} cannot be used: {reason}',
    cure: 'Build and save the engine again; a manifest is not meant to be edited.',
  },
  CACHE_UNUSABLE: {
    topic: 'Saved engines',
    message: 'The engine cache {path} cannot be used: {reason}',
    cure: 'Make the folder writable, name another one with the option `cache`, or turn the cache off with cache: false.',
  },
} as const satisfies Record<string, ErrorEntry>
