import { describe, expect, it } from 'vitest'
import { castArray } from '../../../lib/cli/inputs/cast-array.js'
import { assignInputs, type InputArray, readInputArrays } from '../../../lib/cli/inputs/read-inputs.js'
import type { Port } from '../../../lib/engine/backend.js'

const port = (name: string, ...others: string[]): Port => ({ name, names: [name, ...others], type: 'f32', shape: [1] })
const array = (input: string | null, entry: string | null = null, file = 'f.npy'): InputArray => ({
  input,
  entry,
  file,
  array: { type: 'f32', shape: [1], data: new Float32Array(1) },
})

describe('assignInputs', () => {
  it('gives the only array to the only input', () => {
    const only = array(null)
    expect(assignInputs([only], [port('a')]).get('a')).toBe(only)
    const entry = array(null, 'whatever', 'f.npz')
    expect(assignInputs([entry], [port('a')]).get('a')).toBe(entry)
  })

  it('goes by names, any of a port', () => {
    const [a, b] = [array('second'), array('alias')]
    const assigned = assignInputs([a, b], [port('first', 'alias'), port('second')])
    expect([assigned.get('first'), assigned.get('second')]).toEqual([b, a])
  })

  it('takes arr_N of numpy by position', () => {
    const [a, b] = [array(null, 'arr_1', 'f.npz'), array(null, 'arr_0', 'f.npz')]
    const assigned = assignInputs([a, b], [port('x'), port('y')])
    expect([assigned.get('x'), assigned.get('y')]).toEqual([b, a])
  })

  it.each([
    ['an unknown name', [array('c')], 'INPUT_UNKNOWN'],
    ['an unknown name in an archive', [array(null, 'a'), array(null, 'c')], 'INPUT_UNKNOWN'],
    ['no name where there are several inputs', [array(null)], 'USAGE_INVALID'],
    ['the same input twice', [array('a'), array('a')], 'USAGE_INVALID'],
  ])('refuses %s', (_, arrays, code) => {
    expect(() => assignInputs(arrays, [port('a'), port('b')])).toThrow(expect.objectContaining({ code }))
  })
})

describe('readInputArrays', () => {
  it.each(['cat.jpg', 'a=cat.PNG', 'x.webp'])('says what to do with a picture: %s', async (spec) => {
    await expect(readInputArrays([spec])).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('pass pictures with --image'),
    })
  })

  it('refuses other files by name', async () => {
    await expect(readInputArrays(['a=b.txt'])).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('.npy or .npz'),
    })
    await expect(readInputArrays(['missing.npy'])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe('castArray', () => {
  it('rounds floats', () => {
    const cast = castArray({ type: 'f64', shape: [2], data: new Float64Array([0.1, 1e300]) }, 'f32', 'x')
    expect(cast).toEqual({ type: 'f32', shape: [2], data: new Float32Array([0.1, Number.POSITIVE_INFINITY]) })
  })

  it('keeps integers exact', () => {
    const big = 2n ** 62n + 1n
    expect(castArray({ type: 'u64', shape: [1], data: new BigUint64Array([big]) }, 'i64', 'x').data).toEqual(
      new BigInt64Array([big]),
    )
    expect(castArray({ type: 'i64', shape: [2], data: new BigInt64Array([-5n, 7n]) }, 'i8', 'x').data).toEqual(
      new Int8Array([-5, 7]),
    )
    expect(castArray({ type: 'f64', shape: [1], data: new Float64Array([3]) }, 'i64', 'x').data).toEqual(new BigInt64Array([3n]))
    expect(castArray({ type: 'i32', shape: [1], data: new Int32Array([123456789]) }, 'f64', 'x').data).toEqual(
      new Float64Array([123456789]),
    )
  })

  it.each([
    ['a fraction', { type: 'f64' as const, shape: [1], data: new Float64Array([1.5]) }, 'i64' as const],
    ['what is too large', { type: 'i32' as const, shape: [1], data: new Int32Array([256]) }, 'u8' as const],
    ['what is negative', { type: 'i64' as const, shape: [1], data: new BigInt64Array([-1n]) }, 'u64' as const],
    ['NaN', { type: 'f32' as const, shape: [1], data: new Float32Array([Number.NaN]) }, 'i32' as const],
    ['text', { type: 'string' as const, shape: [1], data: ['a'] }, 'f32' as const],
  ])('refuses %s', (_, value, type) => {
    expect(() => castArray(value, type, 'x')).toThrow(expect.objectContaining({ code: 'INPUT_TYPE' }))
  })

  it('leaves the right type alone', () => {
    const same = { type: 'f32' as const, shape: [1], data: new Float32Array(1) }
    expect(castArray(same, 'f32', 'x')).toBe(same)
  })
})
