import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lendModel } from '../../../lib/api/engines/lend-model.js'
import { Constant } from '../../../lib/graph/constant.js'
import { onnxFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { encodeOnnxModel } from '../../../lib/model/onnx-file.js'
import { makeGraph } from '../graph/make-graph.js'

const root = mkdtempSync(join(tmpdir(), 'enginery-lend-'))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'tmp-'))
  vi.stubEnv('TMPDIR', folder)
  vi.stubEnv('TEMP', folder)
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rmSync(root, { recursive: true }))

function modelOf(elements: number) {
  const w = Constant.of('f32', [elements], new Float32Array(elements).fill(0.5))
  return onnxFromGraph(
    makeGraph({
      inputs: { x: [elements] },
      constants: { w },
      nodes: [{ type: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      outputs: ['y'],
    }),
  )
}
const small = modelOf(1000)
const large = modelOf(5_000_000)

describe('a model that is lent', () => {
  it('is bytes where it is small', async () => {
    expect(await lendModel(small, async (lent) => lent)).toEqual(encodeOnnxModel(small))
    expect(readdirSync(folder)).toEqual([])
  })

  it('is a file that nobody else can read where it is large, and gone afterwards', async () => {
    const path = await lendModel(large, async (lent) => {
      expect(readdirSync(folder)).toHaveLength(1)
      expect(Buffer.compare(readFileSync(lent as string), encodeOnnxModel(large))).toBe(0)
      if (process.platform !== 'win32') expect(statSync(dirname(lent as string)).mode & 0o077).toBe(0)
      return lent as string
    })
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is gone where its use fails, which is what the caller sees', async () => {
    const boom = new Error('boom')
    await expect(lendModel(large, () => Promise.reject(boom))).rejects.toBe(boom)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is bytes where there is no folder for temporary files', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'missing'))
    vi.stubEnv('TEMP', join(folder, 'missing'))
    const lent = await lendModel(large, async (model) => model)
    expect(Buffer.compare(lent as Uint8Array, encodeOnnxModel(large))).toBe(0)
  })

  // There is room for the folder in the longest path, none for the file in it.
  it.runIf(process.platform === 'linux')('is bytes where the file cannot be written', async () => {
    let deep = folder
    while (4060 - deep.length > 251) deep = join(deep, 'd'.repeat(250))
    deep = join(deep, 'd'.repeat(4060 - deep.length - 1))
    mkdirSync(deep, { recursive: true })
    vi.stubEnv('TMPDIR', deep)
    const lent = await lendModel(large, async (model) => model)
    expect(lent).toBeInstanceOf(Uint8Array)
    expect(readdirSync(deep)).toEqual([])
  })
})
