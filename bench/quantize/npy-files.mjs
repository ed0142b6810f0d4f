// NumPy's .npy, as far as the benchmarks need it: float32, rows first.
import { open } from 'node:fs/promises'

/**
 * @param {string} path
 * @param {readonly number[]} shape
 * @param {Iterable<Float32Array> | AsyncIterable<Float32Array>} parts one after the other; together they fill the shape
 */
export async function writeFloats(path, shape, parts) {
  const told = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = `${told.padEnd(Math.ceil((told.length + 11) / 64) * 64 - 11)}\n`
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8])
  const file = await open(path, 'w')
  try {
    await file.write(Buffer.concat([prefix, Buffer.from(header, 'latin1')]))
    let written = 0
    for await (const part of parts) {
      await file.write(Buffer.from(part.buffer, part.byteOffset, part.byteLength))
      written += part.length
    }
    const expected = shape.reduce((product, length) => product * length, 1)
    if (written !== expected)
      throw new Error(`${path}: expected ${expected} numbers for ${shape.join(' x ')}, received ${written}`)
  } finally {
    await file.close()
  }
}

/** The first rows of such a file, and its shape. */
export async function readFloats(path, count) {
  const file = await open(path)
  try {
    const start = Buffer.alloc(10)
    await file.read(start, 0, 10, 0)
    const header = Buffer.alloc(start.readUInt16LE(8))
    await file.read(header, 0, header.length, 10)
    const shape = /'shape': \(([^)]*)\)/
      .exec(header.toString('latin1'))[1]
      .split(',')
      .filter((part) => part.trim())
      .map(Number)
    const row = shape.slice(1).reduce((product, length) => product * length, 1)
    const rows = []
    for (let index = 0; index < Math.min(count, shape[0]); index++) {
      const floats = new Float32Array(row)
      await file.read(new Uint8Array(floats.buffer), 0, 4 * row, 10 + header.length + 4 * row * index)
      rows.push(floats)
    }
    return { shape, rows }
  } finally {
    await file.close()
  }
}
