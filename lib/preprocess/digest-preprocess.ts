import { createHash } from 'node:crypto'
import type { ResolvedPreprocess } from './resolve-preprocess.js'

// Counted up when the same description begins to mean other pixels.
const version = 'enginery-preprocess-1'

/** SHA-256 in hex of what a description means: the order of keys, presets and defaults make no difference. */
export function digestPreprocess(resolved: ResolvedPreprocess): string {
  return createHash('sha256')
    .update(`${version}\n${sortedJson(resolved)}`)
    .digest('hex')
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
