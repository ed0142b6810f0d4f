import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { NativePropertyValue } from '../../lib/native/openvino-addon.js'
import { unaryModel } from '../models/encode-onnx.js'
import { openvino } from './run-native-model.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-core-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const code = (value: string) => expect.objectContaining({ code: value })
const relu = () => openvino.readModelSync({ bytes: unaryModel('Relu', [1, 4]), format: 'onnx' })

describe('versions and devices', () => {
  it('tells the version of the library that was loaded', () => {
    expect(openvino.version()).toEqual({ buildNumber: expect.stringMatching(/^2026\.4\.1-/), description: 'OpenVINO Runtime' })
  })

  it('lists the same devices at once and by promise, the CPU among them', async () => {
    const devices = openvino.devicesSync()
    expect(devices).toContain('CPU')
    expect(await openvino.devices()).toEqual(devices)
  })

  it('tells the versions of the plugins behind a device, also behind several', async () => {
    const plugin = expect.objectContaining({ buildNumber: openvino.version().buildNumber })
    expect(await openvino.pluginVersions('CPU')).toEqual({ CPU: plugin })
    expect(Object.keys(await openvino.pluginVersions('HETERO:CPU'))).toEqual(expect.arrayContaining(['CPU', 'HETERO']))
  })

  it('refuses a device that does not exist', async () => {
    await expect(openvino.pluginVersions('XPU')).rejects.toEqual(code('OV_DEVICE'))
    await expect(openvino.getProperty('XPU', 'FULL_DEVICE_NAME')).rejects.toEqual(code('OV_DEVICE'))
    expect(() => openvino.getPropertySync('XPU', 'FULL_DEVICE_NAME')).toThrow(/XPU.*not registered/)
  })
})

describe('properties', () => {
  it('turns every property of the CPU into a plain value', () => {
    const names = openvino.getPropertySync('CPU', 'SUPPORTED_PROPERTIES') as string[]
    expect(names).toContain('NUM_STREAMS')
    for (const name of names) {
      const value = openvino.getPropertySync('CPU', name)
      expect(['string', 'number', 'boolean', 'object'], name).toContain(typeof value)
      // What no conversion knows comes out as a mangled C++ type in angle brackets.
      expect(String(value), name).not.toMatch(/^</)
    }
  })

  it('gives each kind of value its JavaScript type', () => {
    const get = (name: string) => openvino.getPropertySync('CPU', name)
    expect(get('FULL_DEVICE_NAME')).toEqual(expect.stringMatching(/./))
    expect(get('OPTIMIZATION_CAPABILITIES')).toEqual(expect.arrayContaining(['FP32', 'INT8']))
    expect(get('RANGE_FOR_STREAMS')).toEqual([1, expect.any(Number)])
    expect(get('RANGE_FOR_ASYNC_INFER_REQUESTS')).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)])
    expect(get('NUM_STREAMS')).toEqual(expect.any(Number))
    expect(get('PERF_COUNT')).toBe(false)
    expect(get('EXECUTION_MODE_HINT')).toBe('PERFORMANCE')
    expect(get('DEVICE_TYPE')).toBe('integrated')
    expect(get('INFERENCE_PRECISION_HINT')).toMatch(/^(f32|bf16|f16)$/)
  })

  it('never maps files: a file that shrinks under a mapping kills the process', () => {
    expect(openvino.getPropertySync('', 'ENABLE_MMAP')).toBe(false)
  })

  it('sets a property of a device and of the core', async () => {
    const before = openvino.getPropertySync('CPU', 'EXECUTION_MODE_HINT')
    await openvino.setProperties('CPU', { EXECUTION_MODE_HINT: 'ACCURACY' })
    expect(await openvino.getProperty('CPU', 'EXECUTION_MODE_HINT')).toBe('ACCURACY')
    await openvino.setProperties('CPU', { EXECUTION_MODE_HINT: before })
    await openvino.setProperties('', { CACHE_DIR: folder })
    expect(openvino.getPropertySync('', 'CACHE_DIR')).toBe(folder)
    await openvino.setProperties('', { CACHE_DIR: '' })
    expect(openvino.getPropertySync('', 'CACHE_DIR')).toBe('')
  })

  it('refuses unknown names and values with the reason first and the whole text in the log', async () => {
    await expect(openvino.getProperty('CPU', 'NO_SUCH')).rejects.toMatchObject({
      code: 'OV_PROPERTY',
      message: expect.stringMatching(/^\S.*NO_SUCH/),
      engineLog: [expect.stringContaining('Exception from')],
    })
    await expect(openvino.setProperties('CPU', { NO_SUCH: 1 })).rejects.toEqual(code('OV_PROPERTY'))
    await expect(openvino.setProperties('CPU', { NUM_STREAMS: 'many' })).rejects.toEqual(code('OV_PROPERTY'))
  })

  const accepted: [string, Record<string, NativePropertyValue>, string, NativePropertyValue][] = [
    ['a whole number', { NUM_STREAMS: 2 }, 'NUM_STREAMS', 2],
    ['a number as text', { NUM_STREAMS: '2' }, 'NUM_STREAMS', 2],
    ['threads', { INFERENCE_NUM_THREADS: 1 }, 'INFERENCE_NUM_THREADS', 1],
    ['a boolean', { ENABLE_CPU_PINNING: false }, 'ENABLE_CPU_PINNING', false],
    ['an element type', { INFERENCE_PRECISION_HINT: 'f32' }, 'INFERENCE_PRECISION_HINT', 'f32'],
    ['an enumeration', { PERFORMANCE_HINT: 'THROUGHPUT' }, 'PERFORMANCE_HINT', 'THROUGHPUT'],
    ['a list', { MODEL_DISTRIBUTION_POLICY: ['TENSOR_PARALLEL'] }, 'MODEL_DISTRIBUTION_POLICY', 'TENSOR_PARALLEL'],
    ['properties per device', { DEVICE_PROPERTIES: { CPU: { NUM_STREAMS: 1 } } }, 'NUM_STREAMS', 1],
  ]
  it.each(accepted)('compiles with %s', (_, properties, name, expected) => {
    const compiled = openvino.compileModelSync(relu(), 'CPU', properties)
    const value = compiled.getProperty(name)
    expect(Array.isArray(value) ? value.join() : value).toBe(expected)
    void compiled.close()
  })

  it('passes device priorities as a list', () => {
    const compiled = openvino.compileModelSync(relu(), 'AUTO', { MULTI_DEVICE_PRIORITIES: ['CPU'] })
    expect(compiled.getProperty('EXECUTION_DEVICES')).toEqual(['CPU'])
    void compiled.close()
  })

  it.each([
    ['a function', { X: (() => 1) as unknown as string }],
    ['a symbol', { X: Symbol('x') as unknown as string }],
    ['a list of objects', { X: [{}] }],
  ])('refuses %s as a value', (_, properties) => {
    expect(() => openvino.compileModelSync(relu(), 'CPU', properties)).toThrow(code('NATIVE_ARGUMENT'))
  })

  it('refuses an object that holds itself', () => {
    const endless: { [key: string]: NativePropertyValue } = {}
    endless.again = endless
    expect(() => openvino.compileModelSync(relu(), 'CPU', endless)).toThrow(code('NATIVE_ARGUMENT'))
  })
})

describe('extensions', () => {
  it('says why a library is none', async () => {
    const notALibrary = join(folder, 'text.so')
    writeFileSync(notALibrary, 'not a library')
    await expect(openvino.addExtension(notALibrary)).rejects.toMatchObject({
      code: 'OV_EXTENSION',
      message: expect.stringContaining(notALibrary),
    })
    await expect(openvino.addExtension(join(folder, 'missing.so'))).rejects.toMatchObject({
      code: 'OV_EXTENSION',
      message: expect.stringContaining('No such file'),
    })
  })
})

describe('log lines', () => {
  it('reach a listener until it is taken away, and keep nothing alive', async () => {
    const lines: string[] = []
    openvino.setLogListener((line) => lines.push(line))
    const compiled = openvino.compileModelSync(relu(), 'AUTO:CPU', { LOG_LEVEL: 'LOG_DEBUG' })
    await compiled.close()
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(0), 30_000)
    openvino.setLogListener(null)
    const count = lines.length
    void openvino.compileModelSync(relu(), 'AUTO:CPU', { LOG_LEVEL: 'LOG_DEBUG' }).close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(lines.length).toBe(count)
  })
})
