import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { NativeModel, NativeModelSource } from '../../lib/native/openvino-addon.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { affineOf, readAffine } from './affine-model.js'
import { exact, openvino, runOnce, runToFloats } from './run-native-model.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-model-changes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const code = (value: string) => expect.objectContaining({ code: value })

describe('reshaping', () => {
  it('changes what goes in and what comes out', async () => {
    const model = readAffine()
    await model.reshape({ x: [5, 3] })
    expect(model.inputs()[0]?.shape).toEqual([5, 3])
    expect(model.outputs()[0]?.shape).toEqual([5, 3])
    const x = Float32Array.from({ length: 15 }, (_, i) => i)
    expect(runToFloats(model, [x])).toEqual(affineOf(x))
  })

  it('takes ranges, open ranges and dynamic ranks', () => {
    const model = readAffine()
    for (const shape of [
      [[1, 4], 3],
      [[2, -1], 3],
      [-1, 3],
    ] as const) {
      model.reshapeSync({ x: shape as unknown as number[] })
      expect(model.inputs()[0]?.shape).toEqual(shape)
    }
    model.reshapeSync({ x: null })
    expect(model.inputs()[0]?.shape).toBeNull()
  })

  it('that cannot be leaves the model as it was', async () => {
    const model = readAffine()
    await model.reshape({ x: [2, 3] })
    await expect(model.reshape({ x: [2, 4] })).rejects.toMatchObject({
      code: 'OV_MODEL',
      message: expect.stringContaining('multiply'),
    })
    expect(model.inputs()[0]?.shape).toEqual([2, 3])
    expect(runToFloats(model, [new Float32Array(6)])).toEqual(affineOf(new Float32Array(6)))
  })

  it('names the inputs there are', () => {
    const message = expect.stringMatching(/no input 'z'.*has x/)
    expect(() => readAffine().reshapeSync({ z: [1, 3] })).toThrow(expect.objectContaining({ code: 'OV_MODEL', message }))
  })

  it('sets the batch', async () => {
    const model = readAffine()
    await model.setBatch(4)
    expect(model.outputs()[0]?.shape).toEqual([4, 3])
  })

  it('does not guess which dimension is the batch', async () => {
    const model = openvino.readModelSync({
      bytes: encodeOnnx({
        inputs: [
          { name: 'a', type: 'f32', shape: [2, 3] },
          { name: 'b', type: 'f32', shape: [3, 4] },
        ],
        outputs: [{ name: 'y', type: 'f32', shape: [2, 4] }],
        nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }],
      }),
      format: 'onnx',
    })
    await expect(model.setBatch(5)).rejects.toMatchObject({
      code: 'OV_MODEL',
      message: expect.stringContaining("input 'b' begins with 3"),
    })
    const scalar = openvino.readModelSync({ bytes: unaryModel('Relu', []), format: 'onnx' })
    await expect(scalar.setBatch(5)).rejects.toMatchObject({ code: 'OV_MODEL' })
  })
})

describe('outputs in the middle', () => {
  it('are added by tensor name, with the value computed there', () => {
    const model = readAffine()
    expect(model.addOutput('sum')).toMatchObject({ type: 'f32', shape: [-1, 3], names: expect.arrayContaining(['sum']) })
    expect(model.outputs().length).toBe(2)
    const [y, sum] = runOnce(model, [Float32Array.of(1, 2, 3)], [[1, 3]]) as [ArrayBuffer, ArrayBuffer]
    expect(new Float32Array(sum)).toEqual(Float32Array.of(3, -1, -2.5))
    expect(new Float32Array(y)).toEqual(Float32Array.of(3, 0, 0))
  })

  it('are added by operation, and once only', async () => {
    const model = readAffine()
    const product = (await model.operations()).find((operation) => operation.type === 'Multiply')
    model.addOutput({ operation: product?.name as string, index: 0 })
    model.addOutput({ operation: product?.name as string, index: 0 })
    expect(model.outputs().length).toBe(2)
    const second = runOnce(model, [Float32Array.of(1, 2, 3)], [[1, 3]])[1] as ArrayBuffer
    expect(new Float32Array(second)).toEqual(Float32Array.of(2, -2, 1.5))
  })

  it('must exist', () => {
    const model = readAffine()
    for (const place of ['nothing', { operation: 'nothing', index: 0 }, { operation: 'y', index: 7 }]) {
      expect(() => model.addOutput(place)).toThrow(code('OV_MODEL'))
    }
    expect(model.outputs().length).toBe(1)
  })
})

describe('operations', () => {
  it('are listed in the order of execution under the names of their outputs, with the bytes of constants', async () => {
    const operations = await readAffine().operations()
    const find = (type: string) => operations.findIndex((operation) => operation.type === type)
    expect(operations[find('Relu')]).toEqual({
      name: 'y',
      type: 'Relu',
      version: 'opset1',
      outputs: [{ type: 'f32', shape: [-1, 3] }],
      constantBytes: 0,
    })
    expect(find('Parameter')).toBeLessThan(find('Multiply'))
    expect(find('Multiply')).toBeLessThan(find('Add'))
    expect(operations.reduce((bytes, operation) => bytes + operation.constantBytes, 0)).toBe(24)
  })
})

describe('runtime information', () => {
  it('is read from the file, written, and nested', () => {
    const model = readAffine()
    expect(model.rtInfo(['framework', 'author'])).toBe('tests')
    expect(model.rtInfo(['framework'])).toEqual({ author: 'tests' })
    expect(model.rtInfo(['nothing', 'here'])).toBeUndefined()
    expect(model.rtInfo(['framework', 'author', 'deeper'])).toBeUndefined()
    model.setRtInfo(['model_info', 'labels'], ['cat', 'dog'])
    model.setRtInfo(['model_info', 'size'], 5)
    model.setRtInfo(['model_info', 'nested'], { on: true, ratio: 0.5 })
    expect(model.rtInfo(['model_info'])).toEqual({ labels: 'cat dog', size: 5, nested: { on: true, ratio: 0.5 } })
    expect(model.rtInfo([])).toMatchObject({ framework: { author: 'tests' } })
  })

  it('cannot reach a prototype', () => {
    const model = readAffine()
    model.setRtInfo(['__proto__', 'polluted'], 'yes')
    const all = model.rtInfo([]) as Record<string, unknown>
    expect(Object.getPrototypeOf(all)).toBe(Object.prototype)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })
})

describe('clones', () => {
  it('change independently and outlive what they were made from', async () => {
    const model = readAffine()
    const clone = await model.clone()
    clone.reshapeSync({ x: [1, 3] })
    clone.addOutput('sum')
    expect(model.inputs()[0]?.shape).toEqual([-1, 3])
    expect(model.outputs().length).toBe(1)
    model.close()
    const outputs = runOnce(clone, [Float32Array.of(1, 2, 3)]) as ArrayBuffer[]
    expect(new Float32Array(outputs[0] as ArrayBuffer)).toEqual(affineOf([1, 2, 3]))
  })
})

describe('IR', () => {
  async function saved(name: string): Promise<{ xml: string; bin: string }> {
    const [xml, bin] = [join(folder, `${name}.xml`), join(folder, `${name}.bin`)]
    const model = readAffine()
    model.setRtInfo(['model_info', 'labels'], ['cat', 'dog'])
    await model.serialize(xml, bin)
    return { xml, bin }
  }
  const x = Float32Array.of(1, -2, 30)

  it('is written and read again, with weights, names and runtime information', async () => {
    const { xml, bin } = await saved('round')
    const sources: NativeModelSource[] = [
      { path: xml },
      { path: xml, weightsPath: bin },
      { bytes: readFileSync(xml), weights: readFileSync(bin), format: 'ir' },
    ]
    for (const source of sources) {
      const model = openvino.readModelSync(source)
      expect(model.inputs()[0]?.names).toEqual(['x'])
      expect(model.rtInfo(['model_info', 'labels'])).toBe('cat dog')
      expect(runToFloats(model, [x], [[1, 3]])).toEqual(affineOf(x))
    }
  })

  it('keeps its weights after their bytes are gone', async () => {
    const { xml, bin } = await saved('gone')
    const weightBytes = new Uint8Array(readFileSync(bin))
    const model = openvino.readModelSync({ bytes: readFileSync(xml), weights: weightBytes, format: 'ir' })
    weightBytes.fill(0)
    const fromPath = openvino.readModelSync({ path: xml })
    // Truncated in place: a mapped file would now kill the process.
    writeFileSync(bin, '')
    for (const read of [model, fromPath]) expect(runToFloats(read, [x], [[1, 3]])).toEqual(affineOf(x))
  })

  it('is refused with too few weights, and with none', async () => {
    const { xml, bin } = await saved('short')
    const bytes = readFileSync(xml)
    expect(() => openvino.readModelSync({ bytes, weights: readFileSync(bin).subarray(0, 8), format: 'ir' })).toThrow(
      code('OV_READ'),
    )
    expect(() => openvino.readModelSync({ bytes, format: 'ir' })).toThrow(code('OV_READ'))
    const alone = join(folder, 'alone.xml')
    copyFileSync(xml, alone)
    expect(() => openvino.readModelSync({ path: alone })).toThrow(code('OV_READ'))
  })

  it('is not written into a folder that is missing', async () => {
    const lost = join(folder, 'missing')
    await expect(readAffine().serialize(join(lost, 'a.xml'), join(lost, 'a.bin'))).rejects.toMatchObject({
      code: 'NATIVE_FILE',
      message: expect.stringContaining('No such file or directory'),
    })
  })

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full (skipped where there is no /dev/full)', async () => {
    await expect(readAffine().serialize(join(folder, 'full.xml'), '/dev/full')).rejects.toMatchObject({
      code: 'NATIVE_FILE',
      message: expect.stringContaining('No space left on device'),
    })
  })
})

describe('a handle', () => {
  it('refuses everything once closed, and closing twice', async () => {
    const model = readAffine()
    model.close()
    model.close()
    const calls: (() => unknown)[] = [() => model.name, () => model.inputs(), () => model.outputs(), () => model.rtInfo(['x'])]
    calls.push(
      () => model.addOutput('sum'),
      () => model.reshapeSync({ x: [1, 3] }),
      () => model.setRtInfo(['x'], 1),
    )
    for (const call of calls) expect(call).toThrow(code('NATIVE_CLOSED'))
    expect(() => openvino.compileModelSync(model, 'CPU', {})).toThrow(code('NATIVE_CLOSED'))
  })

  it('is one of ours: no look-alike, no construction', () => {
    const model = readAffine()
    const Constructor = model.constructor as new () => NativeModel
    expect(() => new Constructor()).toThrow(code('NATIVE_ARGUMENT'))
    for (const fake of [{}, Object.create(model), new openvino.Memory(8)]) {
      expect(() => openvino.compileModelSync(fake as NativeModel, 'CPU', {})).toThrow(code('NATIVE_ARGUMENT'))
    }
    expect(() => Reflect.apply(model.inputs, {}, [])).toThrow()
  })

  it('is not changed by two calls at once, while readers go on together', async () => {
    const model = readAffine()
    const reshaping = model.reshape({ x: [2, 3] })
    expect(() => model.reshapeSync({ x: [3, 3] })).toThrow(code('NATIVE_BUSY'))
    await reshaping
    const [operations, clone] = await Promise.all([model.operations(), model.clone()])
    expect(operations.length).toBeGreaterThan(0)
    expect(clone.inputs()).toEqual(model.inputs())
    expect(model.inputs()[0]?.shape).toEqual([2, 3])
  })

  it('is compiled by several calls at once', async () => {
    const model = readAffine()
    const compiling = Promise.all(Array.from({ length: 4 }, () => openvino.compileModel(model, 'CPU', exact)))
    expect(model.inputs().length).toBe(1)
    expect((await compiling).map((compiled) => compiled.outputs()[0]?.name)).toEqual(['y', 'y', 'y', 'y'])
  })

  it('forgotten by everybody gives its weights back: the garbage collector knows of them', async () => {
    const count = 4_000_000
    const bytes = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [count / 4] }],
      outputs: [{ name: 'y', type: 'f32', shape: [count / 4] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', type: 'f32', shape: [count / 4], data: new Uint8Array(count) }],
    })
    const before = process.memoryUsage().rss
    for (let i = 0; i < 300; i++) {
      openvino.readModelSync({ bytes, format: 'onnx' })
      // Finalizers run between turns of the event loop.
      await new Promise(setImmediate)
    }
    // 1200 MB of weights went by.
    expect(process.memoryUsage().rss - before).toBeLessThan(600e6)
  })

  it('may be closed while a call runs: the call finishes', async () => {
    const model = readAffine()
    const cloning = model.clone()
    model.close()
    expect((await cloning).inputs().length).toBe(1)
  })

  it('refuses wrong arguments', () => {
    const model = readAffine() as unknown as Record<string, (...values: unknown[]) => unknown>
    const calls: [string, unknown[]][] = [
      ['reshapeSync', [1]],
      ['reshapeSync', [{ x: 'wide' }]],
      ['reshapeSync', [{ x: ['a'] }]],
      ['setBatch', ['4']],
      ['addOutput', [7]],
      ['addOutput', [{ operation: 'add' }]],
      ['rtInfo', ['path']],
      ['setRtInfo', [[], 1]],
      ['serialize', [1, 2]],
    ]
    for (const [name, values] of calls) expect(() => model[name]?.(...values), name).toThrow(code('NATIVE_ARGUMENT'))
  })
})

describe('many models', () => {
  it('are read at once, each on its own', async () => {
    const models = await Promise.all(
      Array.from({ length: 8 }, (_, i) => openvino.readModel({ bytes: unaryModel('Relu', [i + 1]), format: 'onnx' })),
    )
    expect(models.map((model) => model.inputs()[0]?.shape)).toEqual([[1], [2], [3], [4], [5], [6], [7], [8]])
  })
})
