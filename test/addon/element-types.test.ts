import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { Engine } from '../../lib/inference/engine.js'
import { type ElementType, elementTypes } from '../../lib/tensor/element-type.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { encodeOnnx, type OnnxType } from '../models/encode-onnx.js'

// Whatever way data takes to the engine and back: copied or in place, at once or later, into new memory or given one.

type Numbers = Float32Array | Uint16Array | BigInt64Array

const devices = ['CPU', 'AUTO:CPU', 'HETERO:CPU', 'MULTI:CPU']
const numeric = ['f32', 'f16', 'bf16', 'f64', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'bool'] as const
/** Small data is copied, large data is bound where it lies. */
const sizes = { small: 8, large: 50_000 }

function numbers(type: ElementType, count: number, seed: number): Numbers {
  const { array, kind, bits } = elementTypes[type]
  const data = new (array as unknown as Float32ArrayConstructor)(count)
  for (let i = 0; i < count; i++) {
    let value = (i * 7 + seed) % 100
    if (kind === 'boolean') value %= 2
    if (kind === 'float' && bits === 16) value += 0x3c00 // raw bits of numbers that no rounding changes
    data[i] = (bits === 64 && kind !== 'float' ? BigInt(value) : value) as number
  }
  return data
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength)
const areEqual = (tensor: Tensor | undefined, data: ArrayBufferView) =>
  bytesOf(tensor?.data as ArrayBufferView).equals(bytesOf(data))

/** Two outputs that are the input, one of them in another shape: an engine could be tempted to hand out the input itself. */
const copyModel = (type: OnnxType, count: number) =>
  encodeOnnx({
    inputs: [{ name: 'x', type, shape: [count] }],
    outputs: [
      { name: 'y', type, shape: [count] },
      { name: 'z', type, shape: [2, count / 2] },
    ],
    nodes: [
      { op: 'Identity', inputs: ['x'], outputs: ['y'] },
      { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['z'] },
    ],
    initializers: [
      { name: 'shape', type: 'i64', shape: [2], data: new Uint8Array(new BigInt64Array([2n, BigInt(count / 2)]).buffer) },
    ],
  })

/** What came back wrong; results are looked at in the end, after their inputs were overwritten. */
async function wrongCopies(engine: Engine, type: ElementType, count: number): Promise<string[]> {
  const wrong: string[] = []
  const check = (way: string, result: Record<string, Tensor>, expected: Numbers) => {
    for (const name of ['y', 'z']) if (!areEqual(result[name], expected)) wrong.push(`${way} ${name}`)
  }
  const given = Tensor.allocate(type, [count])
  for (let seed = 0; seed < 3; seed++) {
    const expected = numbers(type, count, seed)
    const array = expected.slice()
    const tensor = Tensor.copyOf(Tensor.from(expected, [count], type))
    const results = {
      'array, infer': await engine.infer(array),
      'array, inferSync': engine.inferSync(array),
      'tensor, infer': await engine.infer(tensor),
      'tensor, inferSync': engine.inferSync(tensor),
    }
    array.fill(array[0] as never)
    ;(tensor.data as Float32Array).fill(tensor.data[0] as number)
    for (const [way, result] of Object.entries(results)) check(way, result, expected)
    check('given, infer', await engine.infer(expected, { outputs: { y: given } }), expected)
    check('given, inferSync', engine.inferSync(expected, { outputs: { y: given } }), expected)
  }
  return wrong
}

describe.each(devices)('on %s', (device) => {
  it.each(numeric)('%s arrives whole and is never an alias of the input', async (type) => {
    for (const count of Object.values(sizes)) {
      await using engine = await buildEngine({ model: copyModel(type, count), device, precision: 'fp32' })
      expect(await wrongCopies(engine, type, count)).toEqual([])
    }
  })

  it.each(['i4', 'u4'] as const)('an odd number of %s elements arrives', async (type) => {
    const count = 80_001
    const packed = Uint8Array.from({ length: Math.ceil(count / 2) }, (_, i) => (i * 37) % 256)
    const expected = Int32Array.from({ length: count }, (_, i) => {
      const nibble = ((packed[i >> 1] as number) >> ((i % 2) * 4)) & 15
      return type === 'i4' && nibble > 7 ? nibble - 16 : nibble
    })
    const model = encodeOnnx({
      opset: 21,
      inputs: [{ name: 'x', type, shape: [count] }],
      outputs: [{ name: 'y', type: 'i32', shape: [count] }],
      nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 6 } }],
    })
    await using engine = await buildEngine({ model, device })
    const tensor = Tensor.copyOf(Tensor.from(packed, [count], type))
    for (const { y } of [
      await engine.infer(packed),
      engine.inferSync(packed),
      await engine.infer(tensor),
      engine.inferSync(tensor),
    ]) {
      expect(areEqual(y, expected)).toBe(true)
    }
  })

  it('outputs whose size depends on the data come with their shape, beside others of a fixed one', async () => {
    const count = 40_000
    const model = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [1, count] }],
      outputs: [
        { name: 'where', type: 'i64', shape: [2, 'n'] },
        { name: 'y', type: 'f32', shape: [1, count] },
      ],
      nodes: [
        { op: 'NonZero', inputs: ['x'], outputs: ['where'] },
        { op: 'Relu', inputs: ['x'], outputs: ['y'] },
      ],
    })
    await using engine = await buildEngine({ model, device })
    const given = Tensor.allocate('f32', [1, count])
    for (const found of [0, 5, 30_000, 1, 0, count]) {
      const x = new Float32Array(count).fill(2, 0, found)
      for (const { where, y } of [await engine.infer(x), engine.inferSync(x), await engine.infer(x, { outputs: { y: given } })]) {
        expect(where?.shape).toEqual([2, found])
        expect(where?.data.length).toBe(2 * found)
        if (found > 0) expect(where?.data[2 * found - 1]).toBe(BigInt(found - 1))
        expect(areEqual(y, x)).toBe(true)
      }
    }
  })

  it('a constant output is a copy each time', async () => {
    const count = 50_000
    const constant = new Float32Array(count).fill(3)
    const model = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [4] }],
      outputs: [
        { name: 'y', type: 'f32', shape: [4] },
        { name: 'c', type: 'f32', shape: [count] },
      ],
      nodes: [
        { op: 'Relu', inputs: ['x'], outputs: ['y'] },
        { op: 'Identity', inputs: ['k'], outputs: ['c'] },
      ],
      initializers: [{ name: 'k', type: 'f32', shape: [count], data: new Uint8Array(constant.slice().buffer) }],
    })
    await using engine = await buildEngine({ model, device })
    const x = new Float32Array(4)
    for (const infer of [() => engine.infer(x), () => engine.inferSync(x), () => engine.infer(x)]) {
      const { c } = await infer()
      expect(areEqual(c, constant)).toBe(true)
      const data = c?.data as Float32Array
      data.fill(0)
    }
  })
})
