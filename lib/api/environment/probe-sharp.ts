import { isEngineryError } from '../../errors/enginery-error.js'
import { loadSharp } from '../../image/load-sharp.js'

/** The package that decodes pictures: here, or why not. */
export interface SharpReport {
  readonly version: string | null
  /** Null where it loads. */
  readonly reason: string | null
  readonly cure: string | null
}

export async function probeSharp(): Promise<SharpReport> {
  try {
    const { versions } = await loadSharp(probeSharp)
    return { version: versions.sharp ?? 'unknown', reason: null, cure: null }
  } catch (error) {
    if (!isEngineryError(error)) throw error
    return { version: null, reason: error.message, cure: error.cure }
  }
}
