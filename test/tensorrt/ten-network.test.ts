import { expect, it } from 'vitest'
import { TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { drawCase, layerCases } from './every-layer.js'
import { describeWithTensorRt } from './libraries.js'
import { noSettings, type Replayed, replayWithTen } from './replay-networks.js'

describeWithTensorRt('TensorRT 10.15', 'networks that are written layer by layer, without a device (cpu_only)', () => {
  it('every layer makes the shapes and types that TensorRT finds, in strongly typed networks', async () => {
    const cases = Object.entries(layerCases).map(([name, draw]) => ({ name, ...drawCase(draw) }))
    const outcomes = await replayWithTen(
      cases.map(({ network }) => network),
      { stronglyTyped: true },
    )
    expect(outcomes).toHaveLength(cases.length)
    for (const [index, { name, outputs }] of cases.entries()) {
      const { kind, refused, outputs: found } = outcomes[index] as Replayed
      expect({ name, kind, refused }).toEqual({ name, kind: 'described' })
      expect(
        found?.map((one) => ({ name: one.name, type: one.type, shape: one.shape })),
        name,
      ).toEqual(outputs.map((one) => ({ name: one.name, type: one.type, shape: one.shape })))
    }
  })

  const withTypes = () => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'f32', [1, 3, 8, 8])
    const pooled = network.pooling(x, 'max', { name: 'pool', windowSize: 2, stride: 2, precision: 'f16', outputType: 'f16' })
    network.markOutput(network.activation(pooled, 'relu', { name: 'act', outputType: ['f32'] }), 'y')
    return network
  }

  it('layers have precisions and output types; networks that are strongly typed refuse them', async () => {
    const [outcome] = await replayWithTen([withTypes()], { settings: { ...noSettings, flags: { fp16: true } } })
    expect(outcome).toMatchObject({
      kind: 'described',
      errors: [],
      layers: [
        { name: 'pool', precision: 'f16', outputTypes: ['f16'] },
        { name: 'act', outputTypes: ['f32'] },
      ],
    })
    expect(outcome?.layers?.[1]?.precision || null).toBeNull()
    const [typed] = await replayWithTen([withTypes()], { stronglyTyped: true })
    expect(typed?.refused).toMatchObject({
      code: 'TRT_NETWORK',
      message: expect.stringMatching(/^pooling 'pool' \(layer 0\): .*typed/i),
    })
  })

  it('tensors have ranges, which the builder finds in place of a calibration', async () => {
    const ranged = (ranges: Record<string, [number, number]>) => {
      const network = new TensorRtNetwork()
      const x = network.addInput('x', 'f32', [1, 3, 8, 8])
      const y = network.pooling(x, 'max', { windowSize: 2, stride: 2 })
      network.markOutput(y, 'y')
      for (const tensor of [x, y]) {
        const range = ranges[tensor.name as string]
        if (range) network.setDynamicRange(tensor, range)
      }
      return network
    }
    const request = { settings: { ...noSettings, flags: { int8: true } }, onlyDescribe: false }
    const [whole] = await replayWithTen([ranged({ x: [-1, 1], y: [-1, 1] })], request)
    const [lacking] = await replayWithTen([ranged({ x: [-1, 1] })], request)
    const missing = (outcome: Replayed | undefined) => outcome?.warnings.filter((text) => /Missing scale/.test(text))
    expect([whole?.kind, missing(whole)]).toEqual(['failed', []])
    expect(missing(lacking)?.join()).toMatch(/Missing scale and zero-point for tensor y/)
  })

  const withPlugin = (options: {
    plugin: string
    version?: string
    fields?: Record<string, Int32Array | Float32Array | string>
  }) => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'f32', [1, 3, 8, 8])
    const [made] = network.plugin([x], { name: 'by plugin', ...options })
    network.markOutput(made as never, 'y')
    return network
  }

  it('plugins are found in the registry, asked for their fields, and say what they make', async () => {
    const cases: [TensorRtNetwork, RegExp][] = [
      [withPlugin({ plugin: 'Unheard_TRT' }), /^plugin 'by plugin' \(layer 0\): .*none of the [1-9]\d+ plugins in the registry/],
      [withPlugin({ plugin: 'CoordConvAC', version: '77' }), /the registry has version 1 of it/],
      [withPlugin({ plugin: 'ScatterElements', fields: { axes: Int32Array.of(1) } }), /no field axes; it has reduction, axis/],
      [withPlugin({ plugin: 'ScatterElements', fields: { axis: Float32Array.of(1) } }), /could not be made from its fields/],
    ]
    const outcomes = await replayWithTen([...cases.map(([network]) => network), withPlugin({ plugin: 'CoordConvAC' })])
    for (const [index, [, message]] of cases.entries()) {
      expect(outcomes[index]?.refused).toMatchObject({ code: 'TRT_PLUGIN', message: expect.stringMatching(message) })
    }
    // It adds a channel for each of two coordinates.
    expect(outcomes.at(-1)).toMatchObject({ kind: 'described', outputs: [{ name: 'y', type: 'f32', shape: [1, 5, 8, 8] }] })
  })

  it('a plugin that makes another number of tensors is refused', async () => {
    const network = new TensorRtNetwork()
    const made = network.plugin([network.addInput('x', 'f32', [1, 3, 8, 8])], { plugin: 'CoordConvAC', outputs: 2 })
    network.markOutput(made[0] as never, 'y')
    const [outcome] = await replayWithTen([network])
    expect(outcome?.refused).toMatchObject({
      code: 'TRT_NETWORK',
      message: expect.stringMatching(/it has 1 outputs, and was said to have 2/),
    })
  })
})
