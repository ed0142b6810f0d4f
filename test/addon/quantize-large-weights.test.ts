import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

let folder: string
/** Where temporary files go meanwhile. */
let temporary: string
let model: Uint8Array
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-large-'))
  temporary = join(folder, 'temporary')
  await mkdir(temporary)
  // 16 MiB and a little in the first product, which makes it a file to engines.
  const graph = makeGraph({
    inputs: { x: [1, 2100] },
    constants: { a: noise([2100, 2100], 'a'), b: noise([2100, 64], 'b') },
    nodes: [
      { type: 'MatMul', name: 'first', inputs: ['x', 'a'], outputs: ['h'] },
      { type: 'MatMul', name: 'second', inputs: ['h', 'b'], outputs: ['y'] },
    ],
    outputs: ['y'],
  })
  model = encodeGraph(graph)
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(() => {
  vi.stubEnv('TMPDIR', temporary)
  vi.stubEnv('TEMP', temporary)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  // Whatever became of the run.
  expect(await readdir(temporary)).toEqual([])
})

const samples = Array.from({ length: 4 }, (_, seed) => ({
  x: Tensor.from(noise([1, 2100], `${seed}`).values() as Float32Array, [1, 2100]),
}))

async function storeModel(name: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, model)
  return path
}

const run = (path: string | Uint8Array, more: Partial<QuantizeOptions> = {}) =>
  quantize({ model: path, calibration: { data: samples }, ...more })

describe('a model whose weights stay in its file while it is quantized', () => {
  it('becomes the same as from bytes, and the result has the bytes that were written', async () => {
    const path = await storeModel('same.onnx')
    const output = join(folder, 'same.int8.onnx')
    const written = await run(path, { output })
    const { model: expected } = await run(model)
    expect(Buffer.compare(written.model, expected)).toBe(0)
    expect(Buffer.compare(await readFile(output), expected)).toBe(0)
    expect(written.model).toBe(written.model)
    expect(Object.keys(written)).toContain('model')
    expect({ ...written }.model).toBe(written.model)
  })

  it('may be replaced by what it becomes, float weights included', async () => {
    const path = await storeModel('own.onnx')
    const { model: expected } = await run(model, { ignored: { names: ['first'] } })
    const result = await run(path, { ignored: { names: ['first'] }, output: path })
    expect(expected.length).toBeGreaterThan(4 * 2100 * 2100)
    expect(Buffer.compare(result.model, expected)).toBe(0)
    expect(Buffer.compare(await readFile(path), expected)).toBe(0)
  })

  it('is refused once somebody wrote to it', async () => {
    const path = await storeModel('changed.onnx')
    async function* change() {
      yield* samples.slice(0, 2)
      await copyFile(path, join(folder, 'copy.onnx'))
      await utimes(path, 1, 1)
      yield* samples.slice(2)
    }
    const output = join(folder, 'changed.int8.onnx')
    await expect(run(path, { calibration: { data: change() }, output })).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
    await expect(readFile(output)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each(['statistics', 'quantize'])('leaves nothing behind where it is aborted at %s', async (wanted) => {
    const controller = new AbortController()
    const path = await storeModel('aborted.onnx')
    const aborted = run(path, {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === wanted) setTimeout(() => controller.abort(), wanted === 'statistics' ? 30 : 0)
      },
    })
    await aborted.then(
      () => expect(wanted).toBe('quantize'), // which may be done before the timer comes
      (error: unknown) => expect(error).toMatchObject({ code: 'ABORTED' }),
    )
  })
})
