import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileRange } from '../../../lib/model/file-range.js'
import { digestOnnxModel, encodeOnnxModel, type LoadedModel, loadOnnxModel, saveOnnxModel } from '../../../lib/model/onnx-file.js'
import { dataFolder, describeWithData } from '../../data-folder.js'
import { bytes, inside, integer, message, model, packed, tensor, text, value } from './onnx-bytes.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-sparse-'))
})
afterAll(() => rm(folder, { recursive: true }))

const large = 1 << 14 // elements: 64 KiB
const weights = (count: number, seed: number) =>
  new Uint8Array(Float32Array.from({ length: count }, (_, index) => (index * seed) % 17).buffer)
const initializer = (name: string, count: number, seed: number) =>
  inside(5, ...tensor({ name, dims: [count], raw: weights(count, seed) }))
const identity = inside(1, text(1, 'a'), text(2, 'y'), text(4, 'Identity'))
const sample = model(
  initializer('small', 4, 3),
  identity,
  initializer('a', large, 5),
  initializer('b', large + 1, 7),
  inside(5, ...tensor({ name: 'mid', dims: [2], raw: weights(2, 2) })),
  // Fields in no order, one of them unknown.
  inside(5, text(77, 'of c'), bytes(9, weights(3 * large, 11)), integer(2, 1), text(8, 'c'), packed(1, [3, large])),
  inside(12, ...value('y', [large])),
  text(88, 'of the graph'),
)

async function store(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const loadSparsely = (path: string) => loadOnnxModel(path, { weights: 'in-file' })

function lazyParts({ graph }: LoadedModel): string[] {
  return graph.initializers.filter(({ rawData }) => rawData instanceof FileRange).map(({ name }) => name ?? '')
}

/** With all weights in memory. */
function withWeights(loaded: LoadedModel): LoadedModel {
  const initializers = loaded.graph.initializers.map((part) =>
    part.rawData instanceof FileRange ? { ...part, rawData: part.rawData.load() } : part,
  )
  return { ...loaded, graph: { ...loaded.graph, initializers } }
}

async function outcomeOf(load: Promise<LoadedModel>): Promise<unknown> {
  return load.then(withWeights, ({ code, message: said }: Error & { code: string }) => ({ code, said }))
}

/** The matcher of the test runner takes seconds for so many bytes: it is asked only to show what differs. */
function expectSame(received: unknown, expected: unknown, what = ''): void {
  if (!isDeepStrictEqual(received, expected)) expect(received, what).toStrictEqual(expected)
}

describe('a model whose large weights stay in the file', () => {
  it('is the model that is read whole, and is written as the same bytes', async () => {
    const path = await store('sample.onnx', sample)
    const [whole, sparse] = [await loadOnnxModel(path), await loadSparsely(path)]
    expect(lazyParts(sparse)).toEqual(['a', 'b', 'c'])
    expectSame(withWeights(sparse), whole)
    expect(Buffer.compare(encodeOnnxModel(sparse), sample)).toBe(0)
    expect(digestOnnxModel(sparse)).toBe(digestOnnxModel(whole))
    const copy = join(folder, 'copy.onnx')
    await saveOnnxModel(copy, sparse)
    expect(Buffer.compare(await readFile(copy), sample)).toBe(0)
  })

  it('keeps all fields where a part of it is edited', async () => {
    const path = await store('edited.onnx', sample)
    const edit = ({ graph, ...rest }: LoadedModel) => {
      const initializers = graph.initializers.map((part) => ({ ...part, name: `${part.name}2` }))
      return encodeOnnxModel({ ...rest, graph: { ...graph, initializers } })
    }
    const sparse = edit(await loadSparsely(path))
    expect(Buffer.compare(sparse, edit(await loadOnnxModel(path)))).toBe(0)
    expect(Buffer.from(sparse).includes('of c')).toBe(true)
  })

  it('is read piece by piece where weights are longer than a piece', async () => {
    const path = await store('long.onnx', model(initializer('w', 700_001, 13), initializer('small', 1, 1)))
    const copy = join(folder, 'long-copy.onnx')
    const sparse = await loadSparsely(path)
    await saveOnnxModel(copy, sparse, { externalData: 'always' })
    const whole = await loadOnnxModel(path)
    expectSame(withWeights(await loadSparsely(copy)), whole)
    expect(digestOnnxModel(sparse)).toBe(digestOnnxModel(whole))
  })

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['has grown', (path) => appendFile(path, Buffer.of(0))],
    ['was cut', (path) => writeFile(path, sample.subarray(0, 1000))],
    ['was written again', (path) => writeFile(path, sample)],
    ['was replaced by an equal one', async (path) => rename(await store('equal.onnx', sample), path)],
  ])('refuses weights of a file that %s', async (name, change) => {
    const path = await store(`${name}.onnx`, sample)
    const loaded = await loadSparsely(path)
    await new Promise((resolve) => setTimeout(resolve, 20)) // for clocks that tick slowly
    await change(path)
    expect(() => encodeOnnxModel(loaded)).toThrow(expect.objectContaining({ code: 'MODEL_CHANGED' }))
  })

  it('says which file is gone', async () => {
    const path = await store('gone.onnx', sample)
    const loaded = await loadSparsely(path)
    await rm(path)
    expect(() => encodeOnnxModel(loaded)).toThrow(expect.objectContaining({ code: 'FILE_NOT_READ' }))
  })

  it.each<[string, Uint8Array]>([
    ['two graphs', message(inside(7, initializer('a', large, 1)), inside(7, initializer('b', large, 1)))],
    [
      'raw data twice',
      model(inside(5, bytes(9, weights(large, 1)), bytes(9, weights(large, 2)), packed(1, [large]), integer(2, 1))),
    ],
    ['no graph', message(integer(1, 8))],
    ['a wrong wire type', model(initializer('a', large, 1), integer(5, 3))],
    ['bytes of a group behind', Buffer.concat([model(initializer('a', large, 1)), Buffer.of(0x0b)])],
    ['a graph that is cut', sample.subarray(0, sample.length - 3)],
    ['weights that are cut', sample.subarray(0, 60_000)],
    ['a name that is no text', model(initializer('a', large, 1), inside(1, bytes(1, Buffer.of(0xff, 0xfe))))],
  ])('is what it is to the other reader with %s', async (name, content) => {
    const path = await store(`${name}.onnx`, content)
    expectSame(await outcomeOf(loadSparsely(path)), await outcomeOf(loadOnnxModel(path)))
  })

  it('is what it is to the other reader wherever bytes around the weights are damaged', async () => {
    // Weights of nothing but ones: every other byte is one that says something.
    const source = model(
      inside(5, ...tensor({ name: 'a', dims: [large], raw: new Uint8Array(4 * large).fill(1) })),
      identity,
      inside(12, ...value('y', [large])),
    )
    const places = [...source.keys()].filter((at) => source[at] !== 1 || source[at - 1] !== 1)
    const codes = new Set<unknown>()
    for (const at of places) {
      for (const flipped of [0x01, 0x08, 0x80, 0xff]) {
        const damaged = Uint8Array.from(source)
        damaged[at] = (damaged[at] as number) ^ flipped
        const path = await store('damaged.onnx', damaged)
        const [sparse, whole] = [await outcomeOf(loadSparsely(path)), await outcomeOf(loadOnnxModel(path))]
        expectSame(sparse, whole, `byte ${at} ^ ${flipped}`)
        codes.add((whole as { code?: string }).code)
      }
    }
    expect(codes.has('MODEL_CORRUPT') && codes.has(undefined)).toBe(true)
  })

  it.each(['', 'no-such-folder/model.onnx'])('fails as the other reader does for the path "%s"', async (name) => {
    const path = join(folder, name)
    expectSame(await outcomeOf(loadSparsely(path)), await outcomeOf(loadOnnxModel(path)))
  })
})

describeWithData('trained models whose large weights stay in the file', () => {
  it('are the models that are read whole', { timeout: 120_000 }, async () => {
    const models = join(dataFolder, 'models')
    const names = (await readdir(models)).filter((name) => name.endsWith('.onnx'))
    let lazy = 0
    for (const name of names) {
      const path = join(models, name)
      const [whole, sparse] = [await loadOnnxModel(path), await loadSparsely(path)]
      lazy += lazyParts(sparse).length
      expectSame(withWeights(sparse), whole, name)
      expect(digestOnnxModel(sparse), name).toBe(digestOnnxModel(whole))
    }
    expect(lazy).toBeGreaterThan(names.length)
  })
})
