import { access } from 'node:fs/promises'
import { extname } from 'node:path'
import { manifestPathOf } from '../../engine/manifest.js'

/** Saved engines have a manifest beside them; one that lost it is still recognised by its extension. */
export async function isSavedEngine(path: string): Promise<boolean> {
  if (extname(path).toLowerCase() === '.blob') return true
  return access(manifestPathOf(path)).then(
    () => true,
    () => false,
  )
}
