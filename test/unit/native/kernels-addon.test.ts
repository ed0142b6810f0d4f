import { cpus } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { CpuFeatures, KernelsAddon } from '../../../lib/native/kernels-addon.js'
import { loadKernels } from '../../../lib/native/load-addon.js'

const kernels = loadKernels()

// Wrong arguments on purpose.
const untyped = kernels as unknown as Record<keyof KernelsAddon, (...values: unknown[]) => unknown>
const argumentError = expect.objectContaining({ name: 'TypeError', code: 'NATIVE_ARGUMENT' })

describe('the kernels addon', () => {
  it('exports what its typings name, and nothing else', () => {
    const named: Record<keyof KernelsAddon, true> = {
      cpuFeatures: true,
      float32FromFloat16: true,
      float16FromFloat32: true,
      float32FromBfloat16: true,
      bfloat16FromFloat32: true,
      int8FromInt4: true,
      int4FromInt8: true,
      uint8FromUint4: true,
      uint4FromUint8: true,
      compareTensors: true,
      detachBuffer: true,
      resizeImage: true,
      resizeImageSync: true,
      prepareImage: true,
      prepareImageSync: true,
      decodeJpeg: true,
      addToHistogram: true,
      findQuantiles: true,
      addRoundingShift: true,
      addOutputNoise: true,
      findRowMaxima: true,
    }
    expect(Object.keys(kernels).sort()).toEqual(Object.keys(named).sort())
  })
})

describe('cpuFeatures', () => {
  it('describes this machine', () => {
    const cpu = kernels.cpuFeatures()
    const named: Record<keyof CpuFeatures, string> = {
      vendor: 'string',
      brand: 'string',
      sse42: 'boolean',
      avx: 'boolean',
      avx2: 'boolean',
      fma: 'boolean',
      f16c: 'boolean',
      avx512f: 'boolean',
      avx512bw: 'boolean',
      avx512dq: 'boolean',
      avx512vl: 'boolean',
      avx512Vnni: 'boolean',
      avxVnni: 'boolean',
      avx512Bf16: 'boolean',
      avx512Fp16: 'boolean',
      amxTile: 'boolean',
      amxInt8: 'boolean',
      amxBf16: 'boolean',
      physicalCores: 'number',
      logicalCores: 'number',
      availableCores: 'number',
      cpuQuota: 'number',
    }
    expect(Object.keys(cpu).sort()).toEqual(Object.keys(named).sort())
    for (const [key, value] of Object.entries(cpu)) {
      if (value !== null || !['physicalCores', 'cpuQuota'].includes(key))
        expect(typeof value).toBe(named[key as keyof CpuFeatures])
    }
    expect(cpu.logicalCores).toBe(cpus().length)
    expect(cpu.availableCores).toBeGreaterThanOrEqual(1)
    expect(cpu.availableCores).toBeLessThanOrEqual(cpu.logicalCores)
  })
})

describe('arguments', () => {
  it.each([
    ['no arguments', []],
    ['plain values', [1, 'two']],
    ['a symbol', [Symbol('s'), new Float32Array(1)]],
    ['a plain array', [[1], new Float32Array(1)]],
    ['arrays the wrong way round', [new Float32Array(1), new Uint16Array(1)]],
    ['a DataView', [new DataView(new ArrayBuffer(2)), new Float32Array(1)]],
    ['different lengths', [new Uint16Array(2), new Float32Array(3)]],
  ])('float32FromFloat16 refuses %s', (_, values) => {
    expect(() => untyped.float32FromFloat16(...values)).toThrow(argumentError)
  })

  it('refuses an object without asking it anything', () => {
    const trap = new Proxy({}, { get: () => expect.fail('was asked') })
    expect(() => untyped.compareTensors(trap, trap)).toThrow(argumentError)
  })

  it.each([
    ['nothing', undefined],
    ['an array over it', new Uint8Array(4)],
    ['shared memory', new SharedArrayBuffer(4)],
  ])('detachBuffer refuses %s', (_, value) => {
    expect(() => untyped.detachBuffer(value)).toThrow(argumentError)
  })

  it('checks the length of packed arrays', () => {
    expect(() => kernels.int8FromInt4(new Uint8Array(2), new Int8Array(5))).toThrow(/ceil\(target.length \/ 2\) = 3/)
    expect(() => kernels.int8FromInt4(new Uint8Array(2), new Int8Array(2))).toThrow(argumentError)
    expect(() => kernels.int4FromInt8(new Int8Array(5), new Uint8Array(2))).toThrow(argumentError)
    expect(() => kernels.uint4FromUint8(new Uint8Array(5), new Uint8Array(5))).toThrow(argumentError)
    expect(() => kernels.uint8FromUint4(new Uint8Array(1), new Uint8Array(2))).not.toThrow()
    expect(() => kernels.compareTensors(new Float32Array(1), new Float32Array(2))).toThrow(argumentError)
  })

  it('refuses arrays that share memory', () => {
    const buffer = new ArrayBuffer(64)
    const source = new Float32Array(buffer, 0, 8)
    expect(() => kernels.float16FromFloat32(source, new Uint16Array(buffer, 30, 8))).toThrow(/share memory/)
    expect(() => kernels.float16FromFloat32(source, new Uint16Array(buffer, 32, 8))).not.toThrow()
  })

  it('sees detached and shrunk arrays as empty', () => {
    const detached = new Float32Array(4)
    structuredClone(detached, { transfer: [detached.buffer] })
    expect(() => kernels.float16FromFloat32(detached, new Uint16Array(4))).toThrow(argumentError)
    expect(() => kernels.float16FromFloat32(detached, new Uint16Array(0))).not.toThrow()

    const resizable = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }]) as ArrayBuffer & { resize(size: number): void }
    const tracking = new Float32Array(resizable).fill(2)
    const outside = new Float32Array(resizable, 32, 8)
    resizable.resize(16)
    const target = new Uint16Array(4)
    kernels.float16FromFloat32(tracking, target)
    expect([...target]).toEqual([0x4000, 0x4000, 0x4000, 0x4000])
    expect(() => kernels.float16FromFloat32(outside, new Uint16Array(8))).toThrow(argumentError)
  })

  it('reads shared memory and views into the middle of a buffer', () => {
    const shared = new Float32Array(new SharedArrayBuffer(32), 8, 4).fill(-2)
    const target = new Uint16Array(6)
    kernels.float16FromFloat32(shared, target.subarray(1, 5))
    expect([...target]).toEqual([0, 0xc000, 0xc000, 0xc000, 0xc000, 0])
  })
})

describe('compareTensors', () => {
  it('computes every figure', () => {
    expect(kernels.compareTensors(new Float32Array([3, 4, 0, NaN]), new Float32Array([3, 2, -1, 0]))).toEqual({
      maxAbsDiff: 2,
      maxAbs: 4,
      meanAbsDiff: 1,
      sqnrDb: 10 * Math.log10(25 / 5),
      cosine: expect.closeTo(17 / (5 * Math.sqrt(14)), 15),
      nonFinite: 1,
    })
  })

  it('compares a tensor with itself', () => {
    const values = new Float32Array([1, -2, 3])
    expect(kernels.compareTensors(values, values)).toMatchObject({ maxAbsDiff: 0, sqnrDb: Infinity, cosine: 1, nonFinite: 0 })
  })
})
