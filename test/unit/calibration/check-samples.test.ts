import { expect, it } from 'vitest'
import { SampleChecker } from '../../../lib/calibration/check-samples.js'
import { Tensor } from '../../../lib/tensor/tensor.js'

it.each([
  [1, 'there is only 1 sample'],
  [2, 'there are only 2 samples'],
])('%i samples are counted in plain English', (count, message) => {
  const checker = new SampleChecker()
  for (let index = 0; index < count; index++) checker.add({ x: Tensor.from(Float32Array.of(index, 0.5), [1, 2]) })
  expect(checker.finish()).toEqual([{ code: 'SAMPLES_FEW', message, why: expect.any(String) }])
})
