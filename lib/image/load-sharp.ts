import { type Caller, engineryError } from '../errors/enginery-error.js'

type SharpModule = typeof import('sharp')
type Sharp = SharpModule['default']

/** What the typed layer is tested with. */
const testedVersion = '0.35'

let loading: Promise<Sharp> | undefined

/**
 * The optional package that decodes and encodes pictures, loaded on first use. A failure is not remembered.
 *
 * Its settings belong to the whole process and so to the application: neither `sharp.concurrency` nor `sharp.cache` is
 * touched. Files are handed over as bytes, which its cache does not hold, so a file that changes is never seen stale.
 *
 * @throws IMAGE_DECODER_MISSING
 */
export async function loadSharp(caller: Caller): Promise<Sharp> {
  loading ??= import('sharp').then((module) => module.default as unknown as Sharp)
  try {
    return await loading
  } catch (error) {
    loading = undefined
    throw engineryError('IMAGE_DECODER_MISSING', { reason: explain(error), version: testedVersion }, { cause: error, caller })
  }
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_MODULE_NOT_FOUND') return 'it is not installed'
  return message.split('\n', 1)[0] as string
}
