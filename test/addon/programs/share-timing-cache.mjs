// node share-timing-cache.mjs <dist> <file> <name> <lines>: adds so many lines of its own to a timing cache, one by one, from
// two worker threads. Prints a line of JSON for each that was added.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMainThread, threadId, Worker } from 'node:worker_threads'

const [, , dist, path, name, lines] = process.argv

if (isMainThread) {
  for (let i = 0; i < 2; i++) new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
} else {
  const { TimingCacheFile } = await import(pathToFileURL(join(dist, 'engine', 'tensorrt', 'timing-cache-file.js')).href)
  const file = new TimingCacheFile({ path, identity: { gpu: 'none' }, lockTimeout: 120_000 })
  // Stands in for TensorRT's combine: lines of both, each once.
  const merge = (stored, added) => {
    const all = new Set(`${Buffer.from(stored)}${Buffer.from(added)}`.split('\n').filter(Boolean))
    return Buffer.from(`${[...all].sort().join('\n')}\n`)
  }
  for (let at = 0; at < Number(lines); at++) {
    const line = `${name} ${threadId} ${at}`
    const { state } = await file.read()
    if (state !== 'sound' && state !== 'absent') throw new Error(`read ${state}`)
    await file.add(Buffer.from(`${line}\n`), merge)
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
}
