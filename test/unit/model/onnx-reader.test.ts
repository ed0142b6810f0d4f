import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readOnnxModel } from '../../../lib/model/onnx-reader.js'
import { bytes, inside, integer, message, model, packed, tensor, text, value } from './onnx-bytes.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('readOnnxModel', () => {
  it('reads the head of a model', async () => {
    const file = message(
      integer(1, 9),
      text(2, 'pytorch'),
      text(3, '2.0'),
      text(4, 'org.example'),
      integer(5, 7),
      inside(7, text(2, 'main')),
      inside(8, text(1, ''), integer(2, 17)),
      inside(8, text(1, 'com.example'), integer(2, 1)),
      inside(14, text(1, 'names'), text(2, 'cat, dog')),
      inside(14, text(1, '__proto__'), text(2, 'x')),
    )
    const { metadata, ...rest } = await readOnnxModel(file)
    expect(rest).toEqual({
      irVersion: 9,
      producerName: 'pytorch',
      producerVersion: '2.0',
      domain: 'org.example',
      modelVersion: 7,
      graphName: 'main',
      opsets: [
        { domain: 'ai.onnx', version: 17 },
        { domain: 'com.example', version: 1 },
      ],
      inputs: [],
      outputs: [],
      operators: [],
      nodeCount: 0,
      functionCount: 0,
      weights: [],
      parameters: 0,
      weightBytes: 0,
    })
    expect(Object.entries(metadata)).toEqual([
      ['names', 'cat, dog'],
      ['__proto__', 'x'],
    ])
  })

  it('reads inputs and outputs, without the weights that old models list among them', async () => {
    const file = model(
      inside(5, ...tensor({ name: 'w', dims: [2], raw: new Uint8Array(8) })),
      inside(11, ...value('x', [1, 'height', null, -1])),
      inside(11, ...value('w', [2])),
      inside(11, text(1, 'any rank'), inside(2, inside(1, integer(1, 10)))),
      inside(11, text(1, 'list'), inside(2, inside(4))),
      inside(12, ...value('y', [])),
    )
    const { inputs, outputs } = await readOnnxModel(file)
    expect(inputs).toEqual([
      { name: 'x', type: 'f32', shape: [1, 'height', null, null] },
      { name: 'any rank', type: 'f16', shape: null },
      { name: 'list', type: 'sequence', shape: null },
    ])
    expect(outputs).toEqual([{ name: 'y', type: 'f32', shape: [] }])
  })

  it('counts operators by domain, those of subgraphs and functions included', async () => {
    const node = (type: string, ...more: ReturnType<typeof text>[]) => inside(1, text(4, type), ...more)
    const branch = inside(
      5,
      text(1, 'then_branch'),
      inside(6, node('Add'), inside(5, ...tensor({ name: 'inner', dims: [3], raw: new Uint8Array(12) }))),
    )
    const file = message(
      inside(7, node('Add'), node('Conv'), node('If', branch), node('Gelu', text(7, 'com.microsoft'))),
      inside(25, text(1, 'F'), inside(7, text(4, 'Conv'))),
    )
    const found = await readOnnxModel(file)
    expect(found.operators).toEqual([
      { domain: 'ai.onnx', type: 'Add', count: 2 },
      { domain: 'ai.onnx', type: 'Conv', count: 2 },
      { domain: 'ai.onnx', type: 'If', count: 1 },
      { domain: 'com.microsoft', type: 'Gelu', count: 1 },
    ])
    expect(found).toMatchObject({ nodeCount: 6, functionCount: 1, parameters: 3 })
    expect(found.weights[0]).toMatchObject({ name: 'inner', holder: 'initializer' })
  })

  it('describes weights wherever they are', async () => {
    const external = { location: 'w.bin', offset: '4096', length: '24' }
    const file = model(
      inside(
        1,
        text(2, 'constant_out'),
        text(4, 'Constant'),
        inside(5, text(1, 'value'), inside(5, ...tensor({ type: 7, dims: [2], raw: new Uint8Array(16) }))),
      ),
      inside(5, ...tensor({ name: 'w', dims: [2, 3], external })),
      inside(5, ...tensor({ name: 'scalar', raw: new Uint8Array(4) })),
      inside(5, ...tensor({ name: 'packed', type: 22, dims: [3], raw: new Uint8Array(2) })),
      inside(5, integer(1, 2), integer(1, 2), integer(2, 11), text(8, 'unpacked dims'), bytes(10, new Uint8Array(32))),
      inside(15, inside(1, ...tensor({ name: 'sparse', dims: [5], raw: new Uint8Array(20) })), packed(3, [10, 10])),
    )
    const { weights, parameters, weightBytes } = await readOnnxModel(file)
    const common = { holder: 'initializer', external: null }
    expect(weights).toEqual([
      { name: 'constant_out', holder: 'attribute', type: 'i64', shape: [2], elements: 2, bytes: 16, external: null },
      {
        ...common,
        name: 'w',
        type: 'f32',
        shape: [2, 3],
        elements: 6,
        bytes: 24,
        external: { location: 'w.bin', offset: 4096, length: 24 },
      },
      { ...common, name: 'scalar', type: 'f32', shape: [], elements: 1, bytes: 4 },
      { ...common, name: 'packed', type: 'i4', shape: [3], elements: 3, bytes: 2 },
      { ...common, name: 'unpacked dims', type: 'f64', shape: [2, 2], elements: 4, bytes: 32 },
      { ...common, name: 'sparse', type: 'f32', shape: [5], elements: 5, bytes: 20 },
    ])
    expect(parameters).toBe(21)
    expect(weightBytes).toBe(98)
  })

  it('reads the same from a file, across the edges of its windows', async () => {
    // 3,000 nodes of changing length: some field lies across every edge.
    const nodes = Array.from({ length: 3000 }, (_, i) => inside(1, text(3, 'n'.repeat(i % 97)), text(4, `Op${i % 3}`)))
    const file = model(...nodes, inside(5, ...tensor({ name: 'w', dims: [50_000], raw: new Uint8Array(200_000) })))
    const path = join(folder, 'windows.onnx')
    writeFileSync(path, file)
    const fromFile = await readOnnxModel(path)
    expect(fromFile).toEqual(await readOnnxModel(file))
    expect(fromFile.nodeCount).toBe(3000)
    expect(fromFile.operators.map(({ count }) => count)).toEqual([1000, 1000, 1000])
    expect(fromFile.weightBytes).toBe(200_000)
  })

  it('steps over more weights than an array can hold', async () => {
    // A sparse file: 5 GiB of which a few hundred bytes are there.
    const length = 5 * 2 ** 30
    const varint = (number: number) => {
      const out: number[] = []
      for (let rest = number; ; rest = Math.floor(rest / 128)) {
        out.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
        if (rest < 128) return out
      }
    }
    const rawHead = [0x4a, ...varint(length)]
    const tensorBody = [...message(packed(1, [length / 4]), integer(2, 1), text(8, 'huge')), ...rawHead]
    const tensorHead = [0x2a, ...varint(tensorBody.length + length)]
    const tail = message(inside(12, ...value('y', [1])))
    const graphHead = [0x3a, ...varint(tensorHead.length + tensorBody.length + length + tail.length)]
    const start = Uint8Array.from([0x08, 0x08, ...graphHead, ...tensorHead, ...tensorBody])
    const path = join(folder, 'huge.onnx')
    const file = await open(path, 'w')
    await file.write(start, 0, start.length, 0)
    await file.write(tail, 0, tail.length, start.length + length)
    await file.close()
    const found = await readOnnxModel(path)
    expect(found.weights).toMatchObject([{ name: 'huge', bytes: length }])
    expect(found.outputs).toMatchObject([{ name: 'y' }])
  })
})

describe('damage', () => {
  const whole = model(
    inside(1, text(4, 'Relu')),
    inside(5, ...tensor({ name: 'w', dims: [4], raw: new Uint8Array(16) })),
    inside(11, ...value('x', [1, 4])),
  )
  const corrupt = { code: 'MODEL_CORRUPT' }

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'no graph'],
    ['zeros', new Uint8Array(100), 'field number 0'],
    ['a text', Buffer.from('This is no model.'), 'wire type'],
    ['no graph', message(integer(1, 8)), 'no graph'],
    ['a cut-off end', whole.subarray(0, whole.length - 3), 'cut short'],
    ['an endless number', Uint8Array.from(Array(40).fill(0xff)), 'longer than 10 bytes'],
    [
      'a part longer than the whole',
      message(inside(7, bytes(5, Uint8Array.from([0x4a, 0x7f, 0]))), text(2, 'x')),
      'longer than the message',
    ],
    ['a negative length', Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), 'negative length'],
    ['a negative dimension', model(inside(5, ...tensor({ name: 'w', dims: [-2] }))), 'impossible shape'],
    ['a shape beyond all bounds', model(inside(5, ...tensor({ name: 'w', dims: [2 ** 40, 2 ** 40] }))), 'impossible shape'],
    [
      'less data than the shape needs',
      model(inside(5, ...tensor({ name: 'w', dims: [4], raw: new Uint8Array(15) }))),
      'takes 16 bytes, 15 are there',
    ],
    [
      'an offset that is no number',
      model(inside(5, ...tensor({ name: 'w', dims: [4], external: { location: 'a', offset: '-1' } }))),
      'offset "-1"',
    ],
    ['a graph that is a number', message(integer(7, 1)), 'wire type 0, expected 2'],
    ['too many dimensions', model(inside(5, packed(1, Array(300).fill(1)))), 'more than 256'],
  ])('refuses %s', async (_, file, reason) => {
    await expect(readOnnxModel(file)).rejects.toMatchObject({ ...corrupt, message: expect.stringContaining(reason) })
  })

  it('refuses graphs nested without end', async () => {
    let graph = message(text(2, 'innermost'))
    for (let i = 0; i < 100; i++) graph = message(inside(1, text(4, 'If'), inside(5, bytes(6, graph))))
    await expect(readOnnxModel(message(bytes(7, graph)))).rejects.toMatchObject(corrupt)
  })

  it('refuses more entries than any model has, in little memory', async () => {
    // A node of no bytes takes two in the file, and an object in memory.
    const flood = Buffer.alloc(4_000_000)
    for (let i = 0; i < flood.length; i += 2) flood[i] = 0x2a
    await expect(readOnnxModel(message(bytes(7, flood)))).rejects.toMatchObject(corrupt)
  })

  it('answers every cut and every changed byte with a model or a coded error', async () => {
    let refused = 0
    const tryOne = async (file: Uint8Array) => {
      await readOnnxModel(file).catch((error: unknown) => {
        expect(error).toMatchObject(corrupt)
        refused++
      })
    }
    for (let length = 0; length < whole.length; length++) await tryOne(whole.subarray(0, length))
    for (let i = 0; i < whole.length; i++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const file = whole.slice()
        file[i] = (file[i] as number) ^ change
        await tryOne(file)
      }
    }
    expect(refused).toBeGreaterThan(whole.length)
  })

  it('names the file, and says when it cannot be read', async () => {
    const path = join(folder, 'cut.onnx')
    writeFileSync(path, whole.subarray(0, 40))
    await expect(readOnnxModel(path)).rejects.toMatchObject({ ...corrupt, message: expect.stringContaining(path) })
    await expect(readOnnxModel(join(folder, 'absent.onnx'))).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
    await expect(readOnnxModel(folder)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
  })
})
