import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type QuantizeResult, quantize } from '../../lib/api/quantization/quantize.js'
import { isEngineryError } from '../../lib/errors/enginery-error.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { type Sabotage, sabotageModel } from '../models/sabotage-model.js'

const path = join(dataFolder, 'models/digits_cnn_bnfolded.onnx')

/** Handwritten digits, as the model was trained with them, or as somebody gets them who forgot to scale. */
function digits(prepare: (pixel: number) => number) {
  const bytes = readFileSync(join(dataFolder, 'digits/calib_32x32.u8'))
  return Array.from({ length: 64 }, (_, index) => {
    const pixels = bytes.subarray(index * 1024, (index + 1) * 1024)
    return { input: Tensor.from(Float32Array.from(pixels, prepare), [1, 1, 32, 32]) }
  })
}
const scaled = (pixel: number) => (pixel / 255 - 0.5) / 0.5

const run = async (sabotage: Sabotage, more: Partial<QuantizeOptions> = {}): Promise<QuantizeResult> =>
  quantize({ model: await sabotageModel(path, sabotage), calibration: { data: digits(scaled) }, ...more })

describeWithData('a sabotaged model', () => {
  it('with an outlier channel is cured, and the channel named', async () => {
    const { check, cure } = await run('outlier channel')
    expect(check?.isAccurate).toBe(true)
    expect(cure).toMatchObject({ isCured: true })
    expect(cure?.before).toBeLessThan(1)
    expect(cure?.reasons[0]).toMatchObject({ kind: 'outlier-channel' })
    expect(cure?.reasons[0]?.detail).toMatch(/channel 0 reaches/)
  })

  it('with a branch that is silent on all samples keeps that branch float, and says so', async () => {
    const { check, cure, warnings, float } = await run('dead range')
    expect(check?.isAccurate).toBe(true)
    expect(warnings.map(({ code }) => code)).toContain('TENSORS_CONSTANT')
    expect(cure?.reasons).toContainEqual(expect.objectContaining({ kind: 'dead-range' }))
    expect(float.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/held one value/))
  })

  it('with samples that were not scaled is told from one with good samples', async () => {
    const model = new Uint8Array(readFileSync(path))
    const good = await quantize({ model, calibration: { data: digits(scaled) } })
    const bad = await quantize({ model, calibration: { data: digits((pixel) => pixel) } })
    expect(good.warnings.map(({ code }) => code)).not.toContain('SAMPLES_SCALED')
    expect(bad.warnings.map(({ code }) => code)).toContain('SAMPLES_SCALED')
  })

  it('with a head that joins what is unlike gets that head in float', async () => {
    const { check, cure, float } = await run('unfusable head')
    expect(check?.isAccurate).toBe(true)
    expect(cure).toMatchObject({ isCured: true })
    expect(cure?.reasons[0]).toMatchObject({ kind: 'head' })
    expect(float.map(({ operator }) => operator)).toContain('MatMul')
  })

  it('with huge logits gets what reads them in float', async () => {
    const { check, cure } = await run('huge logits')
    expect(check?.isAccurate).toBe(true)
    expect(cure).toMatchObject({ isCured: true })
    expect(cure?.reasons[0]).toMatchObject({ kind: 'huge-values' })
  })

  it('is refused where nothing may be done about it, or kept where that is asked', async () => {
    const error = await run('huge logits', { effort: 'fast' }).catch((thrown: unknown) => thrown)
    expect(isEngineryError(error, 'QUANTIZATION_INACCURATE')).toBe(true)
    const { check, warnings } = await run('huge logits', { effort: 'fast', onInaccurate: 'keep' })
    expect(check?.isAccurate).toBe(false)
    expect(warnings.map(({ code }) => code)).toContain('MODEL_INACCURATE')
  })

  it.each([
    ['outlier channel', 'outlier-channel'],
    ['unfusable head', 'head'],
    ['huge logits', 'huge-values'],
  ] as const)('has its reason told without a probe too, where the effort allows none: %s', async (sabotage, kind) => {
    const { check, cure } = await run(sabotage, { effort: 'fast', onInaccurate: 'keep' })
    expect(cure?.reasons[0]).toMatchObject({ kind })
    if (check?.isAccurate) return
    const error = await run(sabotage, { effort: 'fast' }).catch((thrown: unknown) => thrown)
    expect((error as Error).message).toContain(`${kind} (`)
  })

  it('becomes the same bytes twice', async () => {
    const [one, two] = [await run('outlier channel'), await run('outlier channel')]
    expect(Buffer.from(one.model).equals(Buffer.from(two.model))).toBe(true)
  })
})
