import { describe, expect, it } from 'vitest'
import { parsePythonLiteral } from '../../../lib/dataset/python-literal.js'

function parse(text: string): unknown {
  return parsePythonLiteral(text, (reason) => {
    throw new Error(reason)
  })
}

describe('parsePythonLiteral', () => {
  it.each<[string, unknown]>([
    ['True', true],
    ['False', false],
    ['None', null],
    ['-12', -12],
    ['12L', 12],
    ["'it\\'s'", "it's"],
    ['"a\\x41\\u00e9\\U0001f600\\n"', 'aAé\u{1f600}\n'],
    ["b'x'", 'x'],
    ['()', { kind: 'tuple', items: [] }],
    ['(1)', 1],
    ['(1,)', { kind: 'tuple', items: [1] }],
    ['(1, 2)', { kind: 'tuple', items: [1, 2] }],
    ["[('x', '<f4')]", { kind: 'list', items: [{ kind: 'tuple', items: ['x', '<f4'] }] }],
    [" { 'a' : 1 , } ", { kind: 'dict', entries: new Map([['a', 1]]) }],
    ['{}', { kind: 'dict', entries: new Map() }],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual(value)
  })

  it.each([
    ['', /expected a value at position 0/],
    ['(1 2)', /expected , or \) at position 3, received 2/],
    ['(,)', /expected a value/],
    ['[1', /expected , or \]/],
    ["{'a' 1}", /expected :/],
    ['{1: 2}', /expected a key/],
    ["{'a': 1 'b': 2}", /expected , or }/],
    ["{'a': 1, 'a': 2}", /"a" appears twice/],
    ['1 2', /expected the end/],
    ['1.5', /unexpected "1.5" at position 0/],
    ['  1+1', /expected the end at position 3/],
    ['f()', /expected a value at position 0, received f/],
    ['9007199254740993', /out of range/],
    ["'\\q'", /escape/],
    ["'\\U00110000'", /escape/],
    ["'a\nb'", /unexpected/],
    ['('.repeat(40), /nested deeper/],
  ])('refuses %s', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
})
