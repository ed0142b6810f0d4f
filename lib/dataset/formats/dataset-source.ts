import { engineryError } from '../../errors/enginery-error.js'
import type { DatasetFormat, ParsedDatasetOptions } from '../dataset-options.js'

/** A folder or file that a format cannot do without. @throws OPTION_INVALID */
export function requirePath(
  options: ParsedDatasetOptions,
  name: 'images' | 'annotations' | 'tensors',
  format: DatasetFormat,
): string {
  const value = options[name]
  if (typeof value === 'string') return value
  throw engineryError('OPTION_INVALID', { caller: 'openDataset', option: name, reason: `the format ${format} needs it` })
}

/** Throws that a file is not what its format wants. */
export function refuseFile(file: string, format: DatasetFormat, reason: string): never {
  throw engineryError('DATASET_INVALID', { file, format, reason })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
