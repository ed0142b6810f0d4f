import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'

const model = join(dataFolder, 'models/digits_cnn_bnfolded.onnx')
const run = (more: Partial<QuantizeOptions>) => {
  const bytes = readFileSync(join(dataFolder, 'digits/calib_32x32.u8'))
  const data = Array.from({ length: 48 }, (_, index) => {
    const pixels = bytes.subarray(index * 1024, (index + 1) * 1024)
    return {
      input: Tensor.from(
        Float32Array.from(pixels, (pixel) => (pixel / 255 - 0.5) / 0.5),
        [1, 1, 32, 32],
      ),
    }
  })
  return quantize({ model, calibration: { data }, ...more })
}

describeWithData('what is asked of accuracy and speed', () => {
  it('compares on as many samples as the effort says, and not at all where that is asked', async () => {
    expect((await run({ effort: 'fast' })).check).toMatchObject({ inferences: 8, on: 'engine', isAccurate: true })
    expect((await run({})).check).toMatchObject({ inferences: 32, shapes: null, failure: null, problems: [] })
    expect(await run({ check: false })).toMatchObject({ check: null, cure: null, sensitivity: null, kept: 'int8' })
  })

  it('simulates quantizers for a target that computes otherwise', async () => {
    expect((await run({ target: 'tensorrt' })).check).toMatchObject({ on: 'simulation', isAccurate: true })
  })

  it('tells what each layer costs, and changes nothing by it', async () => {
    const [plain, told] = [await run({}), await run({ sensitivity: true })]
    expect(Buffer.from(plain.model).equals(Buffer.from(told.model))).toBe(true)
    const noises = (told.sensitivity ?? []).map(({ noise }) => noise)
    expect(noises.length).toBeGreaterThan(3)
    expect(noises).toEqual([...noises].sort((a, b) => b - a))
    expect(noises[0]).toBeGreaterThan(0)
    expect(noises[0]).toBeLessThan(0.2)
  })

  it('tries everything where it is to be thorough, and keeps what is nearest to the float model', async () => {
    const [plain, thorough] = [await run({}), await run({ effort: 'thorough' })]
    expect(thorough.cure?.steps.length).toBeGreaterThan(2)
    const decibels = ({ check }: typeof plain) => check?.outputs[0]?.sqnr as number
    expect(decibels(thorough)).toBeGreaterThanOrEqual(decibels(plain))
    expect(thorough.cure?.steps.filter(({ isKept }) => isKept).length).toBeLessThanOrEqual(1)
  })

  it('keeps the float model where INT8 does not pay and the fastest is preferred', async () => {
    const { kept, speed, model: bytes } = await run({ prefer: 'fastest' })
    const ratio = speed?.ratio as number
    expect(kept).toBe(ratio < 1 ? 'float' : 'int8')
    const isFloat = Buffer.from(bytes).includes('QuantizeLinear') === false
    expect(isFloat).toBe(ratio < 1)
  })
})
