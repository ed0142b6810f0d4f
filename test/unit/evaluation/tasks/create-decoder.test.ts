import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { countNonFinite } from '../../../../lib/evaluation/tasks/count-non-finite.js'
import { createDecoder, type DecoderName, taskOfDecoder, taskSchema } from '../../../../lib/evaluation/tasks/create-decoder.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { rowsOf, sparse, wholeInput } from './pictures.js'

const geometry = [wholeInput(32)]

describe('taskSchema', () => {
  it('reads YAML and fills in defaults', () => {
    const task = taskSchema.parse(parse('decoder: yolox\nscoreThreshold: 0.05\nstrides: [8, 16]\n'))
    expect(task).toMatchObject({ decoder: 'yolox', scoreThreshold: 0.05, strides: [8, 16], iouThreshold: 0.65 })
  })

  it('names what is wrong', () => {
    const attempt = (task: unknown) => () => createDecoder(task as never)
    expect(attempt({ decoder: 'yolox', scoreTreshold: 1 })).toThrow('option scoreTreshold: there is no such option')
    expect(attempt({ decoder: 'yolo' })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(attempt({ decoder: 'db', threshold: 30 })).toThrow(/option threshold/)
    expect(attempt({})).toThrow(/option decoder/)
  })
})

describe('createDecoder', () => {
  const named = (Object.keys(taskOfDecoder) as DecoderName[]).filter((name) => name !== 'custom')
  const samples: Partial<Record<DecoderName, Record<string, Tensor>>> = {
    classification: { y: rowsOf([[0, 1]]) },
    embedding: { y: sparse([1, 4], {}) },
    ctc: { y: sparse([1, 2, 3], {}) },
    db: { y: sparse([1, 1, 8, 8], {}) },
    rotated: { y: sparse([1, 7, 21], {}) },
    yolox: { y: sparse([1, 21, 7], {}) },
    nanodet: { y: sparse([1, 21, 2 + 32], {}) },
    yolov5: { y: sparse([1, 63, 7], {}) },
    'tflite-detection': { b: sparse([1, 3, 4], {}), c: sparse([1, 3], {}), s: sparse([1, 3], {}) },
  }

  it.each(named)('%s gives the results that the table says', (decoder) => {
    const options = decoder === 'ctc' ? { charset: 'ab' } : {}
    const boxes = { scores: sparse([1, 3, 2], {}), boxes: sparse([1, 3, 4], {}) }
    const outputs = samples[decoder] ?? (decoder.startsWith('yolov') ? { y: sparse([1, 6, 21], {}) } : boxes)
    const [result] = createDecoder({ decoder, ...options } as never)(outputs, { geometry })
    expect(result?.task).toBe(taskOfDecoder[decoder])
  })

  it('passes on metadata', () => {
    const [line] = createDecoder({ decoder: 'ctc' }, { character: 'xy' })({ y: rowsOf([[0, 0, 1]]) }, { geometry })
    expect(line).toMatchObject({ text: 'y' })
  })

  it('runs a function of the user, and leaves task results as they are', () => {
    const embedding = { task: 'embedding', vector: new Float32Array(1) } as const
    const decode = createDecoder({ decoder: 'custom', decode: () => [embedding, 7] })
    expect(decode({}, { geometry: [...geometry, ...geometry] })).toEqual([embedding, { task: 'custom', value: 7 }])
  })

  it('refuses a function that forgets samples', () => {
    const decode = createDecoder({ decoder: 'custom', decode: () => [] })
    expect(() => decode({}, { geometry })).toThrow('should return one result for each of 1 samples, it returned 0')
    const none = createDecoder({ decoder: 'custom', decode: () => undefined as never })
    expect(() => none({}, { geometry })).toThrow(expect.objectContaining({ code: 'DECODE_RESULT_INVALID' }))
    expect(() => createDecoder({ decoder: 'custom', decode: 'x' as never })).toThrow(/option decode/)
  })
})

describe('countNonFinite', () => {
  it('counts NaN and infinities of floating point outputs', () => {
    const a = Tensor.from(new Float32Array([1, Number.NaN, Infinity, -Infinity, 3e38]), [5])
    const b = Tensor.from(new Float64Array([1e300, Number.NaN]), [2])
    expect(countNonFinite({ a, b, c: Tensor.from(new Int32Array([1]), [1]) })).toBe(4)
  })
})
