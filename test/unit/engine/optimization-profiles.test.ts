import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  parseOptimizationProfiles,
  readOptimizationProfiles,
  writeOptimizationProfiles,
} from '../../../lib/engine/tensorrt/profile-file.js'
import { ShapeCollector } from '../../../lib/engine/tensorrt/shape-collector.js'

const range = (min: number[], opt: number[], max: number[]) => ({ min, opt, max })
const profiles = [
  { 'images:0': range([1, 3, 320, 320], [1, 3, 640, 640], [8, 3, 640, 640]), size: { values: range([2], [4], [9]) } },
  { 'images:0': range([1, 3, 64, 64], [1, 3, 64, 64], [1, 3, 64, 64]) },
]

/** As Paddle Inference 2.6 writes it, of an input, a tensor within, and a shape tensor. */
const paddle = `shape_range_info {
  name: "x"
  min_shape: 1
  min_shape: 3
  min_shape: 48
  max_shape: 6
  max_shape: 3
  max_shape: 640
  opt_shape: 6
  opt_shape: 3
  opt_shape: 320
}
shape_range_info {
  name: "conv2d_1.tmp_0"
  min_shape: 1
  max_shape: 6
  opt_shape: 6
}
shape_range_info {
  name: "shape \\"of\\" x"
  min_shape: 2
  max_shape: 2
  opt_shape: 2
  min_value: 4
  min_value: 8
  max_value: 16
  max_value: 32
  opt_value: 16
  opt_value: 32
}
`

const parse = (text: string, inputs?: string[]) => parseOptimizationProfiles(text, 'p.yaml', inputs)

describe('files of optimization profiles', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-profiles-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it.each(['p.yaml', 'p.json'])('come back as they were: %s', async (name) => {
    const path = join(folder, name)
    await writeOptimizationProfiles(path, profiles)
    expect(await readOptimizationProfiles(path)).toEqual(profiles)
    if (name.endsWith('.json')) expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ profiles })
    else expect(await readFile(path, 'utf8')).toContain('min: [ 1, 3, 320, 320 ]')
  })

  it('of Paddle are read: the inputs of the model alone, values of shape tensors', () => {
    expect(parse(paddle, ['x', 'shape "of" x'])).toEqual([
      { x: range([1, 3, 48], [6, 3, 320], [6, 3, 640]), 'shape "of" x': { values: range([4, 8], [16, 32], [16, 32]) } },
    ])
    expect(Object.keys(parse(paddle)[0] ?? {})).toEqual(['x', 'conv2d_1.tmp_0', 'shape "of" x'])
  })

  it.each([
    ['', 'profiles'],
    ['[', 'neither YAML nor JSON'],
    ['profiles: []', 'profiles'],
    ['profiles: [{}]', 'profiles.0: expected an input'],
    ['profiles: [{ x: { min: [1], opt: [1] } }]', 'profiles.0.x'],
    ['profiles: [{ x: { min: [1], opt: [1, 2], max: [1] } }]', 'one length, received 1, 2 and 1'],
    ['profiles: [{ x: { min: [2], opt: [1], max: [3] } }]', 'min <= opt <= max, received 2, 1 and 3 at position 0'],
    ['profiles: [{ x: { values: { min: [1], opt: [4], max: [3] } } }]', 'received 1, 4 and 3'],
    ['profiles: [{ x: { min: [-1], opt: [1], max: [3] } }]', 'profiles.0.x'],
    ['profiles: 3', 'profiles'],
    ['shape_range_info {\n}\n', 'line 2: the tensor before has no name'],
    ['shape_range_info {\n name: "x"\n', 'it ends within a tensor'],
    ['shape_range_info {\n name: "x"\n min_shape: a\n}', 'line 3: min_shape: expected whole numbers, received "a"'],
    ['shape_range_info {\n name: "x"\n odd: 1\n}', 'line 3: expected name, min_shape'],
    ['shape_range_info {\n name: "x"\n min_shape: 2\n opt_shape: 1\n max_shape: 3\n}', 'min <= opt <= max'],
    ['shape_range_info {\n name: "x"\n min_shape: -1\n opt_shape: 1\n max_shape: 3\n}', 'lengths of 0 and more'],
  ])('are refused for what is wrong: %j', (text, reason) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'PROFILES_INVALID', message: expect.stringContaining(reason) }),
    )
  })

  it('that are not there, or have nothing of the inputs, have a code', async () => {
    await expect(readOptimizationProfiles(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(readOptimizationProfiles(folder)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
    expect(() => parse(paddle, ['y'])).toThrow(/no ranges of y/)
    await expect(writeOptimizationProfiles(join(folder, 'p'), [{ x: range([2], [1], [1]) }])).rejects.toMatchObject({
      code: 'PROFILES_INVALID',
    })
  })
})

describe('collecting a profile', () => {
  it('has the smallest, the largest and the most frequent', () => {
    const collector = new ShapeCollector()
    for (const width of [320, 100, 320, 640, 64, 320]) collector.add({ x: [1, 3, 48, width] })
    expect(collector.finish()).toEqual({ x: range([1, 3, 48, 64], [1, 3, 48, 320], [1, 3, 48, 640]) })
    expect(collector.combinations).toBe(4)
  })

  it('takes the middle where nothing comes twice, the larger where two are as frequent', () => {
    const widths = (list: number[]) => {
      const collector = new ShapeCollector()
      for (const width of list) collector.add({ x: [width] })
      return collector.finish()
    }
    expect(widths([5, 1, 9])).toEqual({ x: range([1], [5], [9]) })
    expect(widths([5, 1, 5, 1, 9])).toEqual({ x: range([1], [5], [9]) })
  })

  it('has an opt whose inputs belong together', () => {
    const collector = new ShapeCollector(['sizes'])
    const add = (length: number, size: number) => collector.add({ ids: [1, length], mask: [1, length], sizes: [size] })
    for (const [length, size] of [
      [8, 1],
      [8, 2],
      [128, 3],
      [128, 3],
      [16, 9],
    ] as const)
      add(length, size)
    expect(collector.finish()).toEqual({
      ids: range([1, 8], [1, 128], [1, 128]),
      mask: range([1, 8], [1, 128], [1, 128]),
      sizes: { values: range([1], [3], [9]) },
    })
  })

  it('is refused without samples, and for samples that are not alike', () => {
    expect(() => new ShapeCollector().finish()).toThrow(/there were no samples/)
    const collector = new ShapeCollector()
    collector.add({ x: [1, 2] })
    expect(() => collector.add({ x: [1, 2, 3] })).toThrow(expect.objectContaining({ code: 'PROFILES_INVALID' }))
    expect(() => collector.add({ y: [1, 2] })).toThrow(/y of 2 dimensions, those before x of 2 dimensions/)
  })
})
