import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type EngineCache, openCache } from '../../../lib/engine/engine-cache.js'
import { silentLogger } from '../../../lib/logging/logger.js'
import { content } from './manifest-content.js'

let dir: string
const warn = vi.fn()
const logger = { ...silentLogger, warn }
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enginery-cache-'))
  warn.mockReset()
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const keyOf = (letter: string) => letter.repeat(64)
const [a, b, c] = [keyOf('a'), keyOf('b'), keyOf('c')] as const
const writing = (bytes: string) => (file: string) => writeFile(file, bytes, { flag: 'wx' })
const storeAt = async (cache: EngineCache, key: string, bytes: string, seconds: number) => {
  const stored = await cache.store(key, writing(bytes), content)
  await utimes(join(cache.dir, `${key}.json`), seconds, seconds)
  return stored
}
const hourAgo = Date.now() / 1000 - 3700

describe('EngineCache', () => {
  it('gives back what was stored, and nothing for another key', async () => {
    const cache = await openCache({ dir: join(dir, 'made', 'on the way'), logger })
    expect(await cache.lookup(a)).toBeNull()
    const stored = await cache.store(a, writing('engine'), content)
    expect(await readFile(stored?.path as string, 'utf8')).toBe('engine')
    expect(await cache.lookup(a)).toEqual(stored)
    expect(await cache.lookup(b)).toBeNull()
    expect(await (await openCache({ dir: cache.dir })).lookup(a)).toEqual(stored)
    expect(await readdir(cache.dir)).toHaveLength(2)
    expect(warn).not.toHaveBeenCalled()
  })

  it('takes the later of two engines of one key', async () => {
    const cache = await openCache({ dir, logger })
    const [first, second] = await Promise.all([cache.store(a, writing('one'), content), cache.store(a, writing('two'), content)])
    expect(first).not.toBeNull()
    expect(second).not.toBeNull()
    expect(['one', 'two']).toContain(await readFile((await cache.lookup(a))?.path as string, 'utf8'))
    expect(warn).not.toHaveBeenCalled()
  })

  it.each<[string, (stored: string) => Promise<unknown>]>([
    ['changed bytes', (blob) => writeFile(blob, 'engime')],
    ['more bytes', (blob) => appendFile(blob, '!')],
    ['no bytes', (blob) => writeFile(blob, '')],
    ['no blob', (blob) => rm(blob)],
    ['half a manifest', () => writeFile(join(dir, `${a}.json`), '{"kind":')],
    ['an empty manifest', () => writeFile(join(dir, `${a}.json`), '')],
  ])('removes an entry with %s, says so, and takes a new one', async (_, damage) => {
    const cache = await openCache({ dir, logger })
    await damage((await cache.store(a, writing('engine'), content))?.path as string)
    expect(await cache.lookup(a)).toBeNull()
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(a.slice(0, 12)))
    expect(await readdir(dir)).toEqual([])
    await cache.store(a, writing('engine'), content)
    expect(await cache.lookup(a)).not.toBeNull()
  })

  it('makes room by last use', async () => {
    const cache = await openCache({ dir, maxBytes: 25, logger })
    await storeAt(cache, a, 'a'.repeat(10), 1000)
    await storeAt(cache, b, 'b'.repeat(10), 2000)
    expect(await cache.lookup(a)).not.toBeNull()
    await cache.store(c, writing('c'.repeat(10)), content)
    expect(await cache.lookup(b)).toBeNull()
    expect(await cache.lookup(a)).not.toBeNull()
    expect(await cache.lookup(c)).not.toBeNull()
    expect(await readdir(dir)).toHaveLength(4)
  })

  it('keeps the entry just stored, and none that is larger than everything', async () => {
    const cache = await openCache({ dir, maxBytes: 15, logger })
    await storeAt(cache, a, 'a'.repeat(10), Date.now() / 1000 + 1000)
    await cache.store(b, writing('b'.repeat(10)), content)
    expect(await cache.lookup(b)).not.toBeNull()
    expect(await cache.lookup(a)).toBeNull()
    expect(await cache.store(c, writing('c'.repeat(16)), content)).toBeNull()
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('16 bytes, more than the 15'))
    expect(await readdir(dir)).toHaveLength(2)
  })

  it('clears up after killed processes, but not after running ones or strangers', async () => {
    const cache = await openCache({ dir, logger })
    await cache.store(a, writing('engine'), content)
    const uuid = '01234567-89ab-cdef-0123-456789abcdef'
    const leftovers = [`${b}.blob.${uuid}.tmp`, `${b}-0123456789abcdef.blob`, `${a}-0123456789abcdef.blob`]
    const others = ['notes.txt', 'model.blob', 'x.tmp']
    const entry = await readdir(dir)
    for (const name of [...leftovers, ...others]) await writeFile(join(dir, name), 'x')
    await openCache({ dir })
    expect(await readdir(dir)).toHaveLength(8)
    for (const name of await readdir(dir)) await utimes(join(dir, name), hourAgo, hourAgo)
    await openCache({ dir })
    expect(new Set(await readdir(dir))).toEqual(new Set([...entry, ...others]))
    expect(await cache.lookup(a)).not.toBeNull()
  })

  it('is emptied by clear, of its own files alone', async () => {
    const cache = await openCache({ dir, logger })
    await cache.store(a, writing('engine'), content)
    await cache.store(b, writing('engine'), content)
    await writeFile(join(dir, 'notes.txt'), 'x')
    await cache.clear()
    expect(await readdir(dir)).toEqual(['notes.txt'])
    expect(await cache.lookup(a)).toBeNull()
  })

  it('notes the use of an entry', async () => {
    const cache = await openCache({ dir, logger })
    await storeAt(cache, a, 'engine', 1000)
    await cache.lookup(a)
    expect((await stat(join(dir, `${a}.json`))).mtimeMs).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('a folder that cannot be used', () => {
  it('never fails a build: a warning, no hit, no entry', async () => {
    const file = join(dir, 'file')
    await writeFile(file, 'x')
    const cache = await openCache({ dir: join(file, 'below'), logger })
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('cannot be used'))
    expect(await cache.lookup(a)).toBeNull()
    expect(await cache.store(a, writing('engine'), content)).toBeNull()
    await cache.clear()
  })

  it('fails it when the cache is required', async () => {
    const file = join(dir, 'file')
    await writeFile(file, 'x')
    const options = { dir: join(file, 'below'), required: true, logger }
    await expect(openCache(options)).rejects.toMatchObject({ code: 'CACHE_UNUSABLE', cause: expect.anything() })
  })

  it('reports a failed export as what it is and leaves nothing', async () => {
    const cache = await openCache({ dir, logger })
    const failing = async (path: string) => {
      await writeFile(path, 'half')
      throw Object.assign(new Error('write'), { code: 'ENOSPC' })
    }
    expect(await cache.store(a, failing, content)).toBeNull()
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('no space is left'))
    expect(await readdir(dir)).toEqual([])
    const required = await openCache({ dir, required: true })
    await expect(required.store(a, failing, content)).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' })
  })

  it('survives a logger that throws', async () => {
    const broken = vi.fn(() => {
      throw new Error('no')
    })
    const cache = await openCache({ dir: join(dir, '\0'), logger: { ...silentLogger, warn: broken } })
    expect(await cache.lookup(a)).toBeNull()
    expect(broken).toHaveBeenCalled()
  })
})
