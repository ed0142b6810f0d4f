import { tryLoadKernels } from '../native/load-addon.js'

/**
 * Frees the memory under bytes that nobody will look at again, where they are all of it. Decoded pictures are a megabyte
 * each under a handful of bytes of JavaScript: left to the garbage collector, they start it again and again.
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== bytes.byteLength || bytes.byteLength === 0) return
  tryLoadKernels().addon?.detachBuffer(buffer)
}
