// The other half of compare-resampling.py. Reads, again and again, a line of JSON { width, height, channels, resize } and
// the picture's bytes from standard input; writes the resized bytes to standard output.
import { createRequire } from 'node:module'

const addon = createRequire(import.meta.url)('../../native/kernels/build/Release/kernels.node')

let pending = Buffer.alloc(0)
let request = null

process.stdin.on('data', (chunk) => {
  pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
  while (takeRequest()) answer()
})

function takeRequest() {
  if (request === null) {
    const end = pending.indexOf(10)
    if (end < 0) return false
    request = JSON.parse(pending.toString('utf8', 0, end))
    pending = pending.subarray(end + 1)
  }
  return pending.length >= request.width * request.height * request.channels
}

function answer() {
  const { width, height, channels, resize } = request
  const bytes = width * height * channels
  const target = new Uint8Array(resize.width * resize.height * channels)
  addon.resizeImageSync({ width, height, channels, data: pending.subarray(0, bytes) }, target, resize)
  pending = pending.subarray(bytes)
  request = null
  process.stdout.write(target)
}
