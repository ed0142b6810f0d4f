import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { isEngineryError } from '../../../lib/errors/enginery-error.js'
import { findInPackage, listAddonPlaces, packageRoot } from '../../../lib/native/addon-search.js'
import { loadKernels, loadOpenVino, tryLoadKernels, tryLoadOpenVino } from '../../../lib/native/load-addon.js'
import { platformName } from '../../../lib/native/platform.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-load-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function write(path: string, contents: string | Buffer): string {
  const absolute = join(folder, path)
  mkdirSync(dirname(absolute), { recursive: true })
  writeFileSync(absolute, contents)
  return absolute
}

function failureOf(load: () => unknown) {
  try {
    load()
  } catch (error) {
    if (isEngineryError(error)) return error
    throw error
  }
  throw new Error('loaded')
}

describe('a file that does not load', () => {
  it('is absent: every place, the variable, the cure', () => {
    vi.stubEnv('ENGINERY_OPENVINO_ADDON', '/no/such/openvino.node')
    const error = failureOf(loadOpenVino)
    expect(error.code).toBe('ADDON_NOT_FOUND')
    expect(error.message).toContain('openvino.node for')
    expect(error.message).toContain('environment variable ENGINERY_OPENVINO_ADDON: nothing there')
    expect(error.cure).toContain('ENGINERY_OPENVINO_ADDON')
    expect(error.details.tried).toEqual([
      { place: 'environment variable ENGINERY_OPENVINO_ADDON', path: null, outcome: 'absent', error: null },
    ])
    expect(error.stack).not.toContain('load-addon.ts')
  })

  it('is no library: why, and the original failure', () => {
    const path = write('text.node', 'This is a text, and it is longer than the header of a library would have to be.')
    vi.stubEnv('ENGINERY_OPENVINO_ADDON', path)
    const result = tryLoadOpenVino()
    if (result.addon !== undefined) throw new Error('loaded')
    expect(result.reason.code).toBe('ADDON_LOAD_FAILED')
    expect(result.reason.message).toContain(path)
    expect(result.reason.cause).toBeInstanceOf(Error)
    expect(result.tried).toMatchObject([{ path, outcome: 'failed' }])
    if (process.platform === 'linux') expect(result.reason.details.kind).toBe('damaged')
  })

  it.runIf(process.platform === 'linux')('is cut short or for another processor: found before the linker touches it', () => {
    const elf = Buffer.alloc(300)
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    elf.writeUInt16LE(process.arch === 'arm64' ? 0xb7 : 0x3e, 18)
    elf.writeBigUInt64LE(100_000n, 40)
    vi.stubEnv('ENGINERY_OPENVINO_ADDON', write('cut.node', elf))
    expect(failureOf(loadOpenVino).details.kind).toBe('damaged')
    elf.writeUInt16LE(process.arch === 'arm64' ? 0x3e : 0xb7, 18)
    vi.stubEnv('ENGINERY_OPENVINO_ADDON', write('other.node', elf))
    expect(failureOf(loadOpenVino).details.kind).toBe('other-architecture')
  })

  it('is not remembered', () => {
    vi.stubEnv('ENGINERY_KERNELS_ADDON', '/no/such/kernels.node')
    expect(failureOf(loadKernels).code).toBe('ADDON_NOT_FOUND')
    vi.unstubAllEnvs()
    expect(loadKernels().cpuFeatures().logicalCores).toBeGreaterThan(0)
  })
})

describe('an addon that loads', () => {
  it('is loaded once per thread', () => {
    const first = tryLoadKernels()
    if (first.addon === undefined) throw first.reason
    expect(first.path).toMatch(/\.node$/)
    expect(first.tried.at(-1)?.outcome).toBe('loaded')
    expect(loadKernels()).toBe(first.addon)
    expect(tryLoadKernels()).toBe(first)
  })
})

describe('listAddonPlaces', () => {
  it('looks beside the package, then in the platform packages', () => {
    expect(listAddonPlaces('openvino', {}).map(({ name }) => name)).toEqual([
      join(packageRoot, 'native', 'openvino'),
      `package @enginery/openvino-${platformName}`,
      `package @enginery/openvino-cpu-${platformName}`,
    ])
    expect(listAddonPlaces('kernels', { ENGINERY_KERNELS_ADDON: '' }).map(({ name }) => name)).toEqual([
      join(packageRoot, 'native', 'kernels'),
    ])
  })

  it('looks nowhere else when the environment names a file', () => {
    const places = listAddonPlaces('openvino', { ENGINERY_OPENVINO_ADDON: process.execPath })
    expect(places.map((place) => place.locate())).toEqual([process.execPath])
  })
})

describe('findInPackage', () => {
  const name = '@enginery/openvino-test'
  const from = pathToFileURL(join(folder, 'app', 'main.js')).href
  const manifest = (version: string) => write(`app/node_modules/${name}/package.json`, JSON.stringify({ name, version }))

  it('finds the prebuilt addon, and nothing where the package is not installed', () => {
    expect(findInPackage(name, from, '1.0.0')).toBeNull()
    manifest('1.0.0')
    expect(() => findInPackage(name, from, '1.0.0')).toThrow('the installation is incomplete')
    const addon = write(`app/node_modules/${name}/prebuilds/${platformName}/openvino.node`, '')
    expect(findInPackage(name, from, '1.0.0')).toBe(addon)
    expect(findInPackage(name, from, null)).toBe(addon)
  })

  it('refuses another version', () => {
    manifest('1.0.1')
    expect(() => findInPackage(name, from, '1.0.0')).toThrow('is version 1.0.1, enginery is 1.0.0')
  })
})
