// Inputs that are shapes of others: profiles give ranges of their values.
import { expect, it } from 'vitest'
import { encodeOnnx } from '../models/encode-onnx.js'
import { buildSmallPlan, failureOf } from './build-small-plan.js'
import { describeWithTensorRt } from './libraries.js'
import { describeWithTen, noSettings } from './replay-networks.js'

/** x, stretched to the lengths that the second input holds. */
const stretched = encodeOnnx({
  inputs: [
    { name: 'x', type: 'f32', shape: [1, 4] },
    { name: 'lengths', type: 'i64', shape: [2] },
  ],
  outputs: [{ name: 'y', type: 'f32', shape: ['rows', 4] }],
  nodes: [
    { op: 'Expand', name: 'stretch', inputs: ['x', 'lengths'], outputs: ['z'] },
    { op: 'Relu', inputs: ['z'], outputs: ['y'] },
  ],
})

const values = { min: [1, 4], opt: [8, 4], max: [32, 4] }

describeWithTensorRt('TensorRT-RTX 1.7', 'profiles of inputs that are shapes', () => {
  it('ranges of values make the plan; without them it cannot be made', async () => {
    const profiles = [{ lengths: { values } }]
    const plan = await buildSmallPlan({ model: stretched, profiles })
    expect(plan.inputs).toMatchObject([
      { name: 'x', shape: [1, 4] },
      { name: 'lengths', type: 'i64', shape: [2] },
    ])
    expect(plan.outputs[0]?.shape).toEqual(['dynamic', 'dynamic'])
    const wider = await buildSmallPlan({ model: stretched, profiles: [{ lengths: { values: { ...values, max: [64, 4] } } }] })
    expect(Buffer.from(wider.bytes).equals(plan.bytes)).toBe(false)
    expect((await failureOf(buildSmallPlan({ model: stretched }))).code).toBe('TENSORRT_BUILD_FAILED')
    const asDimensions = await failureOf(buildSmallPlan({ model: stretched, profiles: [{ lengths: values }] }))
    expect(asDimensions).toMatchObject({ code: 'TENSORRT_PROFILE_INVALID' })
  })
})

describeWithTensorRt('TensorRT 10.15', 'profiles of inputs that are shapes, without a device (cpu_only)', () => {
  it('values are taken, of one length; others are refused', async () => {
    const range = { input: 'lengths', values: true, ...values }
    const request = { model: stretched, settings: noSettings }
    const outcomes = await describeWithTen([
      { ...request, profiles: [[range]] },
      { ...request, profiles: [[{ ...range, min: [64, 4] }]] },
    ])
    expect(outcomes[0]).toMatchObject({ kind: 'described', inputs: [{ name: 'x' }, { name: 'lengths', isShapeTensor: true }] })
    expect(outcomes[0]?.refused).toBeUndefined()
    expect(outcomes[1]?.refused).toMatchObject({ code: 'TRT_PROFILE', message: expect.stringContaining('lengths') })
  })
})
