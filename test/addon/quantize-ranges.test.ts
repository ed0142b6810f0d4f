import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'

const model = join(dataFolder, 'models/digits_cnn_bnfolded.onnx')

/** @param loudness by which the pixels of a sample are multiplied */
function run(more: Partial<QuantizeOptions>, loudness: (index: number) => number = () => 1) {
  const bytes = readFileSync(join(dataFolder, 'digits/calib_32x32.u8'))
  const data = Array.from({ length: 48 }, (_, index) => {
    const pixels = bytes.subarray(index * 1024, (index + 1) * 1024)
    const values = Float32Array.from(pixels, (pixel) => ((pixel / 255 - 0.5) / 0.5) * loudness(index))
    return { input: Tensor.from(values, [1, 1, 32, 32]) }
  })
  return quantize({ model, calibration: { data }, ...more })
}

/** Quiet samples, and a few loud ones: what a mean of extremes cuts off. */
const unlike = (index: number) => (index % 12 === 5 ? 4 : 0.5)

const decibels = ({ check }: Awaited<ReturnType<typeof run>>) => check?.outputs[0]?.sqnr as number

describeWithData('ranges of activations', () => {
  it('are the mean and a deviation unless said otherwise, which loses less than the mean', async () => {
    const [plain, mean] = [await run({}), await run({ activations: { range: 'mean-minmax' } })]
    expect(plain.calibration.range).toBe('mean-deviation-minmax')
    expect(plain.cure).toBeNull()
    expect(mean.calibration.range).toBe('mean-minmax')
    expect(decibels(plain)).toBeGreaterThan(decibels(mean))
  })

  it('are replaced by others of the same statistics where the model is accurate and noisy', async () => {
    const improved = await run({}, unlike)
    const first = await run({ activations: { range: 'mean-deviation-minmax' }, onInaccurate: 'keep', effort: 'fast' }, unlike)
    const steps = improved.cure?.steps ?? []
    expect(steps[0]).toMatchObject({ action: 'range-estimator', isKept: true })
    expect(steps[0]?.detail).toMatch(/^ranges by minmax instead of mean-deviation-minmax/)
    expect(improved.calibration.range).toBe('minmax')
    expect(decibels(improved)).toBeGreaterThan(decibels(first))
    const again = await run({}, unlike)
    expect(Buffer.from(again.model).equals(Buffer.from(improved.model))).toBe(true)
  })

  it('are left alone where the user chose them, and for a fast effort', async () => {
    for (const more of [{ activations: { range: 'mean-deviation-minmax' } }, { effort: 'fast' }] as const) {
      const { calibration, cure, check } = await run(more, unlike)
      expect(check?.isAccurate).toBe(true)
      expect(calibration.range).toBe('mean-deviation-minmax')
      expect(cure).toBeNull()
    }
  })
})
