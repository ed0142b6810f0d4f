import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { isEngineryError } from '../../../lib/errors/enginery-error.js'
import type { NativeMemory } from '../../../lib/native/openvino-addon.js'
import { elementTypeNames } from '../../../lib/tensor/element-type.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import {
  beginWrite,
  copyToNative,
  endWrite,
  isTensor,
  nativeMemoryOf,
  wrapArray,
  wrapMemory,
} from '../../../lib/tensor/tensor-internals.js'

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isEngineryError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

/** Native memory without the addon: a detachable buffer. */
function memoryOf(byteLength: number): NativeMemory {
  const buffer = new ArrayBuffer(byteLength)
  let released = false
  return {
    buffer,
    byteLength,
    get released() {
      return released
    },
    release() {
      released = true
      structuredClone(buffer, { transfer: [buffer] })
    },
    share() {
      throw new Error('not in these tests')
    },
  }
}

describe('Tensor.from', () => {
  it('is a view of the array', () => {
    const data = new Float32Array([1, 2, 3, 4, 5, 6])
    const tensor = Tensor.from(data, [2, 3])
    expectTypeOf(tensor).toEqualTypeOf<Tensor<'f32'>>()
    expectTypeOf(tensor.data).toEqualTypeOf<Float32Array>()
    expect(tensor).toMatchObject({ type: 'f32', shape: [2, 3], size: 6, byteLength: 24, isNative: false, released: false })
    expect(tensor.data).toBe(data)
  })

  it('copies and freezes the shape', () => {
    const shape = [1, 2]
    const tensor = Tensor.from(new Int8Array(2), shape)
    shape[1] = 9
    expect(tensor.shape).toEqual([1, 2])
    expect(Object.isFrozen(tensor.shape)).toBe(true)
  })

  it.each([
    [new Float32Array(2), 'f32'],
    [new Float64Array(2), 'f64'],
    [new Int8Array(2), 'i8'],
    [new Uint8Array(2), 'u8'],
    [Buffer.alloc(2), 'u8'],
    [new Int16Array(2), 'i16'],
    [new Uint16Array(2), 'u16'],
    [new Int32Array(2), 'i32'],
    [new Uint32Array(2), 'u32'],
    [new BigInt64Array(2), 'i64'],
    [new BigUint64Array(2), 'u64'],
    [['a', 'b'], 'string'],
  ] as const)('infers the type of %o', (data, type) => {
    const tensor = Tensor.from(data as Float32Array)
    expect(tensor.type).toBe(type)
    expect(tensor.shape).toEqual([2])
    expect(tensor.data).toBe(data)
  })

  it('takes a clamped array as what it is: bytes', () => {
    const data = new Uint8ClampedArray([1, 2])
    const tensor = Tensor.from(data)
    expectTypeOf(tensor).toEqualTypeOf<Tensor<'u8'>>()
    expect(tensor.data).toBeInstanceOf(Uint8Array)
    data[0] = 9
    expect(tensor.data[0]).toBe(9)
  })

  it('takes raw bits for types that JavaScript lacks', () => {
    expect(Tensor.from(new Uint16Array([0x3c00]), [1], 'f16').toFloat32()).toEqual(new Float32Array([1]))
    expect(Tensor.from(new Uint16Array([0x3f80]), undefined, 'bf16').type).toBe('bf16')
    expect(Tensor.from(new Uint8Array([1, 0]), [2], 'bool').size).toBe(2)
    const packed = Tensor.from(new Uint8Array([0x21, 0x03]), [3], 'u4')
    expect(packed).toMatchObject({ size: 3, byteLength: 2 })
    expect(packed.toFloat32()).toEqual(new Float32Array([1, 2, 3]))
    expect(Tensor.from(new Uint8Array(2), undefined, 'i4').shape).toEqual([4])
  })

  it('takes empty shapes: scalars and nothing at all', () => {
    expect(Tensor.from(new Float32Array([5]), [])).toMatchObject({ size: 1, shape: [] })
    expect(Tensor.from(new Float32Array(0), [0, 3])).toMatchObject({ size: 0, byteLength: 0 })
    expect(Tensor.from([], [0], 'string').data).toEqual([])
  })

  it('keeps a view into a larger buffer where it is', () => {
    const whole = new Float32Array([0, 1, 2, 3])
    expect(Tensor.from(whole.subarray(1, 3)).data.byteOffset).toBe(4)
    expect(Tensor.from(new Float32Array(new SharedArrayBuffer(8))).size).toBe(2)
  })

  it.each<[string, () => unknown, string]>([
    ['a length that does not fit', () => Tensor.from(new Float32Array(5), [2, 3]), 'TENSOR_DATA_INVALID'],
    ['an array of another class', () => Tensor.from(new Float64Array(6), [2, 3], 'f32'), 'TENSOR_DATA_INVALID'],
    ['signed bits for an unsigned type', () => Tensor.from(new Int16Array(1), [1], 'f16'), 'TENSOR_DATA_INVALID'],
    ['plain numbers', () => Tensor.from([1, 2] as never, [2]), 'TENSOR_DATA_INVALID'],
    ['strings for numbers', () => Tensor.from(['1'], [1], 'f32'), 'TENSOR_DATA_INVALID'],
    ['a DataView', () => Tensor.from(new DataView(new ArrayBuffer(4)) as never, [1]), 'TENSOR_DATA_INVALID'],
    ['nothing', () => Tensor.from(undefined as never, [1]), 'TENSOR_DATA_INVALID'],
    ['an unknown type', () => Tensor.from(new Float32Array(1), [1], 'float' as never), 'TENSOR_TYPE_INVALID'],
    ['a negative length', () => Tensor.from(new Float32Array(1), [-1]), 'TENSOR_SHAPE_INVALID'],
    ['a broken length', () => Tensor.from(new Float32Array(1), [0.5]), 'TENSOR_SHAPE_INVALID'],
    ['a shape beyond 2^53', () => Tensor.from(new Float32Array(1), [2 ** 40, 2 ** 40]), 'TENSOR_SHAPE_INVALID'],
    ['a shape that is none', () => Tensor.from(new Float32Array(1), 'x' as never), 'TENSOR_SHAPE_INVALID'],
  ])('refuses %s', (_, action, code) => {
    expect(codeOf(action)).toBe(code)
  })

  it('says what it expected', () => {
    expect(() => Tensor.from(new Float32Array(5), [2, 3])).toThrow(
      'A tensor f32[2, 3] is held by a Float32Array of length 6, received Float32Array(5)',
    )
  })

  it('notices that the buffer is gone, or smaller', () => {
    const data = new Float32Array(4)
    const tensor = Tensor.from(data)
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(codeOf(() => tensor.data)).toBe('TENSOR_DETACHED')
    expect(codeOf(() => Tensor.from(data))).toBe('TENSOR_DETACHED')
    expect(codeOf(() => Tensor.copyOf(tensor))).toBe('TENSOR_DETACHED')
    expect(inspect(tensor)).toBe('Tensor f32[4] (detached)')
    const resizable = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 16,
    })
    const shrinking = Tensor.from(new Float32Array(resizable, 0, 4))
    ;(resizable as unknown as { resize(length: number): void }).resize(8)
    expect(codeOf(() => shrinking.data)).toBe('TENSOR_DETACHED')
  })
})

describe('new Tensor', () => {
  // Private in TypeScript only.
  const Constructor = Tensor as unknown as new (...given: unknown[]) => Tensor

  it('says how tensors are made, and not all that it was given', () => {
    const make = () => new Constructor('f32', new Float32Array(150_528), [1, 3, 224, 224])
    expect(make).toThrow(
      expect.objectContaining({
        code: 'TENSOR_CONSTRUCTED',
        message: expect.stringContaining('new Tensor("f32", Float32Array(150528), [1, 3, 224, 224])'),
        cure: expect.stringContaining('Tensor.from(data, shape)'),
      }),
    )
    expect(() => new Constructor()).toThrow(expect.objectContaining({ message: expect.stringContaining('new Tensor()') }))
  })

  it('shapes of any length leave messages short', () => {
    const many = Tensor.from(new Float32Array(1), Array(150_000).fill(1))
    expect(inspect(many).length).toBeLessThan(300)
    many.release()
    expect(() => many.data).toThrow(
      expect.objectContaining({ code: 'TENSOR_RELEASED', message: expect.not.stringMatching(/.{300}/) }),
    )
  })
})

describe('Tensor.allocate', () => {
  it.each(elementTypeNames)('makes zeros of %s', (type) => {
    const tensor = Tensor.allocate(type, [2, 3])
    expect(tensor).toMatchObject({ type, shape: [2, 3], size: 6 })
    expect(tensor.isNative).toBe(type !== 'string')
    expect([...(tensor.data as Iterable<unknown>)].every((value) => value === 0 || value === 0n || value === '')).toBe(true)
    expect(tensor.data).toBe(tensor.data)
  })

  it('takes scalars and empty shapes', () => {
    expect(Tensor.allocate('f32', []).data).toHaveLength(1)
    expect(Tensor.allocate('f32', [0, 8]).data).toHaveLength(0)
  })

  it('refuses what it cannot hold', () => {
    expect(codeOf(() => Tensor.allocate('f32', [2 ** 45]))).toBe('OUT_OF_MEMORY')
    expect(codeOf(() => Tensor.allocate('f33' as never, [1]))).toBe('TENSOR_TYPE_INVALID')
    expect(codeOf(() => Tensor.allocate('f32', [Number.NaN]))).toBe('TENSOR_SHAPE_INVALID')
  })

  it('cannot be transferred away', () => {
    const { data } = Tensor.allocate('f32', [4])
    const buffer = data.buffer as ArrayBuffer
    try {
      // Node 20 copies in place of a transfer, later ones refuse.
      expect(structuredClone(buffer, { transfer: [buffer] })).not.toBe(buffer)
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError')
    }
    expect(data).toHaveLength(4)
  })
})

describe('Tensor.copyOf', () => {
  it('is independent and native', () => {
    const source = Tensor.from(new Int32Array([1, 2]), [2, 1])
    const copy = Tensor.copyOf(source)
    source.data[0] = 9
    expect(copy).toMatchObject({ type: 'i32', shape: [2, 1], isNative: true })
    expect(copy.data).toEqual(new Int32Array([1, 2]))
    const strings = Tensor.from(['a'])
    expect(Tensor.copyOf(strings).data).not.toBe(strings.data)
    expect(Tensor.copyOf(strings).data).toEqual(['a'])
  })
})

describe('release', () => {
  it('gives native memory back and forgets the data', () => {
    const tensor = Tensor.allocate('f32', [4])
    const { data } = tensor
    tensor.release()
    tensor.release()
    expect(data).toHaveLength(0)
    expect(tensor.released).toBe(true)
    expect(tensor.isNative).toBe(false)
    for (const access of [
      () => tensor.data,
      () => tensor.toFloat32(),
      () => Tensor.copyOf(tensor),
      () => nativeMemoryOf(tensor),
    ]) {
      expect(codeOf(access)).toBe('TENSOR_RELEASED')
    }
    expect(inspect(tensor)).toBe('Tensor f32[4] (released)')
  })

  it('leaves an array of the caller alone', () => {
    const data = new Float32Array(4)
    const tensor = Tensor.from(data)
    tensor[Symbol.dispose]()
    expect(data).toHaveLength(4)
    expect(codeOf(() => tensor.data)).toBe('TENSOR_RELEASED')
  })

  it('waits for no one: a tensor that is being written stays', () => {
    const tensor = Tensor.allocate('f32', [4])
    expect(beginWrite(tensor)).toBe(true)
    expect(beginWrite(tensor)).toBe(false)
    expect(codeOf(() => tensor.release())).toBe('TENSOR_IN_USE')
    endWrite(tensor)
    expect(codeOf(() => tensor.release())).toBe('nothing was thrown')
  })
})

describe('what engines make tensors with', () => {
  it('makes the array over memory when it is first read', () => {
    const memory = memoryOf(64)
    const shape = Object.freeze([2, 2])
    const tensor = wrapMemory(memory, 'f32', shape, 4)
    expect(tensor.shape).toBe(shape)
    expect(nativeMemoryOf(tensor)).toBe(memory)
    expect(tensor.data).toHaveLength(4)
    expect(tensor.data.buffer).toBe(memory.buffer)
    tensor.release()
    expect(memory.released).toBe(true)
  })

  it('notices memory that somebody else released', () => {
    const memory = memoryOf(64)
    const tensor = wrapMemory(memory, 'f32', [4], 4)
    memory.release()
    expect(codeOf(() => tensor.data)).toBe('TENSOR_DETACHED')
  })

  it('wraps buffers of V8 and strings', () => {
    const buffer = new Float64Array([1, 2]).buffer
    const tensor = wrapMemory(buffer, 'f64', [2], 2)
    expect(tensor.isNative).toBe(false)
    expect(tensor.data).toEqual(new Float64Array([1, 2]))
    expect(wrapArray(['a'], 'string', [1], 1).data).toEqual(['a'])
  })

  it('copies bytes into native memory', () => {
    const memory = copyToNative(new Float32Array([1, 2, 3]).subarray(1))
    expect(memory.byteLength).toBe(8)
    expect(new Float32Array(memory.buffer)).toEqual(new Float32Array([2, 3]))
  })

  it('tells tensors from what looks like one', () => {
    const tensor = Tensor.from(new Float32Array(1))
    expect(isTensor(tensor)).toBe(true)
    for (const other of [{ ...tensor }, Object.create(Tensor.prototype), null, undefined, 1]) expect(isTensor(other)).toBe(false)
  })
})

describe('printing', () => {
  it('shows type, shape and the first values', () => {
    expect(inspect(Tensor.from(new Float32Array([1, 2]), [1, 2]))).toBe('Tensor f32[1, 2] Float32Array(2) [ 1, 2 ]')
    expect(inspect(Tensor.allocate('i8', [100]))).toContain('Tensor i8[100] native')
    expect(inspect(Tensor.allocate('i8', [100]))).toContain('more items')
  })
})
