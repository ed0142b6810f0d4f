import { engineryError } from '../../errors/enginery-error.js'
import type { PreprocessDescription } from '../preprocess-schema.js'

/** What was read from another tool's configuration. */
export interface ImportedPreprocess {
  readonly description: PreprocessDescription
  /** Where our pixels will differ slightly, and what of the file says nothing about pixels. */
  readonly notes: readonly string[]
}

export function refuseImport(source: string, reason: string): Error {
  return engineryError('PREPROCESS_IMPORT_FAILED', { source, reason })
}
