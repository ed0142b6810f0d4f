import { stat } from 'node:fs/promises'
import { engineryError } from '../../errors/enginery-error.js'

/**
 * A model takes longer to make than a file to be replaced: that is asked for, and never the model itself that it is made of.
 *
 * @throws USAGE_INVALID
 */
export async function refuseOverwriting(output: string, model: string, isForced: boolean): Promise<void> {
  const usage = (reason: string) => engineryError('USAGE_INVALID', { reason })
  const [there, source] = await Promise.all([output, model].map((path) => stat(path).catch(() => null)))
  if (!there?.isFile()) return
  if (source && there.ino === source.ino && there.dev === source.dev) {
    throw usage(`--output: expected another file than the model, received ${output}`)
  }
  if (!isForced) throw usage(`--output: ${output} is there already; --force replaces it`)
}
