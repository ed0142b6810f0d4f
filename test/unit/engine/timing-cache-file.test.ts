import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TimingCacheFile, type TimingCacheOptions } from '../../../lib/engine/tensorrt/timing-cache-file.js'

/** Stands in for TensorRT's combine: lines of both, sorted. */
const mergeLines = (stored: Uint8Array, added: Uint8Array) =>
  Buffer.from(
    [...new Set(`${Buffer.from(stored)}${Buffer.from(added)}`.split('\n'))].filter(Boolean).sort().join('\n').concat('\n'),
  )

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-timing-'))
  path = join(folder, 'x.timing')
})
afterEach(() => rm(folder, { recursive: true }))

const identity = { tensorrt: '10.15.1', gpu: 'A10' }
const open = (options: Partial<TimingCacheOptions> = {}) => new TimingCacheFile({ path, identity, lockTimeout: 400, ...options })
const textOf = async (cache = open()) => Buffer.from((await cache.read()).bytes).toString()

describe('a timing cache in a file', () => {
  it('is empty where there is none, then holds what all added', async () => {
    expect(await open().read()).toMatchObject({ state: 'absent', bytes: { length: 0 } })
    expect(await open().add(Buffer.from('a\n'), mergeLines)).toBe(true)
    expect(await open().add(Buffer.from('b\n'), mergeLines)).toBe(true)
    expect(await open().add(Buffer.from('a\n'), mergeLines)).toBe(false)
    expect(await open().read()).toMatchObject({ state: 'sound' })
    expect(await textOf()).toBe('a\nb\n')
    expect((await readdir(folder)).sort()).toEqual(['x.timing', 'x.timing.json'])
    expect(await readFile(path, 'utf8')).toBe('a\nb\n')
  })

  it('is merged with what others wrote meanwhile, however many add at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => open({ lockTimeout: 20_000 }).add(Buffer.from(`${at + 10}\n`), mergeLines)),
    )
    expect((await textOf()).trim().split('\n')).toEqual(Array.from({ length: 20 }, (_, at) => String(at + 10)))
  })

  it('is replaced as it is asked to be, and stays whose it was', async () => {
    const upper = async (bytes: Uint8Array) => Buffer.from(`${Buffer.from(bytes)}`.toUpperCase())
    await expect(open().replace(upper)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await open().add(Buffer.from('a\n'), mergeLines)
    await open().replace(upper)
    expect(await open().read()).toMatchObject({ state: 'sound' })
    expect(await textOf()).toBe('A\n')
    const failing = () => Promise.reject(new Error('no'))
    await expect(open().replace(failing)).rejects.toThrow('no')
    expect(await textOf()).toBe('A\n')
    await expect(open({ identity: { ...identity, gpu: 'L4' } }).replace(upper)).rejects.toMatchObject({
      code: 'TIMING_CACHE_INVALID',
    })
    await rm(`${path}.json`)
    await writeFile(path, 'theirs')
    await open().replace(upper)
    expect(await open().read()).toMatchObject({ state: 'foreign' })
    expect((await readdir(folder)).sort()).toEqual(['x.timing'])
  })

  it('is not given where it is damaged, of another GPU, or empty, and is replaced then', async () => {
    const lines: string[] = []
    const logger = { debug() {}, info() {}, error() {}, warn: (message: string) => void lines.push(message) }
    await open().add(Buffer.from('a\n'), mergeLines)
    expect(await open({ identity: { ...identity, gpu: 'L4' }, logger }).read()).toMatchObject({
      state: 'other-identity',
      bytes: { length: 0 },
    })
    expect(lines).toEqual([expect.stringContaining('gpu A10, here L4')])
    await writeFile(path, 'damaged')
    expect(await open().read()).toMatchObject({ state: 'damaged', reason: expect.stringContaining('bytes') })
    expect(await open().add(Buffer.from('b\n'), mergeLines)).toBe(true)
    expect(await textOf()).toBe('b\n')
    await writeFile(`${path}.json`, '{')
    expect(await open().read()).toMatchObject({ state: 'damaged', reason: expect.stringContaining('JSON') })
    await writeFile(path, '')
    expect(await open().read()).toMatchObject({ state: 'damaged', reason: 'it is empty' })
  })

  it('of another program is given, and merged', async () => {
    await writeFile(path, 'trtexec\n')
    expect(await open().read()).toMatchObject({ state: 'foreign', reason: null })
    await expect(open().add(Buffer.from('a\n'), () => null)).rejects.toMatchObject({ code: 'TIMING_CACHE_INVALID' })
    expect(await readFile(path, 'utf8')).toBe('trtexec\n')
    await open().add(Buffer.from('a\n'), mergeLines)
    expect(await open().read()).toMatchObject({ state: 'sound' })
    expect(await textOf()).toBe('a\ntrtexec\n')
  })

  it('of our own that TensorRT does not combine is replaced', async () => {
    await open().add(Buffer.from('a\n'), mergeLines)
    expect(await open().add(Buffer.from('b\n'), () => null)).toBe(true)
    expect(await textOf()).toBe('b\n')
  })

  it('is sound also between the two renames of a writer', async () => {
    await open().add(Buffer.from('a\n'), mergeLines)
    const before = await readFile(path)
    await open().add(Buffer.from('b\n'), mergeLines)
    // As a writer that was killed leaves it: the note is new, the bytes are of before.
    await writeFile(path, before)
    expect(await open().read()).toMatchObject({ state: 'sound' })
    expect(await textOf()).toBe('a\n')
  })

  it('is released when merging fails', async () => {
    await open().add(Buffer.from('a\n'), mergeLines)
    const fault = new Error('merge')
    await expect(open().add(Buffer.from('b\n'), () => Promise.reject(fault))).rejects.toBe(fault)
    expect(await open().add(Buffer.from('b\n'), mergeLines)).toBe(true)
  })
})

describe('the lock', () => {
  const owner = (facts: object) =>
    writeFile(`${path}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), began: null, token: 't', ...facts }))

  it('of a living process is waited for, then told of', async () => {
    await owner({})
    await expect(open().add(Buffer.from('a\n'), mergeLines)).rejects.toMatchObject({
      code: 'TIMING_CACHE_BUSY',
      message: expect.stringMatching(new RegExp(`held by process ${process.pid} for 0\\.\\d seconds`)),
    })
    // Reading needs no lock.
    expect(await open().read()).toMatchObject({ state: 'absent' })
  })

  it.each([
    ['is gone', { pid: 2 ** 22 + 1 }],
    ['began at another time than the one with its number', { began: '1' }],
  ])('of a process that %s is taken over at once', async (_, facts) => {
    await owner(facts)
    expect(await open().add(Buffer.from('a\n'), mergeLines)).toBe(true)
    expect((await readdir(folder)).sort()).toEqual(['x.timing', 'x.timing.json'])
  })

  it.each([
    ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere', began: null, token: 't' })],
    ['that nobody can read', 'noise'],
    ['without a word', ''],
  ])('%s is taken over when it is old', async (_, text) => {
    await writeFile(`${path}.lock`, text)
    await expect(open({ lockTimeout: 60 }).add(Buffer.from('a\n'), mergeLines)).rejects.toMatchObject({
      code: 'TIMING_CACHE_BUSY',
    })
    const long = new Date(Date.now() - 300_000)
    await utimes(`${path}.lock`, long, long)
    expect(await open().add(Buffer.from('a\n'), mergeLines)).toBe(true)
  })

  it('that was taken by somebody else meanwhile is not written under', async () => {
    await open().add(Buffer.from('a\n'), mergeLines)
    const add = open().add(Buffer.from('b\n'), async (stored, added) => {
      await owner({ token: 'other' })
      return mergeLines(stored, added)
    })
    await expect(add).rejects.toMatchObject({ code: 'TIMING_CACHE_BUSY' })
    expect(await textOf()).toBe('a\n')
    expect(await readFile(`${path}.lock`, 'utf8')).toContain('other')
  })

  it('is not waited for any longer when the signal fires', async () => {
    await owner({})
    const controller = new AbortController()
    const adding = open({ lockTimeout: 60_000, signal: controller.signal }).add(Buffer.from('a\n'), mergeLines)
    setTimeout(() => controller.abort(), 30)
    await expect(adding).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('cannot be had where nothing can be written', async () => {
    const add = open({ path: join(folder, 'no', 'x') }).add(Buffer.from('a\n'), mergeLines)
    await expect(add).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })
})
