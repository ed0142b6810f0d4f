import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeOnnxModel, loadOnnxModel, saveOnnxModel } from '../../../lib/model/onnx-file.js'
import type { TensorMessage } from '../../../lib/model/onnx-messages.js'
import { decodeTensorValues } from '../../../lib/model/tensor-values.js'
import { dataFolder, describeWithData } from '../../data-folder.js'
import { convolutionModel, encodeOnnx } from '../../models/encode-onnx.js'
import { bytes, inside, integer, message, text } from './onnx-bytes.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-onnx-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A copy that has forgotten which bytes it came from, so that every field is written anew. */
function forget<T>(value: T): T {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(forget) as T
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, forget(part)])) as T
}

const model = convolutionModel({ layers: 3, channels: 8, size: 16 })

describe('loadOnnxModel and encodeOnnxModel', () => {
  it('give the very bytes back', async () => {
    expect(encodeOnnxModel(await loadOnnxModel(model))).toEqual(new Uint8Array(model))
  })

  it('give an equal model back where every field is written anew', async () => {
    const loaded = await loadOnnxModel(model)
    const again = await loadOnnxModel(encodeOnnxModel(forget(loaded)))
    expect(again).toEqual(loaded)
  })

  it('do not copy weights', async () => {
    const { graph } = await loadOnnxModel(model)
    const values = decodeTensorValues(graph.initializers[0] as TensorMessage) as Float32Array
    const raw = graph.initializers[0]?.rawData as Uint8Array
    expect(raw.buffer).toBe(model.buffer)
    if (raw.byteOffset % 4 === 0) expect(values.buffer).toBe(model.buffer)
    expect(values.length).toBe(8 * 8 * 9)
  })

  it('keep fields that are not known, at every level', async () => {
    const strange = message(
      integer(1, 8),
      text(99, 'of the model'),
      inside(7, inside(1, text(2, 'y'), text(4, 'Relu'), text(1, 'x'), text(77, 'of the node')), text(88, 'of the graph')),
    )
    const loaded = await loadOnnxModel(strange)
    const node = { ...loaded.graph.nodes[0], inputs: ['z'], outputs: ['y'], attributes: [], name: 'renamed' }
    const edited = encodeOnnxModel({ ...loaded, graph: { ...loaded.graph, nodes: [node] } })
    for (const kept of ['of the model', 'of the graph', 'of the node', 'renamed']) {
      expect(Buffer.from(edited).includes(kept), kept).toBe(true)
    }
  })

  it('keep the largest and smallest numbers of 64 bits', async () => {
    const node = { op: 'Slice', inputs: ['x'], outputs: ['y'], attributes: { ends: [Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)] } }
    const source = encodeOnnx({ inputs: [], outputs: [], nodes: [node] })
    const loaded = forget(await loadOnnxModel(source))
    const ints = [2 ** 63, -(2 ** 63), ...(loaded.graph.nodes[0]?.attributes[0]?.ints ?? [])]
    const attribute = { ...loaded.graph.nodes[0]?.attributes[0], ints } as never
    const graph = { ...loaded.graph, nodes: [{ ...loaded.graph.nodes[0], attributes: [attribute] } as never] }
    const again = await loadOnnxModel(encodeOnnxModel({ ...loaded, graph }))
    expect(again.graph.nodes[0]?.attributes[0]?.ints).toEqual([2 ** 63, -(2 ** 63), Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)])
  })

  it.each([
    [
      'a list of floats',
      message(integer(1, 2), integer(2, 1), bytes(4, new Uint8Array(Float32Array.of(1.5, -2).buffer))),
      [1.5, -2],
    ],
    ['integers one by one', message(integer(1, 3), integer(2, 7), integer(7, -1), integer(7, 0), integer(7, 5)), [-1n, 0n, 5n]],
    ['half precision among the integers', message(integer(1, 1), integer(2, 10), integer(5, 0x3c00)), [0x3c00]],
    ['text', message(integer(1, 2), integer(2, 8), text(6, 'a'), text(6, 'ü')), ['a', 'ü']],
    ['raw bytes', message(integer(1, 2), integer(2, 3), bytes(9, Uint8Array.of(255, 1))), [-1, 1]],
  ])('read elements from %s', async (_, tensor, expected) => {
    const { graph } = await loadOnnxModel(message(inside(7, bytes(5, tensor))))
    expect([...(decodeTensorValues(graph.initializers[0] as TensorMessage) as never as unknown[])]).toEqual(expected)
  })

  it.each([
    ['is cut short', model.subarray(0, model.length - 5)],
    ['has no graph', message(integer(1, 8))],
    ['has two graphs', message(inside(7, text(2, 'a')), inside(7, text(2, 'b')))],
    ['has a name that is no text', message(inside(7, bytes(2, Uint8Array.of(0xff, 0xfe))))],
    ['has a number where a message belongs', message(integer(7, 3))],
    ['nests graphs without end', nest(400)],
  ])('refuse a model that %s', async (_, damaged) => {
    await expect(loadOnnxModel(damaged)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
  })
})

function nest(levels: number): Uint8Array {
  let graph = message(text(2, 'innermost'))
  for (let level = 0; level < levels; level++)
    graph = message(inside(1, text(4, 'If'), inside(5, text(1, 'body'), bytes(6, graph))))
  return message(bytes(7, graph))
}

describe('saveOnnxModel', () => {
  it('writes weights into a file beside the model, and reads them when they are needed', async () => {
    const path = join(folder, 'outside.onnx')
    await saveOnnxModel(path, await loadOnnxModel(model), { externalData: 'always' })
    expect((await stat(path)).size).toBeLessThan(2000)
    expect((await stat(`${path}.data`)).size).toBe(2 * 4096 + 8 * 8 * 9 * 4)
    const loaded = await loadOnnxModel(path)
    const first = loaded.graph.initializers.map((tensor) => decodeTensorValues(tensor))
    const expected = (await loadOnnxModel(model)).graph.initializers.map((tensor) => decodeTensorValues(tensor))
    expect(first).toEqual(expected)
    // And back into one file.
    const inline = join(folder, 'inline.onnx')
    await saveOnnxModel(inline, loaded)
    expect((await loadOnnxModel(await readFile(inline))).graph.initializers.map((tensor) => decodeTensorValues(tensor))).toEqual(
      expected,
    )
  })

  it('says what is wrong with weights in other files', async () => {
    const path = join(folder, 'missing.onnx')
    await saveOnnxModel(path, await loadOnnxModel(model), { externalData: 'always' })
    const bytesOfModel = await readFile(path)
    await expect(loadOnnxModel(bytesOfModel)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_MISSING' })
    const loaded = await loadOnnxModel(path)
    await writeFile(`${path}.data`, 'short')
    await expect(loadOnnxModel(path)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_INVALID' })
    expect(() => decodeTensorValues(loaded.graph.initializers[0] as TensorMessage)).toThrow(
      expect.objectContaining({ code: 'EXTERNAL_DATA_INVALID' }),
    )
    await rm(`${path}.data`)
    await expect(loadOnnxModel(path)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_MISSING' })
  })
})

describeWithData('trained models as messages', () => {
  it.each(['ch_ppocr_mobile_v2.0_cls_infer', 'nanodet_m_416', 'tiny_detr_digits_96'])(
    '%s is written as it was read',
    async (name) => {
      const source = new Uint8Array(await readFile(join(dataFolder, 'models', `${name}.onnx`)))
      const loaded = await loadOnnxModel(source)
      expect(Buffer.compare(encodeOnnxModel(loaded), source)).toBe(0)
      // The matcher of the test runner takes seconds for so many bytes.
      expect(isDeepStrictEqual(await loadOnnxModel(encodeOnnxModel(forget(loaded))), loaded)).toBe(true)
    },
  )
})
