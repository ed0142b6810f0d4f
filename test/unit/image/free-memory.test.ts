import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { decodeImage } from '../../../lib/image/decode-image.js'
import { freeMemory } from '../../../lib/image/free-memory.js'
import { makePicture } from './make-picture.js'

it('takes the memory from bytes that are all of it', () => {
  const bytes = new Uint8Array(1000)
  freeMemory(bytes)
  expect(bytes.buffer.byteLength).toBe(0)
})

it('takes it from what sharp decoded and what was read from a file', async () => {
  const encoded = await sharp(makePicture(12, 7), { raw: { width: 12, height: 7, channels: 3 } })
    .png()
    .toBuffer()
  const { data } = await decodeImage(encoded)
  expect(data).toHaveLength(12 * 7 * 3)
  freeMemory(data)
  expect(data).toHaveLength(0)

  const path = join(tmpdir(), `enginery-free-memory-${process.pid}.png`)
  await writeFile(path, encoded)
  const read = await readFile(path)
  freeMemory(read)
  expect(read).toHaveLength(0)
})

it('leaves alone what others may look at', async () => {
  const whole = Uint8Array.from({ length: 100 }, (_, i) => i)
  freeMemory(whole.subarray(1))
  freeMemory(whole.subarray(0, 99))
  expect(whole[99]).toBe(99)

  const shared = new Uint8Array(new SharedArrayBuffer(10)).fill(3)
  freeMemory(shared)
  expect(shared).toHaveLength(10)

  const encoded = await sharp(makePicture(12, 7), { raw: { width: 12, height: 7, channels: 3 } })
    .png()
    .toBuffer()
  const before = Uint8Array.from(encoded)
  await decodeImage(encoded)
  expect(Uint8Array.from(encoded)).toEqual(before)
})

it('does nothing a second time', () => {
  const bytes = new Uint8Array(10)
  freeMemory(bytes)
  expect(() => freeMemory(bytes)).not.toThrow()
})
