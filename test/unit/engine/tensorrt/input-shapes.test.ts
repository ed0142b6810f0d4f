import { describe, expect, it } from 'vitest'
import { planShapes } from '../../../../lib/engine/tensorrt/input-shapes.js'

const image = { name: 'x', shape: [null, 3, null, null] }
const fixed = { name: 'y', shape: [1, 4] }
const batched = { name: 'z', shape: [null, 4] }
const range = { min: [1, 3, 32, 32], opt: [2, 3, 64, 64], max: [4, 3, 96, 96] }

describe('planShapes', () => {
  it('fixes what shapes says, and an open batch that nobody mentions', () => {
    const planned = planShapes('m', [image, fixed, batched], { shapes: { x: [2, 3, 32, 64] } })
    expect(planned).toEqual({ inputShapes: { x: [2, 3, 32, 64], z: [1, 4] }, profiles: [], batchFixed: ['z'] })
  })

  it('keeps inputs of profiles open', () => {
    const planned = planShapes('m', [image], { profiles: [{ x: range }] })
    expect(planned).toEqual({ inputShapes: {}, profiles: [[{ input: 'x', ...range }]], batchFixed: [] })
  })

  it('takes values of shape tensors as they are', () => {
    const values = { min: [8], opt: [16], max: [32] }
    expect(planShapes('m', [fixed], { profiles: [{ y: { values } }] }).profiles).toEqual([
      [{ input: 'y', values: true, ...values }],
    ])
  })

  it('a profile to calibrate with may be one of its own', () => {
    const calibrationProfile = { x: { min: [2, 3, 48, 48], opt: [2, 3, 48, 48], max: [2, 3, 48, 48] } }
    const planned = planShapes('m', [image], { profiles: [{ x: range }], calibrationProfile })
    expect(planned.profiles).toHaveLength(1)
    expect(planned.calibration).toEqual([{ input: 'x', ...calibrationProfile.x }])
    expect(planShapes('m', [image], { profiles: [{ x: range }], calibrationProfile: 0 }).calibration).toBeUndefined()
  })

  it.each([
    ['nothing says how long', {}],
    ['in shapes and in profiles', { shapes: { x: [1, 3, 32, 32] }, profiles: [{ x: range }] }],
    ['shapes says \\[1, 1, 32, 32\\]', { shapes: { x: [1, 1, 32, 32] } }],
    ['min <= opt <= max does not hold at position 2', { profiles: [{ x: { ...range, opt: [2, 3, 128, 64] } }] }],
    ['4, 3 and 4 numbers', { profiles: [{ x: { ...range, opt: [2, 3, 64] } }] }],
    [
      '3 dimensions, the model has \\[\\?, 3, \\?, \\?\\]',
      { profiles: [{ x: { min: [1, 3, 8], opt: [1, 3, 8], max: [1, 3, 8] } }] },
    ],
    ['profile 1 says nothing of it, as others do', { profiles: [{ x: range }, {}] }],
    ['calibrationProfile is 1, and there are 1 profiles', { profiles: [{ x: range }], calibrationProfile: 1 }],
    ['calibrationProfile is 0, and there are 0 profiles', { shapes: { x: [1, 3, 32, 32] }, calibrationProfile: 0 }],
    ['calibrationProfile says nothing of it', { profiles: [{ x: range }], calibrationProfile: {} }],
    [
      'calibrationProfile, input x: min <= opt',
      { profiles: [{ x: range }], calibrationProfile: { x: { ...range, min: range.max } } },
    ],
    ['dimension 1 is 3 in the model', { profiles: [{ x: { ...range, max: [4, 4, 96, 96] } }] }],
  ])('refuses: %s', (reason, options) => {
    expect(() => planShapes('m', [image], options)).toThrow(
      expect.objectContaining({ code: 'TENSORRT_PROFILE_INVALID', message: expect.stringMatching(reason) }),
    )
  })

  it('names inputs that do not exist', () => {
    const unknown = expect.objectContaining({ code: 'INPUT_UNKNOWN' })
    expect(() => planShapes('m', [fixed], { shapes: { w: [1] } })).toThrow(unknown)
    expect(() => planShapes('m', [image], { profiles: [{ x: range }, { x: range, w: range }] })).toThrow(unknown)
  })
})
