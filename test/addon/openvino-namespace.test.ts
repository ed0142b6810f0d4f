import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { openvino } from '../../lib/api/engines/openvino.js'
import { convolutionModel, encodeOnnx } from '../models/encode-onnx.js'

// y = relu(x) * relu(x): one tensor inside to look at.
const bytes = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: ['batch', 4] }],
  outputs: [{ name: 'y', type: 'f32', shape: ['batch', 4] }],
  nodes: [
    { op: 'Relu', inputs: ['x'], outputs: ['inner'], name: 'rectify' },
    { op: 'Mul', inputs: ['inner', 'inner'], outputs: ['y'] },
  ],
})

describe('openvino', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-openvino-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('knows its version, plugins and properties', async () => {
    expect(openvino.version().buildNumber).toMatch(/^2026\.4\.1-/)
    expect((await openvino.pluginVersions('CPU')).CPU?.description).toMatch(/cpu/i)
    expect(await openvino.getProperty('CPU', 'OPTIMIZATION_CAPABILITIES')).toContain('FP32')
    expect(await openvino.getProperty('CPU', 'SUPPORTED_PROPERTIES')).toContain('NUM_STREAMS')
    await expect(openvino.getProperty('CPU', 'NO_SUCH_PROPERTY')).rejects.toMatchObject({ code: 'PROPERTY_INVALID' })
    await expect(openvino.getProperty('FOO', 'FULL_DEVICE_NAME')).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' })
    await expect(openvino.setProperties('CPU', { NUM_STREAMS: 'many' })).rejects.toMatchObject({ code: 'PROPERTY_INVALID' })
    await expect(openvino.addExtension('/no/such/library.so')).rejects.toMatchObject({ code: 'EXTENSION_FAILED' })
  })

  it('says what it expected of arguments of other types', async () => {
    const any = (value: unknown) => value as never
    const model = await openvino.readModel(bytes)
    const calls: [string, () => unknown][] = [
      ['device', () => openvino.pluginVersions(any(undefined))],
      ['device', () => openvino.getProperty(any(3), 'NUM_STREAMS')],
      ['name', () => openvino.getProperty('CPU', any(undefined))],
      ['properties', () => openvino.setProperties('CPU', any('NUM_STREAMS=2'))],
      ['path', () => openvino.addExtension(any(null))],
      ['shapes', () => model.reshape(any(undefined))],
      ['shapes.x', () => model.reshape(any({ x: '1x4' }))],
      ['tensor', () => model.addOutput(any({ operation: 'rectify' }))],
      ['path', () => model.rtInfo(any('framework'))],
      ['path', () => model.setRtInfo([], 'x')],
      ['value', () => model.setRtInfo(['a'], any({ b: 1 }))],
      ['path', () => model.serialize(any(undefined))],
    ]
    for (const [option, call] of calls) {
      await expect((async () => call())()).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { option } })
    }
    model.close()
  })

  it('uses its own model cache where one is set on the core', async () => {
    await openvino.setProperties('', { CACHE_DIR: join(folder, 'cache') })
    try {
      expect(await openvino.getProperty('', 'CACHE_DIR')).toBe(join(folder, 'cache'))
    } finally {
      await openvino.setProperties('', { CACHE_DIR: '' })
    }
  })

  it('reads a model that can be cut open, and builds an engine of it', async () => {
    const model = await openvino.readModel(bytes)
    expect(model.inputs).toMatchObject([{ name: 'x', shape: ['dynamic', 4] }])
    expect((await model.operations()).map(({ type }) => type)).toContain('Multiply')
    expect(model.addOutput('inner')).toMatchObject({ name: 'inner', type: 'f32' })
    await model.reshape({ x: [2, 4] })
    const engine = await buildEngine({ model })
    const { y, inner } = await engine.infer(new Float32Array([-1, 2, -3, 4, 5, -6, 7, -8]))
    expect(inner?.data).toEqual(new Float32Array([0, 2, 0, 4, 5, 0, 7, 0]))
    expect(y?.data).toEqual(new Float32Array([0, 4, 0, 16, 25, 0, 49, 0]))
    await engine.close()
    expect(model.outputs.map(({ name }) => name)).toEqual(['y', 'inner'])
    model.close()
    expect(() => model.inputs).toThrow(expect.objectContaining({ code: 'ENGINE_CLOSED' }))
  })

  it('leaves a model as it was when a change is refused', async () => {
    using model = await openvino.readModel(bytes)
    await model.reshape({ x: [3, 4] })
    await expect(model.reshape({ nothing: [1] })).rejects.toMatchObject({ code: 'MODEL_CHANGE_REFUSED' })
    expect(() => model.addOutput('nothing')).toThrow(expect.objectContaining({ code: 'MODEL_CHANGE_REFUSED' }))
    await expect(model.preprocess({ inputs: { nothing: {} } })).rejects.toMatchObject({ code: 'PREPROCESS_INVALID' })
    await expect(model.setBatch(0)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(model.inputs[0]?.shape).toEqual([3, 4])
  })

  it('sets the batch, keeps runtime information, clones, and writes IR that reads back', async () => {
    using model = await openvino.readModel(bytes)
    await model.setBatch(5)
    model.setRtInfo(['tests', 'colour'], 'green')
    using clone = await model.clone()
    await clone.setBatch(7)
    expect(model.inputs[0]?.shape).toEqual([5, 4])
    expect(clone.inputs[0]?.shape).toEqual([7, 4])
    const path = join(folder, 'model.xml')
    await model.serialize(path)
    using read = await openvino.readModel(path)
    expect(read.inputs[0]?.shape).toEqual([5, 4])
    expect(read.rtInfo(['tests', 'colour'])).toBe('green')
    expect(read.rtInfo(['tests', 'size'])).toBeUndefined()
    await expect(model.serialize(join(folder, 'missing', 'model.xml'))).rejects.toMatchObject({ code: expect.any(String) })
  })

  it('refuses a call on a model that another call is changing', async () => {
    // Large enough that the change takes longer than making the second call.
    using model = await openvino.readModel(convolutionModel({ layers: 24, channels: 96, size: 8 }))
    const first = model.reshape({ x: [1, 96, 16, 16] })
    await expect(model.clone()).rejects.toMatchObject({ code: 'MODEL_BUSY' })
    await first
    using clone = await model.clone()
    expect(clone.outputs[0]?.shape).toEqual([1, 96, 16, 16])
  })

  it('gives equal models equal digests: the cache finds an engine of a model in memory', async () => {
    const cache = join(folder, 'engines')
    for (const fromCache of [false, true]) {
      using model = await openvino.readModel(bytes)
      const engine = await buildEngine({ model, cache })
      const { notes } = await engine.describe()
      expect(notes.some((note) => note.includes('cache'))).toBe(fromCache)
      await engine.close()
    }
  })
})
