import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type QuantizeResult, quantize } from '../../lib/api/quantization/quantize.js'
import { isEngineryError } from '../../lib/errors/enginery-error.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { type Sabotage, sabotageModel } from '../models/sabotage-model.js'

type Preprocess = NonNullable<NonNullable<QuantizeOptions['calibration']>['preprocess']>

const scenes = join(dataFolder, 'det_digits/calib')
const photos = join(dataFolder, 'coco/calib')
/** A detector with attention, one that is a transformer with a decoder of queries, one of convolutions. */
const models = {
  dense: { path: 'models/tiny_dense_digits_96.onnx', data: scenes, preprocess: { preset: 'rtdetr' } },
  transformer: { path: 'models/tiny_detr_digits_96.onnx', data: scenes, preprocess: { preset: 'rtdetr' } },
  nanodet: { path: 'models/nanodet_m_416.onnx', data: photos, preprocess: { preset: 'nanodet' } },
  yolox: { path: 'models/yolox_nano_416.onnx', data: photos, preprocess: { preset: 'yolox' } },
  /** With its BatchNormalization as it was trained. */
  direction: {
    path: 'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: join(dataFolder, 'ocr_lines/calib'),
    preprocess: { preset: 'ppocr-cls' },
  },
} as const satisfies Record<string, { path: string; data: string; preprocess: Preprocess }>

async function run(
  name: keyof typeof models,
  sabotage: Sabotage | null,
  prepared: object = {},
  more: Partial<QuantizeOptions> = {},
): Promise<QuantizeResult> {
  const { path, data, preprocess } = models[name]
  const file = join(dataFolder, path)
  const model = sabotage === null ? file : await sabotageModel(file, sabotage)
  return quantize({ model, calibration: { data, samples: 16, preprocess: { ...preprocess, ...prepared } }, ...more })
}

const kinds = ({ cure }: QuantizeResult) => cure?.reasons.map(({ kind }) => kind) ?? []

describeWithData('a sabotaged detector', () => {
  it.each(['dense', 'transformer'] as const)('with outlier channels is cured, and channels are named: %s', async (name) => {
    const result = await run(name, 'outlier channel')
    expect(result.check?.isAccurate).toBe(true)
    expect(result.cure).toMatchObject({ isCured: true })
    expect(result.cure?.before).toBeLessThan(1)
    expect(kinds(result)[0]).toBe('outlier-channel')
    expect(result.cure?.reasons[0]?.detail).toMatch(/channel 0 reaches/)
  })

  it.each(['dense', 'transformer', 'nanodet'] as const)(
    'with a branch that is silent on all samples keeps it float, and says so: %s',
    async (name) => {
      const result = await run(name, 'dead range')
      expect(result.check?.isAccurate).toBe(true)
      expect(result.warnings.map(({ code }) => code)).toContain('TENSORS_CONSTANT')
      expect(kinds(result)).toContain('dead-range')
      expect(result.float.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/held one value/))
    },
  )

  it.each([
    ['unfusable head', 'head', /values of unlike size are joined/],
    ['huge logits', 'huge-values', /all elements are near 5000, and differ by 0?\.\d+ only/],
  ] as const)('of the kind "%s" gets that product in float', async (sabotage, kind, detail) => {
    const result = await run('dense', sabotage)
    expect(result.check?.isAccurate).toBe(true)
    expect(result.cure).toMatchObject({ isCured: true })
    expect(result.cure?.reasons[0]).toMatchObject({ kind, detail: expect.stringMatching(detail) })
    const [left] = result.cure?.steps.filter(({ isKept }) => isKept) ?? []
    expect(left).toMatchObject({ action: 'float-layers', layers: [result.cure?.reasons[0]?.layer] })
  })

  it.each(['unfusable head', 'huge logits'] as const)(
    'of the kind "%s" loses nothing where that head is behind a decoder, which a recipe leaves float',
    async (sabotage) => {
      const result = await run('transformer', sabotage)
      expect(result.check?.isAccurate).toBe(true)
      expect(result.cure).toBeNull()
      expect(result.float.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/recipe query-decoder/))
    },
  )

  it.each([
    ['transformer', {}, false],
    ['transformer', { scale: 1 }, true],
    ['nanodet', {}, false],
    ['nanodet', { mean: [0, 0, 0], std: 1 }, true],
    ['nanodet', { scale: 1 / 255 }, true],
  ] as const)('whose pixels were not scaled, or scaled twice, is warned of, and right ones are not: %s %o', async (...given) => {
    const [name, more, isWrong] = given
    const { warnings } = await run(name, null, more, { effort: 'fast', onInaccurate: 'keep' })
    expect(warnings.some(({ code }) => code === 'SAMPLES_SCALED')).toBe(isWrong)
  })

  const unscaled = { scale: 1 / 255, mean: 0, std: 1 }
  const photographs = { scale: 1, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }
  it.each([
    ['yolox', {}, null],
    ['yolox', photographs, /hardly vary.*pixels of 0 to 255 as they are would fit better/],
    ['nanodet', {}, null],
    ['nanodet', unscaled, /hardly vary.*pixels minus ImageNet's means/],
    ['direction', {}, null],
    ['direction', unscaled, /1\.\d times too small.*pixels minus 127\.5, over 127\.5/],
    ['direction', photographs, /2\.\d times too large.*pixels minus 127\.5, over 127\.5/],
  ] as const)(
    'whose samples are normalized as those of another model is warned of, and right ones are not: %s %o',
    async (...given) => {
      const [name, more, message] = given
      const { warnings } = await run(name, null, more, { effort: 'fast', onInaccurate: 'keep' })
      const told = warnings.filter(({ code }) => code === 'SAMPLES_NORMALIZED').map((warning) => warning.message)
      expect(told).toEqual(message === null ? [] : [expect.stringMatching(message)])
    },
  )

  it('whose pixels were not scaled is refused for that reason where it is inaccurate too', async () => {
    const thrown = await run('transformer', null, { scale: 1 }, { effort: 'fast' }).catch((error: unknown) => error)
    expect(isEngineryError(thrown, 'QUANTIZATION_INACCURATE')).toBe(true)
    expect((thrown as Error).message).toMatch(/samples-scaled: samples look scaled otherwise/)
  })
})
