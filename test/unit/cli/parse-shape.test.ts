import { describe, expect, it } from 'vitest'
import { parseShape, parseStaticShape } from '../../../lib/cli/options/parse-shape.js'

describe('parseShape', () => {
  it.each([
    ['1x3x224x224', [1, 3, 224, 224]],
    ['1,3,224,224', [1, 3, 224, 224]],
    ['?x3x48x32..320', ['dynamic', 3, 48, [32, 320]]],
    ['-1x7', ['dynamic', 7]],
    ['dynamicx7', ['dynamic', 7]],
    ['8..x2', [[8, 'dynamic'], 2]],
    ['8..?x2', [[8, 'dynamic'], 2]],
    ['0', [0]],
    ['', []],
    ['[]', []],
  ])('reads %j', (text, shape) => {
    expect(parseShape(text)).toEqual(shape)
  })

  it.each(['1xx3', 'a', '1x3.5', '1x-2', '5..4', '1e3', '99999999999999999999', '1x 2y'])(
    'refuses %j and says what part',
    (text) => {
      expect(() => parseShape(text)).toThrow(/received .* in /)
    },
  )

  it('refuses open dimensions where lengths are needed', () => {
    expect(parseStaticShape('2x3')).toEqual([2, 3])
    expect(() => parseStaticShape('?x3')).toThrow(/whole numbers/)
  })
})
