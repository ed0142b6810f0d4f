import { describe, expect, it } from 'vitest'
import { summarizeTensor } from '../../../lib/cli/outputs/summarize-tensor.js'
import { jsonValue } from '../../../lib/cli/outputs/tensor-values.js'
import { checkOutputTargets, fileNames, parseOutputTargets } from '../../../lib/cli/outputs/write-outputs.js'
import type { Port } from '../../../lib/engine/backend.js'
import { Tensor } from '../../../lib/tensor/tensor.js'

const port = (name: string): Port => ({ name, names: [name], type: 'f32', shape: [1] })

describe('summarizeTensor', () => {
  it('lists the largest of a row, equal ones in order', () => {
    const tensor = Tensor.from(new Float32Array([0.1, 0.7, -3, 0.7, 0.2]), [1, 5, 1])
    const { top, first, min, max } = summarizeTensor(tensor, 3)
    expect(top.map(({ index }) => index)).toEqual([1, 3, 4])
    expect(first).toEqual([])
    expect([min, max]).toEqual([-3, Math.fround(0.7)])
  })

  it('leaves out what is not finite and counts it', () => {
    const data = new Float32Array([Number.NaN, 2, Number.POSITIVE_INFINITY, 4])
    expect(summarizeTensor(Tensor.from(data, [2, 2]), 5)).toEqual({
      min: 2,
      max: 4,
      mean: 3,
      notFinite: 2,
      top: [],
      first: ['NaN', 2, 'Infinity', 4],
    })
    expect(summarizeTensor(Tensor.from(new Float32Array([Number.NaN]), [1]), 5)).toMatchObject({
      min: null,
      max: null,
      mean: null,
      notFinite: 1,
    })
  })

  it('takes integers, text and nothing at all', () => {
    expect(summarizeTensor(Tensor.from(new BigInt64Array([5n, 9n]), [2]), 5)).toMatchObject({
      min: 5,
      max: 9,
      mean: 7,
      top: [
        { index: 1, value: 9 },
        { index: 0, value: 5 },
      ],
    })
    expect(summarizeTensor(Tensor.from(['a', 'b'], [2]), 5)).toMatchObject({ min: null, first: ['a', 'b'], top: [] })
    expect(summarizeTensor(Tensor.from(new Float32Array(0), [0, 4]), 5)).toMatchObject({ min: null, notFinite: 0, first: [] })
  })
})

describe('jsonValue', () => {
  it('loses nothing', () => {
    expect([1.5, Number.NaN, Number.NEGATIVE_INFINITY, 7n, 2n ** 60n, 'x'].map(jsonValue)).toEqual([
      1.5,
      'NaN',
      '-Infinity',
      7,
      String(2n ** 60n),
      'x',
    ])
  })
})

describe('output targets', () => {
  it('are told by their names', () => {
    expect(parseOutputTargets(['a.npy', 'logits=b.npy', 'all.npz', 'dir/', 'dir'])).toEqual([
      { output: null, kind: 'npy', path: 'a.npy' },
      { output: 'logits', kind: 'npy', path: 'b.npy' },
      { output: null, kind: 'npz', path: 'all.npz' },
      { output: null, kind: 'folder', path: 'dir/' },
      { output: null, kind: 'folder', path: 'dir' },
    ])
  })

  it.each(['out.json', 'logits=all.npz', 'x.jpg'])('refuse %s', (spec) => {
    expect(() => parseOutputTargets([spec])).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' }))
  })

  it('must fit the engine', () => {
    const ports = [port('a'), port('b')]
    expect(() => checkOutputTargets(parseOutputTargets(['a.npy']), ports)).toThrow(/there are 2 outputs \(a, b\)/)
    expect(() => checkOutputTargets(parseOutputTargets(['c=c.npy']), ports)).toThrow(
      expect.objectContaining({ code: 'OUTPUT_UNKNOWN' }),
    )
    expect(() => checkOutputTargets(parseOutputTargets(['b=c.npy', 'all.npz', 'dir/']), ports)).not.toThrow()
  })

  it('give every output a file name of its own that stays in the folder', () => {
    expect(fileNames(['a/b', 'a:b', 'A_B', '../../etc', '', '.hidden'].map(port))).toEqual([
      'a_b.npy',
      'a_b-2.npy',
      'A_B-3.npy',
      '__.._etc.npy',
      'output.npy',
      '_hidden.npy',
    ])
  })
})
