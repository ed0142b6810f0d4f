import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWts, writeWts } from '../../../../lib/engine/tensorrt/wts/wts-file.js'
import { WtsParser } from '../../../../lib/engine/tensorrt/wts/wts-parser.js'
import { isEngineryError } from '../../../../lib/errors/enginery-error.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const usual = '3\nconv1.weight 4 3f800000 bf000000 00000000 7f800000\nbn.bias 1 3d8c0941\nempty 0\n'

describe('.wts files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-wts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are names and float32 as hexadecimal digits, in the order of the file', async () => {
    const weights = await readWts(bytes(usual))
    expect(weights.names).toEqual(['conv1.weight', 'bn.bias', 'empty'])
    expect([...weights.get('conv1.weight')]).toEqual([1, -0.5, 0, Infinity])
    expect(weights.get('bn.bias')[0]).toBeCloseTo(0.06837)
    expect(weights.get('empty')).toHaveLength(0)
    expect([...weights].map(([name]) => name)).toEqual(weights.names)
  })

  it.each([
    ['carriage returns', usual.replaceAll('\n', '\r\n')],
    ['no line end at the end', usual.trimEnd()],
    ['blanks at line ends, empty lines, tabs', `${usual.replaceAll('\n', ' \n\n').replaceAll(' 3f', '\t3f')}\n`],
    [
      'upper case, and zeros left out as stream operators of C++ read them',
      usual.replace('bf000000', 'BF000000').replace(' 00000000', ' 0'),
    ],
  ])('may have %s', async (_, text) => {
    const [one, other] = [await readWts(bytes(text)), await readWts(bytes(usual))]
    expect([...one]).toEqual([...other])
  })

  it('may be cut anywhere into pieces, within characters too', () => {
    const text = bytes(usual.replace('bn.bias', 'bn.größe'))
    for (let length = 1; length < text.length; length++) {
      const parser = new WtsParser('text', text.length)
      for (let at = 0; at < text.length; at += length) parser.feed(text.subarray(at, at + length))
      const weights = parser.finish()
      expect([...weights.keys()], `pieces of ${length}`).toEqual(['conv1.weight', 'bn.größe', 'empty'])
      expect([...(weights.get('conv1.weight') as Float32Array)]).toEqual([1, -0.5, 0, Infinity])
    }
  })

  it.each([
    ['an empty file', '', 1, /number of weights, received an empty file/],
    ['no number of weights', 'conv 1 0\n', 1, /number of weights, received "conv"/],
    ['a name alone', '1\nconv\n', 2, /number of elements/],
    ['a name alone at the end', '1\nconv', 2, /"conv" at the end/],
    ['a length that is none', '1\nconv x 0\n', 2, /elements of conv, received "x"/],
    ['too few elements', '2\nconv 3 0 0\nb 1 0\n', 2, /3 elements of conv, as the line says, received 2/],
    ['too many elements', '1\nconv 1 0 0 0\n', 2, /1 elements of conv, as the line says, received 3/],
    ['what is no digit', '2\na 1 0\nconv 1 3f80000g\n', 3, /digits for element 0 of conv, received "g"/],
    ['too many digits', '1\nconv 2 0 3f8000000\n', 2, /digits for element 1 of conv, received 9 digits/],
    ['a weight too few', '2\na 1 0\n', 3, /2 weights, as the first line says, received 1/],
    ['a weight too many', '1\na 1 0\nb 1 0\n', 3, /one more: "b"/],
    ['a name twice', '2\na 1 0\na 1 0\n', 3, /"a" once more/],
    ['an element cut short at the end', '1\na 3 3f800000 3f', 2, /3 elements of a, as the line says, received 2/],
    ['more elements than the file has room for', '1\na 99999999999 3f800000\n', 2, /99999999999 elements of a, received a file/],
  ])('with %s are refused, with the line', async (_, text, line, message) => {
    const error = await readWts(bytes(text)).then(
      () => expect.fail('it was read'),
      (failure) => failure,
    )
    expect(error).toMatchObject({ code: 'WTS_INVALID', message: expect.stringMatching(message) })
    expect(error.message).toContain(`Line ${line} of`)
  })

  it('of any bytes are read, or refused with a code', async () => {
    const base = bytes(usual)
    let state = 12345
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const outcomes = { read: 0, refused: 0 }
    for (let round = 0; round < 2000; round++) {
      const mutated = base.slice(0, round % 3 === 0 ? random(base.length) : base.length)
      for (let n = random(3); n >= 0 && mutated.length > 0; n--) mutated[random(mutated.length)] = random(256)
      await readWts(mutated).then(
        () => outcomes.read++,
        (error) => {
          expect(isEngineryError(error) && error.code, String(error)).toBe('WTS_INVALID')
          outcomes.refused++
        },
      )
    }
    expect(outcomes.refused).toBeGreaterThan(500)
    expect(outcomes.read).toBeGreaterThan(50)
  })

  it('are written as they are read, and over pieces of the file', async () => {
    const path = join(folder, 'model.wts')
    const large = Float32Array.from({ length: 300_000 }, (_, i) => Math.sin(i))
    await writeWts(path, [
      ['large', large],
      ['two', new Float32Array([Number.NaN, -0]).subarray(1)],
    ])
    const weights = await readWts(path)
    expect(weights.get('large')).toEqual(large)
    expect(Object.is(weights.get('two')[0], -0)).toBe(true)
    expect((await readFile(path, 'utf8')).slice(0, 25)).toBe('2\nlarge 300000 00000000 3')
    expect(await readdir(folder)).toEqual(['model.wts'])
  })

  it('refuse names that could not be read back', async () => {
    const write = writeWts(join(folder, 'bad.wts'), [['a b', new Float32Array(1)]])
    await expect(write).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('"a b"') })
  })

  it('say which names there are, where one is not', async () => {
    const weights = await readWts(bytes(usual))
    expect(() => weights.get('conv1.wieght')).toThrow(
      expect.objectContaining({ code: 'WTS_WEIGHT_UNKNOWN', message: expect.stringContaining('conv1.weight, ') }),
    )
  })

  it('that are not there, or given up', async () => {
    await expect(readWts(join(folder, 'none.wts'))).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
    await writeFile(join(folder, 'some.wts'), usual)
    const aborted = readWts(join(folder, 'some.wts'), { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
