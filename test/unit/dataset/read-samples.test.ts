import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../../lib/dataset/annotations.js'
import { openDataset } from '../../../lib/dataset/open-dataset.js'
import { type ReadSamplesOptions, readSamples } from '../../../lib/dataset/read-samples.js'
import { engineryError } from '../../../lib/errors/enginery-error.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { coded, makePng, makeTree } from './dataset-tree.js'

const dataset = (count: number): Dataset => ({
  format: 'test',
  categories: [],
  samples: Array.from({ length: count }, (_, index) => ({ id: `p${index}`, path: `/p${index}` })),
  digest: '',
})
const numberOf = (path: string) => Number(path.slice(2))

describe('readSamples', () => {
  it('keeps the order whatever takes longest, and reads ahead no further than told', async () => {
    let running = 0
    let most = 0
    let begun = 0
    const decode = async (path: string) => {
      begun++
      most = Math.max(most, ++running)
      await sleep(numberOf(path) % 3 === 0 ? 15 : 1)
      running--
      return path
    }
    const seen: string[] = []
    for await (const { picture, index, sample } of readSamples(dataset(20), { decode, ahead: 3 })) {
      expect(begun - index).toBeLessThanOrEqual(4)
      expect(sample.id).toBe(`p${index}`)
      seen.push(picture as string)
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => `/p${index}`))
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })

  it('goes one by one without reading ahead', async () => {
    let running = 0
    const decode = async () => {
      expect(++running).toBe(1)
      await sleep(1)
      running--
    }
    let count = 0
    for await (const _ of readSamples(dataset(5), { decode, ahead: 0 })) count++
    expect(count).toBe(5)
  })

  const failing: ReadSamplesOptions<number> = {
    decode: async (path) => {
      if (numberOf(path) % 4 === 1) throw new Error(`bad ${path}`)
      return numberOf(path)
    },
  }

  it('leaves out and names what is broken', async () => {
    const stream = readSamples(dataset(10), failing)
    const seen = []
    for await (const { picture, index } of stream) seen.push([picture, index])
    expect(seen).toEqual([0, 2, 3, 4, 6, 7, 8].map((each) => [each, each]))
    expect(stream.broken.map(({ id, index, error }) => [id, index, error.message])).toEqual([
      ['p1', 1, 'bad /p1'],
      ['p5', 5, 'bad /p5'],
      ['p9', 9, 'bad /p9'],
    ])
  })

  it('ends at the first broken one on request', async () => {
    const seen: unknown[] = []
    const run = async () => {
      for await (const { picture } of readSamples(dataset(10), { ...failing, onBroken: 'error' })) seen.push(picture)
    }
    await expect(run()).rejects.toThrow(coded('PICTURE_BROKEN', /p1 could not be read: bad \/p1/))
    expect(seen).toEqual([0])
  })

  it('does not call every picture broken where there is no decoder', async () => {
    const decode = async () => {
      throw engineryError('IMAGE_DECODER_MISSING', { reason: 'it is not installed', version: '1' })
    }
    await expect(readSamples(dataset(3), { decode }).next()).rejects.toThrow(coded('IMAGE_DECODER_MISSING', /sharp/))
  })

  it('does not call every picture broken where the preprocessing does not fit the model', async () => {
    const decode = async () => {
      throw engineryError('PREPROCESS_INVALID', { reason: 'the width of the input is open' })
    }
    await expect(readSamples(dataset(3), { decode }).next()).rejects.toThrow(coded('PREPROCESS_INVALID', /width/))
  })

  it('tells decoders and waits for them when the consumer leaves', async () => {
    let aborted = 0
    let running = 0
    const decode = async (path: string, { signal }: { signal: AbortSignal }) => {
      if (numberOf(path) === 0) return
      running++
      await sleep(10_000, undefined, { signal }).catch(() => {
        aborted++
      })
      running--
    }
    for await (const _ of readSamples(dataset(10), { decode, ahead: 3 })) break
    expect(running).toBe(0)
    expect(aborted).toBe(3)
  })

  it('ends when it is aborted, while waiting and before', async () => {
    const controller = new AbortController()
    const decode = async (path: string, { signal }: { signal: AbortSignal }) => {
      if (numberOf(path) === 2) await sleep(10_000, undefined, { signal })
    }
    const seen: number[] = []
    const run = async () => {
      for await (const { index } of readSamples(dataset(5), { decode, signal: controller.signal })) {
        seen.push(index)
        if (index === 1) setTimeout(() => controller.abort(new Error('enough')), 5)
      }
    }
    await expect(run()).rejects.toThrow(coded('ABORTED', /Reading samples/))
    expect(seen).toEqual([0, 1])
    await expect(readSamples(dataset(5), { decode, signal: AbortSignal.abort() }).next()).rejects.toThrow(
      coded('ABORTED', /aborted/),
    )
  })

  it('goes on where it was interrupted', async () => {
    const seen: number[] = []
    for await (const { index } of readSamples(dataset(5), { decode: async () => 0, start: 3 })) seen.push(index)
    expect(seen).toEqual([3, 4])
  })

  it('decodes pictures, and finds the broken ones', async () => {
    const at = await makeTree({ 'a b.png': makePng(5, 3), 'broken.png': makePng(5, 3).subarray(0, 40), 'ü.png': makePng(2, 2) })
    const stream = readSamples(await openDataset({ images: at() }))
    const sizes = []
    for await (const { picture } of stream) sizes.push([picture?.width, picture?.height])
    expect(sizes).toEqual([
      [5, 3],
      [2, 2],
    ])
    expect(stream.broken).toEqual([expect.objectContaining({ id: 'broken.png', error: coded('IMAGE_CORRUPT', /broken.png/) })])
  })

  it('takes iterables of tensors', async () => {
    const tensors = [1, 2, 3].map((value) => ({ x: Tensor.from(Float32Array.of(value), [1, 1]) }))
    async function* generate() {
      yield* tensors
    }
    for (const source of [tensors, generate()]) {
      const seen: unknown[] = []
      for await (const { index, tensors: found } of readSamples(source)) seen.push([index, found?.x?.data[0]])
      expect(seen).toEqual([
        [0, 1],
        [1, 2],
        [2, 3],
      ])
    }
    await expect(readSamples([3] as never).next()).rejects.toThrow(
      coded('OPTION_INVALID', /sample 0: expected an object of tensors/),
    )
  })

  it('ends when it is aborted, also while an iterable keeps it waiting', async () => {
    const controller = new AbortController()
    let returned = 0
    async function* generate() {
      yield { x: Tensor.from(Float32Array.of(1), [1, 1]) }
      await new Promise(() => {})
    }
    const run = async (source: ReturnType<typeof generate>, signal: AbortSignal) => {
      for await (const { index } of readSamples(source, { signal })) {
        expect(index).toBe(0)
        setTimeout(() => controller.abort(new Error('enough')), 5)
      }
    }
    await expect(run(generate(), controller.signal)).rejects.toThrow(coded('ABORTED', /Reading samples/))

    async function* endless() {
      try {
        for (;;) yield { x: Tensor.from(Float32Array.of(1), [1, 1]) }
      } finally {
        returned++
      }
    }
    for await (const _ of readSamples(endless())) break
    expect(returned).toBe(1)
    async function* failing() {
      yield { x: Tensor.from(Float32Array.of(1), [1, 1]) }
      throw new Error('the source is gone')
    }
    await expect(run(failing(), new AbortController().signal)).rejects.toThrow('the source is gone')
  })

  it.each([-1, 1.5, '4'])('refuses ahead of %s', (ahead) => {
    expect(() => readSamples(dataset(1), { ahead: ahead as number })).toThrow(coded('OPTION_INVALID', /option ahead/))
  })
})
