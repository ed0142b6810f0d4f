import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Hashing this much takes well under a millisecond, so the event loop stays free. */
export const hashChunkBytes = 1 << 18

/**
 * SHA-256 (lower-case hexadecimal) and length of a file, read in pieces. Fails as the file system does.
 *
 * @param betweenPieces may throw, to stop
 */
export async function hashFile(path: string, betweenPieces?: () => void): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(hashChunkBytes)
  const file = await open(path)
  try {
    let bytes = 0
    for (;;) {
      betweenPieces?.()
      const { bytesRead } = await file.read(buffer, 0, hashChunkBytes, null)
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
      hash.update(bytesRead === hashChunkBytes ? buffer : buffer.subarray(0, bytesRead))
      bytes += bytesRead
    }
  } finally {
    await file.close()
  }
}
