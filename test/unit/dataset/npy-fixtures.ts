import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'
import type { NpyArray } from '../../../lib/dataset/npy.js'
import { type ElementType, elementTypes } from '../../../lib/tensor/element-type.js'

/** Files that NumPy wrote (scripts/make-npy-fixtures.py), and what is in them. */
export const folder = fileURLToPath(new URL('../../reference/npy', import.meta.url))

/** Row-major, little-endian bytes as hex, or strings. */
export interface ExpectedArray {
  type: ElementType
  shape: number[]
  hex?: string
  values?: string[]
}

export const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  ExpectedArray & { unsupported?: true } & Record<string, ExpectedArray>
>

export function expectArray(array: NpyArray, { type, shape, hex, values }: ExpectedArray): void {
  expect(array.type).toBe(type)
  expect(array.shape).toEqual(shape)
  if (Array.isArray(array.data)) {
    expect(array.data).toEqual(values)
    return
  }
  expect(array.data).toBeInstanceOf(elementTypes[type].array)
  expect(littleEndianHex(array.data)).toBe(hex)
}

function littleEndianHex(data: Exclude<NpyArray['data'], string[]>): string {
  const bytes = Buffer.from(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  if (endianness() === 'BE' && data.BYTES_PER_ELEMENT === 2) bytes.swap16()
  if (endianness() === 'BE' && data.BYTES_PER_ELEMENT === 4) bytes.swap32()
  if (endianness() === 'BE' && data.BYTES_PER_ELEMENT === 8) bytes.swap64()
  return bytes.toString('hex')
}

/** An error of ours with this code. */
export function coded(code: string, details: object = {}): unknown {
  return expect.objectContaining({ name: 'EngineryError', code, ...details })
}

/** A folder that is removed after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'enginery-npy-'))
  afterAll(() => rm(path, { recursive: true, force: true }))
  return path
}

/** A version 1.0 file with any header and data. */
export function npyBytes(dictionary: string, data: Uint8Array = new Uint8Array(), version = 1): Buffer {
  const text = Buffer.from(dictionary, version === 3 ? 'utf8' : 'latin1')
  const prefix = Buffer.alloc(version === 1 ? 10 : 12)
  prefix.write('\x93NUMPY', 'latin1')
  prefix[6] = version
  if (version === 1) prefix.writeUInt16LE(text.length, 8)
  else prefix.writeUInt32LE(text.length, 8)
  return Buffer.concat([prefix, text, data])
}
