import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import yazl from 'yazl'
import { encodeNpy, type NpyArray } from '../../../lib/dataset/npy.js'
import { openNpz, readNpz, writeNpz } from '../../../lib/dataset/npz.js'
import { coded, type ExpectedArray, expectArray, expected, folder, temporaryFolder } from './npy-fixtures.js'

const temporary = await temporaryFolder()
const npzFiles = Object.keys(expected).filter((name) => name.endsWith('.npz'))
const array: NpyArray<'i16'> = { type: 'i16', shape: [2, 3], data: Int16Array.of(1, -2, 3, -4, 5, -6) }

async function makeZip(name: string, fill: (zip: yazl.ZipFile) => void, zip64 = false): Promise<string> {
  const zip = new yazl.ZipFile()
  fill(zip)
  zip.end({ forceZip64Format: zip64, comment: '' })
  const path = join(temporary, name)
  await writeFile(path, zip.outputStream as Readable)
  return path
}

describe('files written by NumPy', () => {
  it.each(npzFiles)('%s is read exactly', async (name) => {
    const arrays = await readNpz(join(folder, name))
    const contents = expected[name] as Record<string, ExpectedArray>
    expect(Object.keys(arrays)).toEqual(Object.keys(contents))
    for (const [key, facts] of Object.entries(contents)) expectArray(arrays[key] as NpyArray, facts)
  })

  it.each(['stored.npz', 'piped-stored.npz'])('%s is read row by row', async (name) => {
    await using file = await openNpz(join(folder, name))
    expect(file.names).toEqual(['images', 'labels', 'scalar'])
    const whole = (await file.read('images')).data as Float32Array
    const reader = await file.openRows('images')
    expect(reader.rows).toBe(4)
    const parts = await Promise.all([3, 0, 2, 1].map((row) => reader.readRows(row, 1)))
    expect([3, 0, 2, 1].map((row) => whole.slice(row * 6, row * 6 + 6))).toEqual(parts.map(({ data }) => data))
  })

  it('of compressed arrays rows cannot be read', async () => {
    await using file = await openNpz(join(folder, 'deflated.npz'))
    await expect(file.openRows('images')).rejects.toEqual(coded('NPZ_INVALID'))
  })
})

describe('other archives', () => {
  it('with zip64 records everywhere are read', async () => {
    const bytes = Buffer.concat(encodeNpy(array))
    const path = await makeZip(
      'zip64.npz',
      (zip) => {
        zip.addBuffer(bytes, 'stored.npy', { compress: false, forceZip64Format: true })
        zip.addReadStream(Readable.from([bytes]), 'piped.npy', { compress: true, forceZip64Format: true })
      },
      true,
    )
    expect(await readNpz(path)).toEqual({ stored: array, piped: array })
    await using file = await openNpz(path)
    expect((await (await file.openRows('stored')).readRows(1, 1)).data).toEqual(Int16Array.of(-4, 5, -6))
  })

  it('may hold other files, which are left out', async () => {
    const path = await makeZip('mixed.npz', (zip) => {
      zip.addBuffer(Buffer.from('hello'), 'readme.txt')
      zip.addEmptyDirectory('folder')
      zip.addBuffer(Buffer.concat(encodeNpy(array)), 'folder/x.npy')
    })
    expect(await readNpz(path)).toEqual({ 'folder/x': array })
  })

  it('may be empty', async () => {
    expect(await readNpz(await makeZip('empty.npz', () => {}))).toEqual({})
  })

  it('say which arrays they have', async () => {
    await using file = await openNpz(join(folder, 'stored.npz'))
    await expect(file.read('image')).rejects.toEqual(
      coded('NPZ_ARRAY_NOT_FOUND', { message: expect.stringMatching(/"image".*images, labels, scalar/) }),
    )
    await expect(file.openRows('__proto__')).rejects.toEqual(coded('NPZ_ARRAY_NOT_FOUND'))
  })

  it('pass on what is wrong with an array, and name it', async () => {
    const path = await makeZip('wrong.npz', (zip) => {
      zip.addBuffer(Buffer.from('not numpy at all'), 'a.npy')
      zip.addBuffer(Buffer.concat(encodeNpy(array)).subarray(0, 130), 'b.npy')
    })
    await using file = await openNpz(path)
    await expect(file.read('a')).rejects.toEqual(coded('NPY_INVALID', { message: expect.stringContaining('a.npy in ') }))
    await expect(file.read('b')).rejects.toEqual(coded('NPY_TRUNCATED', { message: expect.stringContaining('b.npy in ') }))
  })
})

describe('damaged archives', () => {
  const names = ['stored.npz', 'deflated.npz', 'piped-deflated.npz']
  const originals: Record<string, string> = {}

  // NaN is written as null, the same on both sides.
  const textOf = (arrays: Record<string, NpyArray>) =>
    JSON.stringify(Object.entries(arrays), (_, value) => (typeof value === 'bigint' ? String(value) : value))

  beforeAll(async () => {
    for (const name of names) originals[name] = textOf(await readNpz(join(folder, name)))
  })

  it.each(names)('%s, cut anywhere, is a coded error', async (name) => {
    const bytes = readFileSync(join(folder, name))
    const path = join(temporary, `cut-${name}`)
    for (let length = 0; length < bytes.length; length += 7) {
      await writeFile(path, bytes.subarray(0, length))
      await expect(readNpz(path)).rejects.toEqual(coded('NPZ_INVALID'))
    }
  })

  // Every byte of the data is covered by a checksum: a change is found, or it hit something that does not matter (a
  // date, a comment, an attribute).
  it.each(names)('%s with one wrong byte is a coded error or still the same arrays', async (name) => {
    const bytes = Buffer.from(readFileSync(join(folder, name)))
    const path = join(temporary, `wrong-${name}`)
    let refused = 0
    for (let at = 0; at < bytes.length; at += 3) {
      const before = bytes[at] as number
      bytes[at] = before ^ 0x11
      await writeFile(path, bytes)
      try {
        const arrays = await readNpz(path)
        // Names are not covered by anything.
        if (Object.keys(arrays).join() === 'images,labels,scalar') expect(textOf(arrays)).toBe(originals[name])
      } catch (error) {
        refused++
        expect((error as { code?: string }).code, String((error as Error).stack)).toMatch(/^NP[YZ]_/)
      }
      bytes[at] = before
    }
    expect(refused).toBeGreaterThan(bytes.length / 3 / 4)
  })

  it('with a wrong checksum says so', async () => {
    const bytes = Buffer.from(readFileSync(join(folder, 'stored.npz')))
    const at = bytes.indexOf('NUMPY') + 140
    bytes[at] = (bytes[at] as number) ^ 1
    const path = join(temporary, 'checksum.npz')
    await writeFile(path, bytes)
    await expect(readNpz(path)).rejects.toEqual(coded('NPZ_INVALID', { message: expect.stringContaining('checksum') }))
  })

  it('that claim a size nothing could unpack to take no memory', async () => {
    const bytes = Buffer.from(readFileSync(join(folder, 'piped-deflated.npz')))
    const directory = bytes.indexOf('PK\x01\x02', 'latin1')
    bytes.writeUInt32LE(0xfffffff0, directory + 24)
    const path = join(temporary, 'bomb.npz')
    await writeFile(path, bytes)
    const before = process.memoryUsage().arrayBuffers
    await expect(readNpz(path)).rejects.toEqual(coded('NPZ_INVALID', { message: expect.stringContaining('claims to unpack') }))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26)
  })

  it('of other kinds are refused', async () => {
    const path = join(temporary, 'text.npz')
    await writeFile(path, 'this is no archive, however long it may be')
    await expect(openNpz(path)).rejects.toEqual(coded('NPZ_INVALID'))
    await expect(openNpz(join(folder, 'f32.npy'))).rejects.toEqual(coded('NPZ_INVALID'))
    await expect(openNpz(temporary)).rejects.toEqual(coded('FILE_NOT_READ'))
    await expect(openNpz(join(temporary, 'nowhere.npz'))).rejects.toEqual(coded('FILE_NOT_FOUND'))
  })
})

describe('writing', () => {
  const arrays: Record<string, NpyArray> = {
    array,
    empty: { type: 'f32', shape: [0, 3], data: new Float32Array() },
    scalar: { type: 'i64', shape: [], data: BigInt64Array.of(-5n) },
    größe: { type: 'string', shape: [2], data: ['a', '\u{1f600}'] },
    'in/a/folder': { type: 'bool', shape: [1], data: Uint8Array.of(1) },
  }

  it('comes back as it was, and is the same file every time', async () => {
    const path = join(temporary, 'written.npz')
    await writeNpz(path, arrays)
    expect(await readNpz(path)).toEqual(arrays)
    const first = readFileSync(path)
    await writeNpz(path, arrays)
    expect(readFileSync(path).equals(first)).toBe(true)
  })

  it('takes arrays larger than one chunk, and rows of them can be read', async () => {
    const path = join(temporary, 'large.npz')
    const data = Float32Array.from({ length: 500_000 }, (_, i) => i)
    await writeNpz(path, { large: { type: 'f32', shape: [500, 1000], data }, array })
    await using file = await openNpz(path)
    expect((await file.read('large')).data).toEqual(data)
    expect((await (await file.openRows('large')).readRows(499, 1)).data).toEqual(data.slice(499_000))
    expect(await file.read('array')).toEqual(array)
  })

  it('refuses names that no file can have and types that NumPy does not have', async () => {
    const path = join(temporary, 'refused.npz')
    for (const name of ['', '/etc/x', '../x', 'a\\b']) {
      await expect(writeNpz(path, { [name]: array })).rejects.toEqual(coded('OPTION_INVALID'))
    }
    const brain: NpyArray = { type: 'bf16', shape: [1], data: new Uint16Array(1) }
    await expect(writeNpz(path, { brain })).rejects.toEqual(coded('NPY_UNSUPPORTED_DTYPE'))
    await expect(readNpz(path)).rejects.toEqual(coded('FILE_NOT_FOUND'))
  })

  it('is an error where the folder does not exist', async () => {
    await expect(writeNpz(join(temporary, 'missing', 'x.npz'), arrays)).rejects.toEqual(coded('FILE_NOT_WRITTEN'))
  })
})

describe('closing', () => {
  it('ends all reading', async () => {
    const file = await openNpz(join(folder, 'stored.npz'))
    const reading = file.read('images')
    const rows = await file.openRows('labels')
    await reading
    await file.close()
    await file.close()
    await expect(file.read('images')).rejects.toEqual(coded('FILE_NOT_READ'))
    await expect(file.openRows('images')).rejects.toEqual(coded('FILE_NOT_READ'))
    await expect(rows.readRows(0, 1)).rejects.toEqual(coded('FILE_NOT_READ'))
  })
})
