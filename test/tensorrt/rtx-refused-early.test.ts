import { expect, it } from 'vitest'
import type { TensorRtBuildOptions } from '../../lib/api/tensorrt/tensorrt-options.js'
import type { BuildProgress } from '../../lib/engine/backend.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { encodeOnnx } from '../models/encode-onnx.js'
import { buildSmallPlan, failureOf } from './build-small-plan.js'
import { describeWithTensorRt } from './libraries.js'

const weights = Float32Array.from({ length: 4 * 4 * 9 }, (_, index) => Math.sin(index) / 6)

/** A convolution whose batch, height and width are open. */
const open = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: ['n', 4, 'h', 'w'] }],
  outputs: [{ name: 'y', type: 'f32', shape: ['n', 4, 'h', 'w'] }],
  initializers: [{ name: 'k', type: 'f32', shape: [4, 4, 3, 3], data: new Uint8Array(weights.buffer) }],
  nodes: [{ op: 'Conv', name: 'conv', inputs: ['x', 'k'], outputs: ['y'], attributes: { pads: [1, 1, 1, 1] } }],
})

const range = { min: [1, 4, 8, 8], opt: [1, 4, 16, 16], max: [2, 4, 32, 32] }

/** A build that samples are given to, with what was asked of them and how far it came. */
async function watch(options: Partial<TensorRtBuildOptions>, [height, width] = [16, 16]) {
  const asked: number[] = []
  const stages = new Set<string>()
  async function* data() {
    for (let sample = 0; sample < 4; sample++) {
      asked.push(sample)
      const values = Float32Array.from({ length: 4 * (height as number) * (width as number) }, (_, at) => Math.sin(at + sample))
      yield { x: Tensor.from(values, [1, 4, height as number, width as number]) }
    }
  }
  const onProgress = ({ stage }: BuildProgress) => stages.add(stage)
  const outcome = await buildSmallPlan({ model: open, calibration: { data, samples: 4 }, onProgress, ...options }).then(
    (plan) => ({ plan, error: undefined }),
    (error) => ({ plan: undefined, error }),
  )
  return { ...outcome, asked, stages: [...stages] }
}

describeWithTensorRt('TensorRT-RTX 1.7', 'what can be refused is refused before a model is quantized or rewritten', () => {
  it.each([
    ['no profile at all', {}, 'TENSORRT_PROFILE_INVALID', /x is \[\?, 4, \?, \?\], and nothing says how long/],
    ['an input that the model lacks', { profiles: [{ x: range, z: range }] }, 'INPUT_UNKNOWN', /z/],
    ['another rank', { profiles: [{ x: { min: [8], opt: [8], max: [8] } }] }, 'TENSORRT_PROFILE_INVALID', /1 dimensions/],
    ['min > opt', { profiles: [{ x: { ...range, min: range.max } }] }, 'TENSORRT_PROFILE_INVALID', /min <= opt <= max/],
    ['a profile without the input', { profiles: [{ x: range }, {}] }, 'TENSORRT_PROFILE_INVALID', /profile 1 says nothing/],
    [
      'a profile that is not there',
      { profiles: [{ x: range }], calibrationProfile: 1 },
      'TENSORRT_PROFILE_INVALID',
      /calibrationProfile/,
    ],
    [
      'a setting that it lacks',
      { profiles: [{ x: range }], builder: { hardwareCompatibility: 'ampere-plus' } },
      'TENSORRT_OPTION_UNSUPPORTED',
      /hardwareCompatibility/,
    ],
  ] satisfies [string, Partial<TensorRtBuildOptions>, string, RegExp][])('%s', async (_, options, code, message) => {
    for (const precision of ['int8', 'fp16'] as const) {
      const { error, asked, stages } = await watch({ precision, ...options })
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
      expect({ asked, stages }).toEqual({ asked: [], stages: [] })
    }
  })

  it('where nothing is wrong, the samples are asked for, in the lengths of the profile to calibrate with', async () => {
    const first = await watch({ precision: 'int8', profiles: [{ x: range }] })
    expect(first.error).toBeUndefined()
    expect(first.stages).toContain('quantize')
    expect([...new Set(first.asked)]).toEqual([0, 1, 2, 3])
    expect(first.plan?.inputs[0]?.shape).toEqual(['dynamic', 4, 'dynamic', 'dynamic'])
    const wide = { min: [1, 4, 8, 24], opt: [1, 4, 8, 24], max: [1, 4, 8, 32] }
    const second = await watch({ precision: 'int8', profiles: [{ x: range }, { x: wide }], calibrationProfile: 1 }, [8, 24])
    expect(second.error).toBeUndefined()
    const third = await watch({ precision: 'int8', profiles: [{ x: range }], calibrationProfile: { x: wide } }, [8, 24])
    expect(third.error).toBeUndefined()
    expect(third.plan?.inputs[0]?.shape).toEqual(['dynamic', 4, 'dynamic', 'dynamic'])
  })

  it('INT8 of a model without quantizers, for which there are no samples', async () => {
    const [error, typed] = await Promise.all([
      failureOf(buildSmallPlan({ precision: 'int8' })),
      failureOf(buildSmallPlan({ precision: 'int8', halfPrecision: false })),
    ])
    for (const one of [error, typed]) {
      expect(one).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(/calibration.*samples.*no quantizers/) })
    }
  })
})
