import { describe, expect, it } from 'vitest'
import { collectProfile } from '../../lib/api/tensorrt/collect-profile.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { makeGraph } from '../unit/graph/make-graph.js'

const model = encodeGraph(
  makeGraph({
    inputs: { x: { type: 'f32', shape: ['N', 3, 'L'] }, sizes: { type: 'i64', shape: [1] } },
    nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
    outputs: ['y'],
  }),
)

const sampleOf = (length: number) => ({
  x: Tensor.from(new Float32Array(3 * length), [3, length]),
  sizes: Tensor.from(BigInt64Array.of(BigInt(length)), [1]),
})

describe('collectProfile', () => {
  it('makes a profile of samples, with the batch that was asked for', async () => {
    const data = [4, 9, 9, 2].map(sampleOf)
    const { profile, samples, combinations } = await collectProfile({
      model,
      data,
      values: ['sizes'],
      batch: { min: 1, opt: 4, max: 8 },
    })
    expect(profile).toEqual({
      x: { min: [1, 3, 2], opt: [4, 3, 9], max: [8, 3, 9] },
      sizes: { values: { min: [2], opt: [9], max: [9] } },
    })
    expect([samples, combinations]).toEqual([4, 3])
  })

  it('refuses what is not an input, an order that does not hold, and no samples', async () => {
    const data = [sampleOf(2)]
    await expect(collectProfile({ model, data, values: ['z'] })).rejects.toMatchObject({ code: 'INPUT_UNKNOWN' })
    const batch = { min: 2, opt: 1, max: 3 }
    await expect(collectProfile({ model, data, batch })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(collectProfile({ model, data: [] })).rejects.toMatchObject({ code: 'PROFILES_INVALID' })
    await expect(collectProfile({ model, data, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describeWithData('collectProfile of pictures', () => {
  it('has the widths of text lines', async () => {
    const { profile, samples } = await collectProfile({
      model: `${dataFolder}/models/ch_PP-OCRv4_det_infer.onnx`,
      data: `${dataFolder}/ocr_pages`,
      preprocess: { preset: 'ppocr-det' },
      samples: 4,
    })
    expect(samples).toBe(4)
    const { min, opt, max } = profile.x as { min: number[]; opt: number[]; max: number[] }
    expect(min.length).toBe(4)
    for (const axis of [2, 3]) {
      expect((min[axis] as number) % 32).toBe(0)
      expect(min[axis]).toBeLessThanOrEqual(opt[axis] as number)
      expect(opt[axis]).toBeLessThanOrEqual(max[axis] as number)
    }
  })
})
