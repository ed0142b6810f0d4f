import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { NativeModelSource } from '../../lib/native/openvino-addon.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { encodeOnnx, type OnnxType, unaryModel } from '../models/encode-onnx.js'
import { affine, affineOf, readAffine } from './affine-model.js'
import { makeRandom, maxDifference, openvino, runOnce, runToFloats } from './run-native-model.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-model-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ours = join(import.meta.dirname, '../reference/models')
const code = (value: string) => expect.objectContaining({ code: value })
const bytesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

describe('reading', () => {
  const dense = JSON.parse(readFileSync(join(ours, 'dense-weights.json'), 'utf8')) as {
    rows: number
    columns: number
    weights: number[]
    bias: number[]
  }
  const denseOf = (x: Float32Array) =>
    Float32Array.from({ length: (x.length / dense.rows) * dense.columns }, (_, at) => {
      const [row, column] = [Math.floor(at / dense.columns), at % dense.columns]
      let sum = dense.bias[column] as number
      for (let k = 0; k < dense.rows; k++)
        sum += (x[row * dense.rows + k] as number) * (dense.weights[k * dense.columns + column] as number)
      return Math.max(0, sum)
    })
  const file = (name: string) => readFileSync(join(ours, name))
  const sources: [string, () => NativeModelSource, string][] = [
    ['a TensorFlow graph', () => ({ path: join(ours, 'dense-tensorflow.pb') }), 'x:0'],
    ['a TensorFlow graph from bytes', () => ({ bytes: file('dense-tensorflow.pb'), format: 'tensorflow' }), 'x:0'],
    ['a TensorFlow SavedModel folder', () => ({ path: join(ours, 'dense-tensorflow') }), 'x'],
    ['a TensorFlow SavedModel from bytes', () => ({ bytes: file('dense-tensorflow/saved_model.pb'), format: 'tensorflow' }), 'x'],
    ['a Paddle model', () => ({ path: join(ours, 'dense-paddle.pdmodel') }), 'x'],
    [
      'a Paddle model from bytes',
      () => ({ bytes: file('dense-paddle.pdmodel'), weights: file('dense-paddle.pdiparams'), format: 'paddle' }),
      'x',
    ],
  ]
  it.each(sources)('%s, which computes what its weights say', async (_, source, input) => {
    const temporaryBefore = readdirSync(tmpdir()).filter((name) => name.startsWith('enginery-') && name.length === 15)
    const random = makeRandom(7)
    const x = Float32Array.from({ length: 2 * dense.rows }, () => random() * 4 - 2)
    for (const model of [openvino.readModelSync(source()), await openvino.readModel(source())]) {
      expect(model.inputs()).toEqual([{ name: input, names: [input], type: 'f32', shape: [-1, dense.rows] }])
      expect(maxDifference(runToFloats(model, [x], [[2, dense.rows]]), denseOf(x))).toBeLessThan(1e-5)
      model.close()
    }
    const temporaryAfter = readdirSync(tmpdir()).filter((name) => name.startsWith('enginery-') && name.length === 15)
    expect(temporaryAfter.filter((name) => !temporaryBefore.includes(name))).toEqual([])
  })

  it('ONNX, with names, shapes and types', () => {
    const model = readAffine()
    expect(model.name).toBe('affine')
    expect(model.inputs()).toEqual([{ name: 'x', names: ['x'], type: 'f32', shape: [-1, 3] }])
    expect(model.outputs()).toEqual([{ name: 'y', names: ['y'], type: 'f32', shape: [-1, 3] }])
    const x = Float32Array.of(1, 2, 3, 4, 5, 20)
    expect(runToFloats(model, [x], [[2, 3]])).toEqual(affineOf(x))
  })

  it('bytes are copied before the call returns', async () => {
    const bytes = affine.slice()
    const reading = openvino.readModel({ bytes, format: 'onnx' })
    bytes.fill(0)
    expect((await reading).outputs()[0]?.name).toBe('y')
  })

  it('a view into a larger buffer', () => {
    const large = new Uint8Array(affine.length + 64)
    large.set(affine, 32)
    const model = openvino.readModelSync({ bytes: large.subarray(32, 32 + affine.length), format: 'onnx' })
    expect(model.name).toBe('affine')
  })

  it('ONNX with its weights in a file beside it, and not without', () => {
    const path = join(folder, 'external.onnx')
    const external = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [2] }],
      outputs: [{ name: 'y', type: 'f32', shape: [2] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', type: 'f32', shape: [2], data: { location: 'weights.bin', offset: 4, length: 8 } }],
    })
    writeFileSync(path, external)
    expect(() => openvino.readModelSync({ path })).toThrow(code('OV_READ'))
    writeFileSync(join(folder, 'weights.bin'), bytesOf(99, 10, 20))
    expect(runToFloats(openvino.readModelSync({ path }), [Float32Array.of(1, 2)])).toEqual(Float32Array.of(11, 22))
  })

  it('every element type by its name', () => {
    const types: OnnxType[] = [
      'f32',
      'f16',
      'bf16',
      'f64',
      'i8',
      'u8',
      'i16',
      'u16',
      'i32',
      'u32',
      'i64',
      'u64',
      'bool',
      'i4',
      'u4',
      'string',
    ]
    for (const type of types) {
      const model = openvino.readModelSync({ bytes: unaryModel('Identity', [2], type), format: 'onnx' })
      expect(model.inputs()[0]?.type).toBe(type)
    }
  })

  it('a model of strings, which passes them through', () => {
    const model = openvino.readModelSync({ bytes: unaryModel('Identity', [2], 'string'), format: 'onnx' })
    expect(runOnce(model, [['zürich', '']], undefined, {})).toEqual([['zürich', '']])
  })

  it('goes by the content, not by the name', () => {
    expect(openvino.readModelSync({ path: write('model.bin', affine) }).outputs()[0]?.name).toBe('y')
  })

  it('is refused: a missing file, an unreadable one, a missing file of weights', async () => {
    const missing = join(folder, 'missing.onnx')
    const expected = { code: 'NATIVE_FILE', message: expect.stringMatching(/missing\.onnx.*No such file/) }
    await expect(openvino.readModel({ path: missing })).rejects.toMatchObject(expected)
    expect(() => openvino.readModelSync({ path: missing })).toThrow(code('NATIVE_FILE'))
    const path = join(ours, 'dense-paddle.pdmodel')
    await expect(openvino.readModel({ path, weightsPath: join(folder, 'missing.pdiparams') })).rejects.toEqual(
      code('NATIVE_FILE'),
    )
  })

  it.skipIf(process.getuid?.() === 0)('is refused: a file that may not be read (skipped for root, who may read all)', () => {
    const path = join(folder, 'secret.onnx')
    writeFileSync(path, affine)
    chmodSync(path, 0)
    expect(() => openvino.readModelSync({ path })).toThrow(code('NATIVE_FILE'))
  })

  const damaged: [string, () => NativeModelSource][] = [
    ['text called .onnx', () => ({ path: write('text.onnx', 'this is no model') })],
    ['an empty .onnx', () => ({ path: write('empty.onnx', '') })],
    ['half an .onnx', () => ({ path: write('half.onnx', affine.subarray(0, affine.length / 2)) })],
    ['half an .xml', () => ({ path: write('half.xml', '<?xml version="1.0"?><net name="x" version="11"><layers><lay') })],
    ['an empty .xml', () => ({ path: write('empty.xml', '') })],
    ['text called .tflite', () => ({ path: write('text.tflite', 'this is no model') })],
    ['text called .pdmodel', () => ({ path: write('text.pdmodel', 'this is no model') })],
    ['text called .pb', () => ({ path: write('text.pb', 'this is no model') })],
    ['a folder', () => ({ path: folder })],
    ['a Paddle model without weights', () => ({ bytes: file('dense-paddle.pdmodel'), format: 'paddle' })],
  ]
  function write(name: string, content: string | Uint8Array): string {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  it.each(damaged)('is refused: %s', async (_, source) => {
    const refusal = {
      code: expect.stringMatching(/^OV_(READ|MODEL_BYTES)$/),
      message: expect.stringMatching(/^(?!Exception from)\S/),
    }
    await expect(openvino.readModel(source())).rejects.toMatchObject(refusal)
  })

  it('is refused: no bytes, and what is no source at all', () => {
    expect(() => openvino.readModelSync({ bytes: new Uint8Array(0), format: 'onnx' })).toThrow(code('OV_MODEL_BYTES'))
    for (const source of [undefined, null, 'x.onnx', {}, { bytes: 'text', format: 'onnx' }]) {
      expect(() => openvino.readModelSync(source as unknown as NativeModelSource)).toThrow(code('NATIVE_ARGUMENT'))
    }
  })
})

describeWithData('reading trained models', () => {
  it('TensorFlow Lite from a path and from bytes, with the same result', () => {
    const path = join(dataFolder, 'models/vww_96_float.tflite')
    const random = makeRandom(3)
    const x = Float32Array.from({ length: 96 * 96 * 3 }, random)
    const [fromPath, fromBytes] = [{ path }, { bytes: readFileSync(path), format: 'tflite' as const }].map((source) =>
      runToFloats(openvino.readModelSync(source), [x], [[1, 96, 96, 3]]),
    ) as [Float32Array, Float32Array]
    expect(fromBytes).toEqual(fromPath)
    // Two probabilities.
    expect((fromPath[0] as number) + (fromPath[1] as number)).toBeCloseTo(1, 4)
  })

  it.each(['digits_cnn_bnfolded', 'squeezenet_fp32'])('%s reproduces the reference output', (name) => {
    const golden = (part: string) =>
      new Float32Array(Uint8Array.from(readFileSync(join(dataFolder, `golden/${name}.${part}.f32`))).buffer)
    const model = openvino.readModelSync({ path: join(dataFolder, `models/${name}.onnx`) })
    const shape = model.inputs()[0]?.shape as number[]
    const input = golden('in')
    const batch = input.length / shape.slice(1).reduce((a, b) => a * b)
    const dynamic = shape.includes(-1) ? [[batch, ...shape.slice(1)]] : undefined
    const expected = golden('out0')
    const limit = 1e-3 * expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    expect(maxDifference(runToFloats(model, [input], dynamic), expected)).toBeLessThan(limit)
  })
})
