import { type Mutant, mutateBytes } from './mutate-bytes.js'
import type { SeededRandom } from './seeded-random.js'

const numbers = [
  '0',
  '1',
  '-1',
  '-2',
  '3',
  '1000000',
  '2147483647',
  '-2147483648',
  '4294967295',
  '9223372036854775807',
  '-9223372036854775808',
  '18446744073709551615',
  '99999999999999999999999',
  '1e400',
  'nan',
  '0.5',
  '',
  'abc',
  '1,1',
  '-1,-1',
  '1..',
  '?',
]

const words = [
  ...['f32', 'f16', 'i64', 'i4', 'u1', 'string', 'boolean', 'nf4', 'dynamic', 'undefined', 'valid', 'same_upper'],
  ...['Loop', 'If', 'TensorIterator', 'Parameter', 'Result', 'Const', 'opset1', 'opset8', 'extension'],
]

const elements = /<(layer|port|data|edge|input|output|body|port_map|back_edges|rt_info|dim)\b[^>]*>/g

/** Changes attributes, dimensions and elements of an IR's XML, or its bytes, at one to three places. */
export function mutateXml(original: Uint8Array, random: SeededRandom): Mutant {
  let xml = Buffer.from(original).toString('latin1')
  const done: string[] = []
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    const dice = random.below(100)
    const change = dice < 60 ? changeAttribute : dice < 75 ? changeDimension : dice < 88 ? changeElement : changeBytes
    const [changed, what] = change(xml, random)
    xml = changed
    done.push(what)
  }
  return { bytes: Buffer.from(xml, 'latin1'), what: done.join(', ') }
}

type XmlChange = (xml: string, random: SeededRandom) => [xml: string, what: string]

const changeAttribute: XmlChange = (xml, random) => {
  const all = [...xml.matchAll(/([-\w]+)="([^"]*)"/g)]
  if (all.length === 0) return [xml, 'left']
  const match = random.pick(all)
  const [, name = '', old = ''] = match
  const start = match.index + name.length + 2
  const value = newValue(old, random.pick(all)[2] as string, random)
  return [replaceAt(xml, start, old.length, value), `${name} ${old.slice(0, 30)} -> ${value.slice(0, 30)}`]
}

const changeDimension: XmlChange = (xml, random) => {
  const all = [...xml.matchAll(/<dim>(-?\d+)<\/dim>/g)]
  if (all.length === 0) return [xml, 'left']
  const match = random.pick(all)
  const value = random.pick(numbers)
  return [replaceAt(xml, match.index + 5, (match[1] as string).length, value), `dimension ${match[1]} -> ${value}`]
}

const changeElement: XmlChange = (xml, random) => {
  const all = [...xml.matchAll(elements)]
  if (all.length === 0) return [xml, 'left']
  const match = random.pick(all)
  const start = match.index
  let end = start + match[0].length
  if (!match[0].endsWith('/>')) {
    const closing = `</${match[1]}>`
    const found = xml.indexOf(closing, end)
    if (found >= 0) end = found + closing.length
  }
  if (random.chance(0.6)) return [replaceAt(xml, start, end - start, ''), `deleted ${match[0].slice(0, 60)}`]
  return [replaceAt(xml, end, 0, xml.slice(start, end)), `doubled ${match[0].slice(0, 60)}`]
}

const changeBytes: XmlChange = (xml, random) => {
  const { bytes, what } = mutateBytes(Buffer.from(xml, 'latin1'), random)
  return [bytes.toString('latin1'), what]
}

function newValue(old: string, another: string, random: SeededRandom): string {
  const inside = [...old.matchAll(/-?\d+/g)]
  if (random.chance(0.3)) return another
  if (inside.length > 0 && random.chance(0.6)) {
    const match = random.pick(inside)
    return replaceAt(old, match.index, match[0].length, random.pick(numbers))
  }
  return random.pick([...numbers, ...words])
}

function replaceAt(text: string, start: number, length: number, by: string): string {
  return text.slice(0, start) + by + text.slice(start + length)
}
