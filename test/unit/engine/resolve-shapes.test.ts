import { describe, expect, it } from 'vitest'
import type { PartialShape, Port } from '../../../lib/engine/backend.js'
import { fitsShape, formatShape } from '../../../lib/engine/partial-shape.js'
import { resolveShapes } from '../../../lib/engine/resolve-shapes.js'

const port = (shape: PartialShape, name = 'x'): Port => ({ name, names: [name, `${name}:0`], type: 'f32', shape })

describe('resolveShapes', () => {
  it('leaves a fixed shape alone', () => {
    expect(resolveShapes([port([1, 3, 8, 8])], undefined)).toEqual({ changes: {}, batchFixed: [], dynamic: [] })
  })

  it('takes an open first dimension for the batch and makes it 1', () => {
    expect(resolveShapes([port(['dynamic', 3, 8, 8])], undefined)).toEqual({
      changes: { x: [1, 3, 8, 8] },
      batchFixed: ['x'],
      dynamic: [],
    })
  })

  it('asks for any other open dimension, with an example', () => {
    expect(() => resolveShapes([port(['dynamic', 3, 'dynamic', 'dynamic'])], undefined)).toThrow(
      /\[\?,3,\?,\?\].*"x": \[1, 3, 32, 32\]/,
    )
  })

  it('does not make 1 of a batch whose range excludes it', () => {
    expect(() => resolveShapes([port([[2, 8], 3])], undefined)).toThrow(/Shape of x/)
  })

  it('keeps open what is open when asked to', () => {
    expect(resolveShapes([port(['dynamic', 3])], 'dynamic')).toEqual({ changes: {}, batchFixed: [], dynamic: ['x'] })
    expect(resolveShapes([port(['dynamic', 3])], { x: [-1, 3] })).toEqual({ changes: {}, batchFixed: [], dynamic: ['x'] })
  })

  it('takes shapes by any name of the tensor', () => {
    expect(resolveShapes([port(['dynamic', 3])], { 'x:0': [4, 3] }).changes).toEqual({ x: [4, 3] })
  })

  it('refuses shapes for inputs that do not exist or of another rank', () => {
    expect(() => resolveShapes([port([1, 3])], { y: [1, 3] })).toThrow(/no input y/i)
    expect(() => resolveShapes([port([1, 3])], { x: [1, 3, 2] })).toThrow(/2 dimensions/)
  })
})

describe('fitsShape and formatShape', () => {
  it('knows lengths, open dimensions, ranges and open rank', () => {
    expect(fitsShape([1, 'dynamic', [2, 4], [2, 'dynamic']], [1, 9, 4, 100])).toBe(true)
    expect(fitsShape([1, 'dynamic'], [2, 9])).toBe(false)
    expect(fitsShape([[2, 4]], [5])).toBe(false)
    expect(fitsShape([[2, 4]], [2, 2])).toBe(false)
    expect(fitsShape(null, [7, 7])).toBe(true)
    expect(formatShape([1, 'dynamic', [2, 4], [2, 'dynamic']])).toBe('[1,?,2..4,2..]')
    expect(formatShape(null)).toBe('[...]')
  })
})
