import { describe, expect, it } from 'vitest'
import { parseValue, setAtPath, splitAssignment } from '../../../lib/cli/options/parse-assignment.js'
import { seconds, wholeNumber } from '../../../lib/cli/options/parse-number.js'

describe('splitAssignment', () => {
  it('splits at the first or the last equals sign', () => {
    expect(splitAssignment('a=b=c', '')).toEqual(['a', 'b=c'])
    expect(splitAssignment('a=b=1x3', '', 'last')).toEqual(['a=b', '1x3'])
    expect(splitAssignment('a=', '')).toEqual(['a', ''])
  })

  it.each(['', 'a', '=b'])('refuses %j', (text) => {
    expect(() => splitAssignment(text, 'name=value')).toThrow(/expected name=value/)
  })
})

describe('parseValue', () => {
  it.each([
    ['4', 4],
    ['false', false],
    ['NO', 'NO'],
    ['[1, 2]', [1, 2]],
    ['CPU', 'CPU'],
    ['', ''],
  ])('reads %j as YAML does', (text, value) => {
    expect(parseValue(text)).toEqual(value)
  })
})

describe('setAtPath', () => {
  it('makes the objects on the way', () => {
    const target: Record<string, unknown> = { hints: { streams: 1 } }
    setAtPath(target, ['hints', 'threads'], 2)
    setAtPath(target, ['a', 'b', 'c'], true)
    expect(target).toEqual({ hints: { streams: 1, threads: 2 }, a: { b: { c: true } } })
  })

  it('leaves prototypes alone', () => {
    const target: Record<string, unknown> = {}
    setAtPath(target, ['__proto__', 'polluted'], true)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.keys(target)).toEqual(['__proto__'])
  })
})

describe('numbers', () => {
  it('reads whole numbers within bounds', () => {
    expect(wholeNumber(1)('12')).toBe(12)
    for (const text of ['0', '1.5', '-1', '', '1e3', 'x'])
      expect(() => wholeNumber(1)(text), text).toThrow(/expected a whole number/)
    expect(() => wholeNumber(1, 4)('5')).toThrow(/from 1 to 4/)
  })

  it('reads seconds with units', () => {
    const read = seconds({ zero: false, max: 100 })
    expect([read('5'), read('0.5s'), read('200ms'), read('1min'), read('.5')]).toEqual([5, 0.5, 0.2, 60, 0.5])
    for (const text of ['0', '-1', 'x', '5h', '101', '']) expect(() => read(text), text).toThrow(/expected seconds/)
    expect(seconds({ zero: true, max: 1 })('0')).toBe(0)
  })
})
