import { createHash } from 'node:crypto'
import type { EngineIdentity } from './manifest.js'
import { manifestVersion } from './manifest.js'

/** Plain data, as JSON has it. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/**
 * JSON that is the same for equal data: keys sorted, undefined left out, no white space.
 *
 * @example canonicalJson({ b: 1, a: undefined }) // '{"b":1}'
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}

/**
 * SHA-256 over all that decides what an engine is: equal digests, equal engines. Lower-case hexadecimal.
 */
export function digestEngine(identity: EngineIdentity): string {
  const { backend, model, options, versions, devices, cpuFeatures } = identity
  // The model's name and size say nothing that its digest does not.
  const decisive = { manifestVersion, backend, model: model.sha256, options, versions, devices, cpuFeatures }
  return createHash('sha256').update(canonicalJson(decisive)).digest('hex')
}
