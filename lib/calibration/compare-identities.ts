import { engineryError } from '../errors/enginery-error.js'
import type { StatisticsIdentity } from './stats-header.js'

export interface IdentityDifference {
  /** `data`, `options.maxSamples`, ... */
  readonly field: string
  readonly expected: unknown
  readonly found: unknown
}

/** In what two sets of statistics differ that they depend on. */
export function compareIdentities(expected: StatisticsIdentity, found: StatisticsIdentity): IdentityDifference[] {
  const differences: IdentityDifference[] = []
  const compare = (field: string, wanted: unknown, received: unknown) => {
    if (JSON.stringify(wanted) !== JSON.stringify(received)) differences.push({ field, expected: wanted, found: received })
  }
  for (const field of ['model', 'data', 'preprocess'] as const) compare(field, expected[field], found[field])
  for (const option of ['shapes', 'isDynamic', 'maxSamples', 'onNotFinite'] as const) {
    compare(`options.${option}`, expected.options[option], found.options[option])
  }
  return differences
}

/** The error that names them, with both values. */
export function mismatchError(path: string, differences: readonly IdentityDifference[]): Error {
  const lines = differences.map(
    ({ field, expected, found }) => `  - ${field}: needed here ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
  )
  return engineryError('STATISTICS_MISMATCH', { path, differences: lines.join('\n') }, { details: { differences } })
}
