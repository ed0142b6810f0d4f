import { describe, expect, it } from 'vitest'
import { InputBinder } from '../../../lib/inference/bind-inputs.js'

describe('InputBinder of a model without inputs', () => {
  const binder = new InputBinder([])

  it('takes an empty object', () => {
    expect(binder.bind({})).toEqual({ values: [], shapes: undefined })
  })

  it.each([
    ['an array', new Float32Array(1)],
    ['undefined', undefined],
    ['a named value', { x: new Float32Array(1) }],
  ])('refuses %s with a code', (_, inputs) => {
    expect(() => binder.bind(inputs as never)).toThrow(expect.objectContaining({ code: 'INPUT_UNKNOWN' }))
  })
})
