import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { editTimingCache, readTimingCache } from '../../lib/api/tensorrt/edit-timing-cache.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'edit-timings-with-ten.mjs')

describeWithTensorRt('TensorRT 10.15', 'entries of timing caches, of which there are none without a device (cpu_only)', () => {
  let folder: string
  let results: Record<string, { value?: unknown; code?: string; message?: string }>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-timings-'))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const { stdout } = await promisify(execFile)(process.execPath, [program, coreLibraries['TensorRT 10.15'], folder], { env })
    results = JSON.parse(stdout.slice(stdout.lastIndexOf('{"results"'))).results
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are listed', () => {
    expect(results['read an empty one']).toEqual({ value: [] })
  })

  it.each(['set a key that is not there', 'remove a key that is not there'])('%s: refused, and no file is written', (step) => {
    expect(results[step]).toMatchObject({ code: 'TIMING_CACHE_CHANGE_REFUSED', message: expect.stringContaining('0x00112233') })
    expect(results.written).toBe(false)
  })

  it('a file that TensorRT refuses stays as it is', () => {
    expect(results['edit a file that TensorRT refuses']).toMatchObject({ code: 'TIMING_CACHE_INVALID' })
    expect(results.unchanged).toBe(true)
  })

  it.each([
    ['read a damaged one', 'TIMING_CACHE_INVALID'],
    ['read one that is missing', 'FILE_NOT_READ'],
    ['edit one that is missing', 'FILE_NOT_FOUND'],
    ['a key that is none', 'OPTION_INVALID'],
  ])('%s: %s', (step, code) => {
    expect(results[step]).toMatchObject({ code })
  })
})

describeWithTensorRt('TensorRT-RTX 1.7', 'has no timing caches', () => {
  it('and says so', async () => {
    const library = coreLibraries['TensorRT-RTX 1.7']
    const expected = { code: 'TENSORRT_OPTION_UNSUPPORTED', message: expect.stringContaining('timing caches') }
    await expect(readTimingCache({ cache: new Uint8Array(4), library })).rejects.toMatchObject(expected)
    const changes = [{ key: `0x${'0'.repeat(32)}`, remove: true as const }]
    await expect(editTimingCache({ cache: new Uint8Array(4), changes, library })).rejects.toMatchObject(expected)
  })
})
