import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCalibrationSource } from '../../../lib/api/calibration/calibration-source.js'
import type { SampleInput } from '../../../lib/calibration/prepare-samples.js'
import { writeNpy } from '../../../lib/dataset/npy.js'
import type { NpyArray } from '../../../lib/dataset/npy-elements.js'
import { writeNpz } from '../../../lib/dataset/npz.js'
import { type CalibrationOptions, calibrationSchema } from '../../../lib/quantization/quantize-options.js'
import { Tensor } from '../../../lib/tensor/tensor.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-source-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const picture: SampleInput = { name: 'x', elementType: 'f32', shape: [null, 2, 3] }
const mask: SampleInput = { name: 'mask', elementType: 'i64', shape: [null, 2] }

function counting(shape: number[], start = 0): NpyArray {
  const length = shape.reduce((product, each) => product * each, 1)
  return { type: 'f32', shape, data: Float32Array.from({ length }, (_, at) => at + start) }
}

async function write(name: string, array: NpyArray): Promise<string> {
  const path = join(folder, name)
  await writeNpy(path, array)
  return path
}

async function readAll(options: CalibrationOptions, inputs: readonly SampleInput[] = [picture]) {
  const source = await openCalibrationSource(calibrationSchema.parse(options), inputs)
  try {
    const passes: { shape: readonly number[]; data: number[] }[][] = []
    for (let pass = 0; pass < (source.isRepeatable ? 2 : 1); pass++) {
      const samples: { shape: readonly number[]; data: number[] }[] = []
      for await (const sample of source.samples()) {
        expect(Object.keys(sample)).toEqual(inputs.map(({ name }) => name))
        const tensors = Object.values(sample)
        samples.push({
          shape: tensors[0]?.shape ?? [],
          data: tensors.flatMap(({ data }) => Array.from(data as Float32Array, Number)),
        })
      }
      passes.push(samples)
    }
    if (passes.length === 2) expect(passes[1]).toEqual(passes[0])
    return { samples: passes[0] ?? [], count: source.count, identity: await source.identity(), description: source.description }
  } finally {
    await source.close()
  }
}

describe('samples from .npy', () => {
  it('are the rows, with a batch of 1, however many are read ahead', async () => {
    const data = await write('rows.npy', counting([5, 2, 3]))
    for (const ahead of [0, 2, 20]) {
      const { samples, count } = await readAll({ data, ahead })
      expect(count).toBe(5)
      expect(samples.map(({ shape }) => shape)).toEqual(Array(5).fill([1, 2, 3]))
      expect(samples.flatMap((sample) => sample.data)).toEqual(Array.from({ length: 30 }, (_, at) => at))
    }
  })

  it('are drawn where there are more than wanted, by the seed, in their order', async () => {
    const data = await write('many.npy', counting([50, 2, 3]))
    const first = await readAll({ data, samples: 10 })
    const again = await readAll({ data, samples: 10 })
    const other = await readAll({ data, samples: 10, seed: 1 })
    const rows = first.samples.map((sample) => (sample.data[0] as number) / 6)
    expect(rows).toHaveLength(10)
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
    expect(again).toEqual(first)
    expect(other.samples).not.toEqual(first.samples)
    expect(new Set([first.identity, other.identity, (await readAll({ data })).identity]).size).toBe(3)
    expect(first.description).toContain('10 of 50 samples')
  })

  it('keep a batch that the rows have already', async () => {
    const data = await write('batches.npy', counting([2, 4, 2, 3]))
    expect((await readAll({ data })).samples.map(({ shape }) => shape)).toEqual([
      [4, 2, 3],
      [4, 2, 3],
    ])
  })

  it('are converted where every element is the same number', async () => {
    const bytes = await write('bytes.npy', { type: 'u8', shape: [1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) })
    expect((await readAll({ data: bytes })).samples[0]?.data).toEqual([1, 2, 3, 4, 5, 255])
    const doubles = await write('doubles.npy', { type: 'f64', shape: [1, 2, 3], data: Float64Array.of(1, 2, 0.1, 4, 5, 6) })
    await expect(readAll({ data: doubles })).rejects.toMatchObject({
      code: 'CALIBRATION_SAMPLE_INVALID',
      message: expect.stringContaining('f64 with 0.1 at position 2'),
    })
  })

  it.each([
    ['make-samples.js', 'export const samples = []\nexport default samples\n'],
    ['photo.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['empty.txt', ''],
  ])('are not in %s, and what could be is named', async (name, content) => {
    const path = join(folder, name)
    await writeFile(path, content)
    await expect(readAll({ data: path })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(
        /expected a \.npy or \.npz file, a folder of pictures .*, or a text file .*; received .*, which is none/,
      ),
    })
  })

  it('are missing where a list of pictures names none that is there', async () => {
    const path = join(folder, 'list.txt')
    await writeFile(path, 'gone/a.jpg\ngone/b.PNG\n')
    await expect(readAll({ data: path })).rejects.toMatchObject({ code: 'DATASET_EMPTY' })
  })

  it('are rounded for an input of 16 bits, and refused where that makes them infinite', async () => {
    const half: SampleInput = { ...picture, elementType: 'f16' }
    const data = Float32Array.of(0.1, -2, 65519, Number.NaN, Number.NEGATIVE_INFINITY, 1e-9)
    const floats = await write('floats.npy', { type: 'f32', shape: [1, 2, 3], data })
    // As NumPy writes them: np.float32([...]).astype(np.float16).view(np.uint16)
    const bits = [0x2e66, 0xc000, 0x7bff, 0x7e00, 0xfc00, 0]
    expect((await readAll({ data: floats }, [half])).samples[0]?.data).toEqual(bits)
    expect((await readAll({ data: [{ x: data }] }, [half])).samples[0]?.data).toEqual(bits)
    const doubles = await write('wide.npy', { type: 'f64', shape: [1, 2, 3], data: Float64Array.of(0.1, 0, 0, 0, 0, 0) })
    expect((await readAll({ data: doubles }, [half])).samples[0]?.data[0]).toBe(0x2e66)
    const brain = (await readAll({ data: floats }, [{ ...picture, elementType: 'bf16' }])).samples[0]?.data
    expect(brain?.slice(0, 3)).toEqual([0x3dcd, 0xc000, 0x4780])
    for (const [value, elementType] of [
      [65520, 'f16'],
      [3.4e38, 'bf16'],
    ] as const) {
      const tooLarge = [{ x: Float32Array.of(0, 0, value, 0, 0, 0) }]
      await expect(readAll({ data: tooLarge }, [{ ...picture, elementType }])).rejects.toMatchObject({
        code: 'CALIBRATION_SAMPLE_INVALID',
        message: expect.stringMatching(new RegExp(`at position 2, which ${elementType} does not hold`)),
      })
    }
    const whole = [{ x: Tensor.from(Int32Array.of(0, 0, 4097, 0, 0, 0), [1, 2, 3]) }]
    await expect(readAll({ data: whole }, [half])).rejects.toMatchObject({
      message: expect.stringContaining('4097 at position 2'),
    })
  })

  it('go to inputs by name, and must be as many for each', async () => {
    const x = await write('x.npy', counting([3, 2, 3]))
    const ids = await write('mask.npy', { type: 'i32', shape: [3, 2], data: Int32Array.of(1, 1, 1, 0, 0, 0) })
    const { samples } = await readAll({ data: { x, mask: ids } }, [picture, mask])
    expect(samples[1]?.data).toEqual([6, 7, 8, 9, 10, 11, 1, 0])
    expect((await readAll({ data: { tensors: { x } } })).count).toBe(3)
    const short = await write('short.npy', { type: 'i64', shape: [2, 2], data: new BigInt64Array(4) })
    const both = [picture, mask]
    await expect(readAll({ data: { x, mask: short } }, both)).rejects.toMatchObject({ code: 'DATASET_INVALID' })
    await expect(readAll({ data: { x } }, both)).rejects.toMatchObject({ code: 'INPUT_MISSING' })
    await expect(readAll({ data: { x, maks: ids } }, both)).rejects.toMatchObject({ code: 'INPUT_UNKNOWN' })
    await expect(readAll({ data: x }, both)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it.each([
    ['a file that is not there', 'absent.npy', 'FILE_NOT_FOUND'],
    ['a folder that is not there', 'absent', 'FILE_NOT_FOUND'],
  ])('refuse %s', async (_, name, code) => {
    await expect(readAll({ data: join(folder, name) })).rejects.toMatchObject({ code })
  })

  it('refuse an array without rows', async () => {
    const data = await write('empty.npy', counting([0, 2, 3]))
    await expect(readAll({ data })).rejects.toMatchObject({ code: 'DATASET_EMPTY' })
  })
})

describe('samples from .npz', () => {
  it('are the rows of the only array, or of those called as the inputs', async () => {
    const path = join(folder, 'rows.npz')
    await writeNpz(path, { arr_0: counting([4, 2, 3]) })
    expect((await readAll({ data: path })).samples.map(({ data }) => data[0])).toEqual([0, 6, 12, 18])
    await writeNpz(path, {
      labels: counting([4]),
      mask: { type: 'i64', shape: [4, 2], data: new BigInt64Array(8) },
      x: counting([4, 2, 3]),
    })
    expect((await readAll({ data: path }, [picture, mask])).samples).toHaveLength(4)
    await expect(readAll({ data: path }, [{ ...picture, name: 'y' }])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining('labels, mask, x'),
    })
  })

  it('are the files of a folder, or the rows of each', async () => {
    const shards = join(folder, 'shards')
    const singles = join(folder, 'singles')
    await Promise.all([shards, singles].map((path) => rm(path, { recursive: true, force: true })))
    const { mkdir } = await import('node:fs/promises')
    await Promise.all([shards, singles].map((path) => mkdir(path)))
    for (const index of [0, 1, 2]) {
      await writeNpz(join(shards, `${index}.npz`), { x: counting([2, 2, 3], 100 * index) })
      await writeNpz(join(singles, `${index}.npz`), { x: counting([2, 3], 100 * index) })
    }
    await writeFile(join(shards, 'notes.txt'), 'not a sample')
    expect((await readAll({ data: shards })).samples.map(({ data }) => data[0])).toEqual([0, 6, 100, 106, 200, 206])
    const { samples } = await readAll({ data: singles })
    expect(samples.map(({ data, shape }) => [data[0], shape])).toEqual([0, 100, 200].map((start) => [start, [1, 2, 3]]))
  })
})

describe('samples given by the caller', () => {
  const sample = (start: number) => ({
    x: Tensor.from(
      Float32Array.from({ length: 6 }, (_, at) => at + start),
      [2, 3],
    ),
  })

  it('come from arrays, iterables, generators and functions that give them', async () => {
    async function* generate() {
      for (const start of [0, 10, 20]) yield sample(start)
    }
    const list = [0, 10, 20].map(sample)
    for (const data of [list, { [Symbol.iterator]: () => list[Symbol.iterator]() }, generate(), generate, () => list]) {
      const { samples, identity } = await readAll({ data })
      expect(samples.map((each) => each.data[0])).toEqual([0, 10, 20])
      expect(identity).toBeNull()
    }
    expect((await readAll({ data: list, id: 'mine' })).identity).toContain('mine')
    expect((await readAll({ data: list })).count).toBe(3)
  })

  it('are not asked for beyond what is used', async () => {
    let asked = 0
    function* endless() {
      for (;;) yield sample(asked++)
    }
    expect((await readAll({ data: endless(), samples: 4 })).samples).toHaveLength(4)
    expect(asked).toBe(4)
  })

  it('may be plain arrays where the model says the shape', async () => {
    const data = [{ x: new Float32Array(6) }]
    expect((await readAll({ data })).samples[0]?.shape).toEqual([1, 2, 3])
    const fixed = { ...picture, shape: [4, 2, 3] }
    expect((await readAll({ data }, [fixed])).samples[0]?.shape).toEqual([1, 2, 3])
    const open = { ...picture, shape: [null, null, 3] }
    await expect(readAll({ data }, [open])).rejects.toMatchObject({ code: 'CALIBRATION_SAMPLE_INVALID' })
    await expect(readAll({ data: [{ x: new Float32Array(5) }] })).rejects.toMatchObject({ code: 'CALIBRATION_SAMPLE_INVALID' })
    await expect(readAll({ data: [{ x: new Int32Array(6).fill(2 ** 24 + 1) }] })).rejects.toMatchObject({
      code: 'CALIBRATION_SAMPLE_INVALID',
    })
  })

  it('let what the source throws through', async () => {
    const fault = new Error('the camera is gone')
    const data = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }),
    })
    await expect(readAll({ data })).rejects.toBe(fault)
    await expect(readAll({ data: (() => 3) as never })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
