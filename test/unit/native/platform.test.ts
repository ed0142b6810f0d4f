import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  detectCLibrary,
  openVinoPackages,
  platformName,
  readBinaryFacts,
  sharedLibraryName,
} from '../../../lib/native/platform.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-platform-'))
afterAll(() => rmSync(folder, { recursive: true }))

function elfFile(name: string, machine: number, sectionsAt: number, size: number): string {
  const bytes = Buffer.alloc(size)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  bytes.writeUInt16LE(machine, 18)
  bytes.writeBigUInt64LE(BigInt(sectionsAt), 40)
  bytes.writeUInt16LE(64, 58)
  bytes.writeUInt16LE(2, 60)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe('platform', () => {
  it('names this machine', () => {
    expect(platformName).toBe(`${process.platform}-${process.arch}`)
    expect(openVinoPackages).toEqual([`@enginery/openvino-${platformName}`, `@enginery/openvino-cpu-${platformName}`])
  })

  it.runIf(process.platform === 'linux')('knows the C library and how libraries are called', () => {
    expect(sharedLibraryName('openvino')).toBe('libopenvino.so')
    const { name, version } = detectCLibrary()
    expect(['glibc', 'musl']).toContain(name)
    if (name === 'glibc') expect(version).toMatch(/^2\.\d+/)
  })
})

describe('readBinaryFacts', () => {
  it('reads architecture and completeness of an ELF file', () => {
    expect(readBinaryFacts(elfFile('whole', 0x3e, 100, 228))).toEqual({ architecture: 'x64', complete: true })
    expect(readBinaryFacts(elfFile('cut', 0x3e, 100, 227))).toEqual({ architecture: 'x64', complete: false })
    expect(readBinaryFacts(elfFile('arm', 0xb7, 64, 192)).architecture).toBe('arm64')
    expect(readBinaryFacts(elfFile('odd', 0x1234, 64, 192)).architecture).toBe('machine 4660')
  })

  it.runIf(process.platform === 'linux')('agrees with the Node that runs it', () => {
    expect(readBinaryFacts(process.execPath)).toEqual({ architecture: process.arch, complete: true })
  })

  it('says nothing about other files', () => {
    const path = join(folder, 'text')
    writeFileSync(path, 'text')
    expect(readBinaryFacts(path)).toEqual({ architecture: null, complete: true })
  })
})
