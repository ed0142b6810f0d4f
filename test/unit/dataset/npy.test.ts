import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeNpy, encodeNpy, type NpyArray, openNpy, readNpy, writeNpy } from '../../../lib/dataset/npy.js'
import { createElementArray, elementTypeNames, elementTypes } from '../../../lib/tensor/element-type.js'
import { coded, type ExpectedArray, expectArray, expected, folder, npyBytes, temporaryFolder } from './npy-fixtures.js'

const temporary = await temporaryFolder()
const npyFiles = Object.entries(expected).filter(([name]) => name.endsWith('.npy'))
const readable = npyFiles.filter(([, facts]) => facts.unsupported === undefined)
const unsupported = npyFiles.filter(([, facts]) => facts.unsupported !== undefined)

describe('files written by NumPy', () => {
  it('are all there', () => {
    expect(readable.length).toBeGreaterThanOrEqual(45)
    expect(unsupported.length).toBeGreaterThanOrEqual(7)
  })

  it.each(readable)('%s is read exactly', async (name, facts) => {
    expectArray(await readNpy(join(folder, name)), facts)
    expectArray(decodeNpy(readFileSync(join(folder, name))), facts)
  })

  it.each(unsupported)('%s is refused by name', async (name) => {
    await expect(readNpy(join(folder, name))).rejects.toEqual(coded('NPY_UNSUPPORTED_DTYPE'))
    expect(() => decodeNpy(readFileSync(join(folder, name)))).toThrow(coded('NPY_UNSUPPORTED_DTYPE'))
  })

  it('are read from the middle of a larger buffer', () => {
    const file = readFileSync(join(folder, 'f64.npy'))
    const larger = new Uint8Array(file.length + 3)
    larger.set(file, 3)
    expectArray(decodeNpy(larger.subarray(3)), expected['f64.npy'] as ExpectedArray)
  })
})

describe('rows', () => {
  const withRows = readable.filter(([, { shape }]) => shape.length > 0)

  it.each(withRows)('of %s are the same as those of the whole', async (name, { shape: [rows = 0] }) => {
    await using file = await openNpy(join(folder, name))
    const whole = await file.readAll()
    expect(file.rows).toBe(rows)
    const rowLength = rows === 0 ? 0 : whole.data.length / rows
    for (let start = 0; start <= rows; start++) {
      for (let count = 0; start + count <= rows; count++) {
        const part = await file.readRows(start, count)
        expect(part.shape).toEqual([count, ...whole.shape.slice(1)])
        expect(part.data).toEqual(whole.data.slice(start * rowLength, (start + count) * rowLength))
      }
    }
  })

  it('of a column-major file are gathered over many stretches', async () => {
    // 700 columns of 12 kB each: more than one stretch; rows read from the middle.
    const [rows, columns] = [3000, 700]
    const data = new Float32Array(rows * columns)
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) data[column * rows + row] = row * 1000 + column
    }
    const path = join(temporary, 'columns.npy')
    const header = `{'descr': '<f4', 'fortran_order': True, 'shape': (${rows}, 7, 100), }`
    await writeFile(path, npyBytes(header, new Uint8Array(data.buffer)))
    await using file = await openNpy(path)
    const part = await file.readRows(1234, 5)
    expect(part.shape).toEqual([5, 7, 100])
    for (let row = 0; row < 5; row++) {
      for (let i = 0; i < 7; i++) {
        for (let j = 0; j < 100; j++) {
          // Column-major: the second axis varies faster than the third.
          expect((part.data as Float32Array)[(row * 7 + i) * 100 + j]).toBe((1234 + row) * 1000 + j * 7 + i)
        }
      }
    }
  })

  it('that are not there are refused', async () => {
    await using file = await openNpy(join(folder, 'f32.npy'))
    for (const [start, count] of [
      [-1, 1],
      [0, 4],
      [4, 0],
      [3, 1],
      [0.5, 1],
      [0, Number.NaN],
      [0, -1],
    ] as const) {
      await expect(file.readRows(start, count)).rejects.toEqual(coded('OPTION_INVALID'))
    }
    await using scalar = await openNpy(join(folder, 'scalar.npy'))
    expect(scalar.rows).toBe(0)
    await expect(scalar.readRows(0, 1)).rejects.toEqual(coded('OPTION_INVALID'))
    expect([...((await scalar.readAll()).data as Float32Array)]).toEqual([2.5])
  })

  it('can be read at the same time, and not after closing', async () => {
    const file = await openNpy(join(folder, 'i32.npy'))
    const parts = await Promise.all([0, 1, 2].map((start) => file.readRows(start, 1)))
    const whole = (await file.readAll()).data as Int32Array
    expect(parts.flatMap(({ data }) => [...(data as Int32Array)])).toEqual([...whole])
    await file.close()
    await file.close()
    await expect(file.readRows(0, 1)).rejects.toEqual(coded('FILE_NOT_READ'))
    await expect(file.readAll()).rejects.toEqual(coded('FILE_NOT_READ'))
  })

  it('are noticed to be gone when the file was shortened meanwhile', async () => {
    const path = join(temporary, 'shortened.npy')
    await writeNpy(path, { type: 'f32', shape: [100, 10], data: new Float32Array(1000) })
    await using file = await openNpy(path)
    await truncate(path, 500)
    await expect(file.readRows(90, 10)).rejects.toEqual(coded('NPY_TRUNCATED'))
    await expect(file.readRows(0, 1)).resolves.toBeDefined()
  })
})

describe('damaged files', () => {
  const good = readFileSync(join(folder, 'f32.npy'))

  it('are NPY_TRUNCATED at every length', async () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeNpy(good.subarray(0, length))).toThrow(coded('NPY_TRUNCATED'))
    }
    const path = join(temporary, 'truncated.npy')
    for (const length of [0, 5, 9, 11, 60, 128, good.length - 1]) {
      await writeFile(path, good.subarray(0, length))
      await expect(readNpy(path)).rejects.toEqual(coded('NPY_TRUNCATED'))
    }
  })

  it('say so where bytes follow the array', () => {
    expect(() => decodeNpy(Buffer.concat([good, good]))).toThrow(/bytes follow the array/)
  })

  it.each<[string, Buffer]>([
    ['another format', Buffer.from('PK\x03\x04 and so on, long enough')],
    ['an unknown version', Buffer.concat([good.subarray(0, 6), Buffer.from([9, 0]), good.subarray(8)])],
    ['no dictionary', npyBytes("('descr', 'fortran_order', 'shape')")],
    ['a key missing', npyBytes("{'descr': '<f4', 'shape': (1,)}", new Uint8Array(4))],
    ['a key too many', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", new Uint8Array(4))],
    ['a key twice', npyBytes("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4))],
    ['code instead of a value', npyBytes("{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}")],
    ['an expression', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2*3,)}")],
    ['a list as shape', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}", new Uint8Array(4))],
    ['a number as shape', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", new Uint8Array(4))],
    ['a negative length', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")],
    ['a length of True', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}", new Uint8Array(4))],
    ['a length beyond numbers', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}")],
    ['a size beyond numbers', npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (4503599627370496, 4096)}")],
    ['0 or 1 as order', npyBytes("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", new Uint8Array(4))],
    ['an open string', npyBytes("{'descr': '<f4")],
    ['deep nesting', npyBytes('('.repeat(5000))],
    [
      'a header that claims gigabytes',
      Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), Buffer.from([255, 255, 255, 255])]),
    ],
    [
      'bytes that are no UTF-8',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4), 3).fill(0xff, 20, 21),
    ],
    [
      'a code point beyond Unicode',
      npyBytes("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", new Uint8Array([0, 0, 0x11, 0])),
    ],
    ['text that is no UTF-8', npyBytes("{'descr': '|S2', 'fortran_order': False, 'shape': (1,)}", new Uint8Array([0xc3, 0x28]))],
  ])('with %s are NPY_INVALID', (_, bytes) => {
    expect(() => decodeNpy(bytes, { name: 'x.npy' })).toThrow(coded('NPY_INVALID', { message: expect.stringContaining('x.npy') }))
  })

  it('never take memory for a size that the file does not have', async () => {
    const path = join(temporary, 'huge.npy')
    await writeFile(path, npyBytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}"))
    await expect(readNpy(path)).rejects.toEqual(coded('NPY_TRUNCATED'))
  })

  it('give a coded error or an array for any single wrong byte', () => {
    const bytes = Buffer.from(readFileSync(join(folder, 'i16-fortran.npy')))
    let refused = 0
    for (let at = 0; at < 128; at++) {
      for (const value of [0, 1, 0x27, 0x30, 0x39, 0x7f, 0xff]) {
        const before = bytes[at] as number
        bytes[at] = value
        try {
          decodeNpy(bytes)
        } catch (error) {
          refused++
          expect((error as { code?: string }).code).toMatch(/^NPY_/)
        }
        bytes[at] = before
      }
    }
    expect(refused).toBeGreaterThan(300)
  })
})

describe('other spellings of a header', () => {
  const data = new Uint8Array(Float32Array.of(1, 2).buffer)
  it.each([
    ['{"descr": "<f4", "fortran_order": False, "shape": (2,)}'],
    ["{'shape': (2L,), 'fortran_order': False, 'descr': '<f4'}\n"],
    ["{u'descr': u'<f4', u'fortran_order': False, u'shape': (2,), }   \n"],
    ["{\n 'descr' : '\\x3cf4' , 'fortran_order' : False , 'shape' : ( 2 , ) }"],
  ])('%s', (dictionary) => {
    expect([...(decodeNpy(npyBytes(dictionary, data)).data as Float32Array)]).toEqual([1, 2])
  })

  it('takes any byte but 0 for True', () => {
    const array = decodeNpy(npyBytes("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", new Uint8Array([0, 1, 200])))
    expect([...(array.data as Uint8Array)]).toEqual([0, 1, 1])
  })
})

describe('files that cannot be opened', () => {
  it('are coded errors', async () => {
    await expect(readNpy(join(temporary, 'nowhere.npy'))).rejects.toEqual(coded('FILE_NOT_FOUND'))
    await expect(readNpy(temporary)).rejects.toEqual(coded('FILE_NOT_READ'))
    await expect(readNpy(join(folder, 'f32.npy', 'x'))).rejects.toEqual(coded('FILE_NOT_READ'))
  })
})

describe('writing', () => {
  const written = elementTypeNames.filter((type) => elementTypes[type].numpy !== null)

  it.each(written)('%s comes back as it was', async (type) => {
    const path = join(temporary, `${type}.npy`)
    for (const shape of [[], [3], [2, 3], [0, 4], [1, 2, 1, 3]]) {
      const data = createElementArray(
        type,
        shape.reduce((a, b) => a * b, 1),
      )
      for (let i = 0; i < data.length; i++) {
        data[i] = (
          type === 'string'
            ? ['', 'größer', '\u{1f600}'][i % 3]
            : elementTypes[type].bits === 64 && type !== 'f64'
              ? BigInt(i)
              : i % 2
        ) as never
      }
      await writeNpy(path, { type, shape, data } as NpyArray)
      expect(await readNpy(path)).toEqual({ type, shape, data })
    }
  })

  it.each(
    readable.filter(([name]) => /^(f32|f16|i64|bool|string|empty-rows|scalar|u8|many-dimensions|one-dimension)\.npy$/.test(name)),
  )('%s becomes the very bytes that NumPy wrote', (name) => {
    const file = readFileSync(join(folder, name))
    expect(Buffer.concat(encodeNpy(decodeNpy(file))).equals(file)).toBe(true)
  })

  it('aligns the elements to 64 bytes, whatever the shape', () => {
    for (let dimensions = 0; dimensions < 40; dimensions++) {
      const shape = new Array<number>(dimensions).fill(1)
      const [header] = encodeNpy({ type: 'u8', shape, data: new Uint8Array(1) })
      expect(header.length % 64).toBe(0)
      expect(header.at(-1)).toBe(0x0a)
    }
  })

  it('refuses what NumPy does not have, and data that does not fit', () => {
    const refuse = (array: object, code: string) => expect(() => encodeNpy(array as NpyArray)).toThrow(coded(code))
    refuse({ type: 'bf16', shape: [1], data: new Uint16Array(1) }, 'NPY_UNSUPPORTED_DTYPE')
    refuse({ type: 'i4', shape: [2], data: new Uint8Array(1) }, 'NPY_UNSUPPORTED_DTYPE')
    refuse({ type: 'f32', shape: [2], data: new Float32Array(3) }, 'TENSOR_DATA_INVALID')
    refuse({ type: 'f32', shape: [3], data: new Float64Array(3) }, 'TENSOR_DATA_INVALID')
    refuse({ type: 'string', shape: [1], data: [1] }, 'TENSOR_DATA_INVALID')
    refuse({ type: 'float', shape: [1], data: new Float32Array(1) }, 'TENSOR_TYPE_INVALID')
    refuse({ type: 'f32', shape: [-1], data: new Float32Array(1) }, 'TENSOR_SHAPE_INVALID')
  })

  it('keeps the old file, and nothing else, when it fails', async () => {
    const place = join(temporary, 'kept')
    await mkdir(place)
    const path = join(place, 'x.npy')
    const array: NpyArray = { type: 'u8', shape: [1], data: new Uint8Array([7]) }
    await writeNpy(path, array)
    await expect(writeNpy(path, { ...array, shape: [2] })).rejects.toEqual(coded('TENSOR_DATA_INVALID'))
    await expect(writeNpy(join(place, 'missing', 'x.npy'), array)).rejects.toEqual(coded('FILE_NOT_WRITTEN'))
    await mkdir(join(place, 'folder.npy'))
    await expect(writeNpy(join(place, 'folder.npy'), array)).rejects.toEqual(coded('FILE_NOT_WRITTEN'))
    expect(await readNpy(path)).toEqual(array)
    expect((await readdir(place)).sort()).toEqual(['folder.npy', 'x.npy'])
  })

  it('follows a link and keeps the permissions of the file it replaces', async () => {
    const target = join(temporary, 'target.npy')
    const link = join(temporary, 'link.npy')
    await writeFile(target, 'old', { mode: 0o600 })
    await symlink(target, link)
    await writeNpy(link, { type: 'u8', shape: [1], data: new Uint8Array([7]) })
    expect((await readNpy(target)).data).toEqual(new Uint8Array([7]))
    expect(statSync(target).mode & 0o777).toBe(0o600)
  })

  it.skipIf(!existsSync('/dev/full'))('says so when the disk is full', async () => {
    const array: NpyArray = { type: 'u8', shape: [1], data: new Uint8Array(1) }
    await expect(writeNpy('/dev/full', array)).rejects.toEqual(
      coded('FILE_NOT_WRITTEN', { message: expect.stringContaining('ENOSPC') }),
    )
    expect(existsSync('/dev/full')).toBe(true)
  })
})
