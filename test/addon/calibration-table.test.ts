import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { checkCalibrationCache } from '../../lib/api/tensorrt/check-calibration-cache.js'
import { convertCalibrationCache } from '../../lib/api/tensorrt/convert-calibration-cache.js'
import { type CreateCalibrationTableOptions, createCalibrationTable } from '../../lib/api/tensorrt/create-calibration-table.js'
import { readCalibrationTable } from '../../lib/calibration/tensorrt/calibration-table.js'
import { Constant } from '../../lib/graph/constant.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

/** With what would be folded, taken out or merged: BatchNormalization, Identity, Reshape, a shape that is computed. */
const model = () =>
  encodeGraph(
    makeGraph({
      opset: 13,
      inputs: { 'images:0': { type: 'f32', shape: ['N', 3, 8, 8] } },
      constants: {
        w: noise([4, 3, 3, 3], 'w'),
        scale: noise([4], 's'),
        bias: noise([4], 'b'),
        mean: noise([4], 'm'),
        variance: Constant.of('f32', [4], Float32Array.of(1, 2, 3, 4)),
      },
      nodes: [
        { type: 'Conv', inputs: ['images:0', 'w'], outputs: ['convolved'], attributes: { pads: [1, 1, 1, 1] } },
        { type: 'BatchNormalization', inputs: ['convolved', 'scale', 'bias', 'mean', 'variance'], outputs: ['normal'] },
        { type: 'Relu', inputs: ['normal'], outputs: ['positive one'] },
        { type: 'Identity', inputs: ['positive one'], outputs: ['same'] },
        { type: 'Shape', inputs: ['same'], outputs: ['lengths'] },
        { type: 'Reshape', inputs: ['same', 'lengths'], outputs: ['reshaped'] },
        { type: 'Flatten', inputs: ['reshaped'], outputs: ['flat'] },
        { type: 'Sigmoid', inputs: ['flat'], outputs: ['y'] },
      ],
      outputs: ['y'],
    }),
  )

const samples = Array.from({ length: 40 }, (_, sample) => ({
  'images:0': Tensor.from(
    Float32Array.from({ length: 192 }, (_, at) => Math.sin(at * 7 + sample)),
    [3, 8, 8],
  ),
}))

const create = (options: Partial<CreateCalibrationTableOptions> = {}) =>
  createCalibrationTable({ model: model(), calibration: { data: samples }, ...options })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-calibration-table-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a calibration table of our own statistics', () => {
  it('has every floating point tensor of the file, by its name there, also what would be folded', async () => {
    const { table, missing } = await create({ calibrator: 'minmax', tensorrt: '8.6.1' })
    expect([...table.scales.keys()]).toEqual(['images:0', 'convolved', 'normal', 'positive one', 'same', 'reshaped', 'flat', 'y'])
    expect(missing).toEqual([])
    expect(table).toMatchObject({ version: '8601', major: 8, algorithm: 'minmax' })
  })

  it('has the range over 127: of pixels the largest, and the same where elements only move', async () => {
    const { table } = await create({ calibrator: 'minmax' })
    const largest = Math.max(...samples.flatMap((sample) => [...sample['images:0'].data].map(Math.abs)))
    expect(table.scales.get('images:0')).toBe(Math.fround(largest / 127))
    for (const name of ['same', 'reshaped', 'flat']) expect(table.scales.get(name)).toBe(table.scales.get('positive one'))
    expect(table.scales.get('normal')).toBeGreaterThanOrEqual(table.scales.get('positive one') as number)
  })

  it('clips where that loses least, but never inputs, unless told', async () => {
    const [entropy, whole] = [await create(), await create({ calibrator: 'minmax' })]
    expect(entropy.table.algorithm).toBe('entropy2')
    expect(entropy.table.scales.get('images:0')).toBe(whole.table.scales.get('images:0'))
    for (const [tensor, scale] of entropy.table.scales) {
      // Histograms have bins of a width that is a power of two: a range may be one bin wider.
      expect(scale, tensor).toBeLessThanOrEqual((whole.table.scales.get(tensor) as number) * 1.02)
    }
    const narrow = await create({ range: { statistic: 'percentile', lower: 0.3, upper: 0.7 } })
    expect(narrow.table.scales.get('images:0')).toBeLessThan(whole.table.scales.get('images:0') as number)
  })

  it('is the same bytes twice, and its manifest says what it is of', async () => {
    const [first, second] = [join(folder, 'a.calib'), join(folder, 'b.calib')]
    const { origin } = await create({ output: first, calibration: { data: samples, id: 'sines' } })
    await create({ output: second, calibration: { data: samples, id: 'sines' } })
    expect(await readFile(first)).toEqual(await readFile(second))
    expect(origin).toMatchObject({ data: 'id "sines" 300', preprocess: null, samples: 40, calibrator: { algorithm: 'entropy2' } })
    const { findings, manifest } = await checkCalibrationCache(first, {
      data: origin.data,
      calibrator: 'entropy2',
      tensorrt: '10',
    })
    expect(findings).toEqual([])
    expect(manifest).toMatchObject(origin)
  })

  it('is refused for what cannot be read as asked', async () => {
    await expect(create({ tensorrt: 'ten' })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(create({ calibrator: 'legacy' as never })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    const { model: quantized } = await quantize({ model: model(), calibration: { data: samples } })
    await expect(create({ model: quantized })).rejects.toMatchObject({ code: 'MODEL_QUANTIZED' })
    await expect(create({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(create({ output: join(folder, 'no', 'x') })).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })

  it('comes of statistics that quantizing kept, of what these have', async () => {
    const stats = join(folder, 'x.stats')
    await quantize({
      model: model(),
      calibration: { data: samples, id: 'sines', stats },
      activations: { range: 'minmax' },
    })
    const { table, from } = await convertCalibrationCache(stats, { calibrator: 'minmax', output: join(folder, 'x.calib') })
    expect(from).toBe('statistics')
    expect(table.scales.get('images:0')).toBe((await create({ calibrator: 'minmax' })).table.scales.get('images:0'))
    expect((await readCalibrationTable(join(folder, 'x.calib'))).scales).toEqual(table.scales)
    await expect(convertCalibrationCache(stats)).rejects.toMatchObject({
      code: 'STATISTICS_INVALID',
      message: expect.stringContaining('entropy needs other statistics'),
    })
  })
})

describeWithData('calibration tables of trained models', () => {
  it.each([
    ['squeezenet_fp32.onnx', 'data_0', 69],
    ['nanodet_m_416.onnx', 'input.1', 242],
  ])('%s: each tensor that TensorRT asks for has a scale', async (name, input, count) => {
    const path = join(dataFolder, 'models', name)
    const shape = name.startsWith('squeeze') ? [3, 224, 224] : [3, 416, 416]
    const pixels = (seed: number) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => 120 * Math.sin(at * 0.01 * seed))
    const output = join(folder, 'x.calib')
    const { table, missing } = await createCalibrationTable({
      model: path,
      calibration: { data: [1, 2].map((seed) => ({ [input]: Tensor.from(pixels(seed), shape) })) },
      calibrator: 'minmax',
      tensorrt: '8.6.1',
      output,
    })
    expect(missing).toEqual([])
    expect(table.scales.size).toBe(count)
    const { findings } = await checkCalibrationCache(output, { model: path, calibrator: 'minmax', tensorrt: '8' })
    expect(findings).toEqual([])
    const other = join(dataFolder, 'models', 'digits_cnn_bn.onnx')
    const { findings: foreign } = await checkCalibrationCache(output, { model: other })
    expect(foreign.map(({ kind }) => kind)).toEqual(['model', 'missing', 'model', 'unknown'])
  })
})
