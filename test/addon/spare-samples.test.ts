import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCalibrationSource } from '../../lib/api/calibration/calibration-source.js'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import type { NamedTensors } from '../../lib/calibration/calibration-runner.js'
import { collectStatistics } from '../../lib/calibration/collect-statistics.js'
import { peekSample } from '../../lib/calibration/peek-sample.js'
import { writeNpy } from '../../lib/dataset/npy.js'
import { encodeImage } from '../../lib/image/encode-image.js'
import { type CalibrationOptions, calibrationSchema } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const count = 6
const length = 3 * 8 * 8

let folder: string
let values: Float32Array
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spare-samples-'))
  values = noise([count, 3, 8, 8], 'samples').values() as Float32Array
  await writeNpy(join(folder, 'x.npy'), { type: 'f32', shape: [count, 3, 8, 8], data: values })
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 3 * 8 * 8 }, (_, at) => (at * 7 + i * 31) % 256)
    await writeFile(join(folder, `${i}.png`), await encodeImage({ width: 8, height: 8, data }, { format: 'png' }))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function collect(data: CalibrationOptions['data'], batch: number | string, options: Partial<CalibrationOptions> = {}) {
  const graph = makeGraph({
    inputs: { x: { type: 'f32', shape: [batch, 3, 8, 8] } },
    constants: { w: noise([4, 3, 3, 3], 'w') },
    nodes: [{ type: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
    outputs: ['y'],
  })
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape }))
  const source = await openCalibrationSource(calibrationSchema.parse({ data, ...options }), inputs)
  const seen: NamedTensors[] = []
  async function* look() {
    for await (const sample of source.samples()) {
      seen.push(sample)
      yield sample
    }
  }
  try {
    const points = [{ tensor: 'x', kind: 'range' }] as const
    const { statistics } = await collectStatistics({ graph, points, samples: look(), openModel: openCalibrationModel })
    return { range: statistics.get('x')?.range, tensors: seen.map(({ x }) => x as Tensor), source, inputs }
  } finally {
    await source.close()
  }
}

const stateOf = (tensor: Tensor) => {
  if (tensor.released) return 'released'
  try {
    return tensor.data.length
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('memory of samples', () => {
  it.each(['N', 1, 2, 3])('from files goes back when they were used, with a batch of %s', async (batch) => {
    const { range, tensors } = await collect(join(folder, 'x.npy'), batch)
    expect(tensors.map(stateOf)).toEqual(new Array(count).fill('TENSOR_DETACHED'))
    expect(Math.min(...(range?.minima ?? []))).toBe(Math.min(...values))
    expect(Math.max(...(range?.maxima ?? []))).toBe(Math.max(...values))
  })

  it('of pictures goes back too', async () => {
    const { tensors } = await collect(folder, 1, { preprocess: { resize: { mode: 'none' } } })
    expect(tensors.map(stateOf)).toEqual(new Array(count).fill('released'))
  })

  it.each([1, 2])('of a caller is not touched, with a batch of %i', async (batch) => {
    const own = Array.from({ length: count }, (_, i) => Tensor.from(values.slice(i * length, (i + 1) * length), [1, 3, 8, 8]))
    const { tensors } = await collect(
      own.map((x) => ({ x })),
      batch,
    )
    expect(tensors.map(stateOf)).toEqual(new Array(count).fill(length))
    expect(own.map(stateOf)).toEqual(new Array(count).fill(length))
  })

  it('is kept of a first sample that somebody looks at', async () => {
    const inputs = [{ name: 'x', elementType: 'f32', shape: ['N', 3, 8, 8] }]
    const source = await openCalibrationSource(calibrationSchema.parse({ data: join(folder, 'x.npy') }), inputs)
    const { first, samples, close } = await peekSample(source.samples, inputs)
    const graph = makeGraph({
      inputs: { x: { type: 'f32', shape: ['N', 3, 8, 8] } },
      nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
      outputs: ['y'],
    })
    const points = [{ tensor: 'y', kind: 'range' }] as const
    await collectStatistics({ graph, points, samples: samples(), openModel: openCalibrationModel })
    expect(first?.x?.data).toEqual(values.subarray(0, length))
    await close()
    await source.close()
  })
})
