import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { digestModel, isUnchanged } from '../../../lib/model/model-digest.js'
import { model, modelWithExternalData } from './onnx-bytes.js'

const root = mkdtempSync(join(tmpdir(), 'enginery-digest-'))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = join(root, String(folders++))
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), contents)
  }
  return folder
}

const sha256 = (contents: string | Uint8Array) => createHash('sha256').update(contents).digest('hex')
const ir = '<net><layer type="Const"/></net>'

describe('digestModel', () => {
  it('is the SHA-256 of a file that stands alone, under any name and in memory', async () => {
    const bytes = model()
    const folder = folderWith({ 'a.onnx': bytes, 'b/c.onnx': bytes })
    const digest = await digestModel(join(folder, 'a.onnx'))
    expect(digest).toEqual({
      sha256: sha256(bytes),
      bytes: bytes.length,
      files: [{ path: join(folder, 'a.onnx'), role: 'model', bytes: bytes.length, sha256: sha256(bytes) }],
    })
    expect((await digestModel(join(folder, 'b', 'c.onnx'))).sha256).toBe(digest.sha256)
    expect(await digestModel({ bytes })).toMatchObject({ sha256: digest.sha256, files: [{ path: null }] })
  })

  it('covers the second file of an IR, the same way for bytes', async () => {
    const folder = folderWith({ 'm.xml': ir, 'm.bin': 'weights' })
    const digest = await digestModel(join(folder, 'm.xml'))
    expect(digest.files.map(({ role, sha256: hash }) => [role, hash])).toEqual([
      ['model', sha256(ir)],
      ['weights', sha256('weights')],
    ])
    expect(digest.bytes).toBe(ir.length + 7)
    expect((await digestModel({ bytes: Buffer.from(ir), weights: Buffer.from('weights') })).sha256).toBe(digest.sha256)
    writeFileSync(join(folder, 'm.bin'), 'weightz')
    expect((await digestModel(join(folder, 'm.xml'))).sha256).not.toBe(digest.sha256)
  })

  it('covers external data of ONNX', async () => {
    const files = { 'm.onnx': modelWithExternalData('data/w.bin'), 'data/w.bin': new Uint8Array(16) }
    const folder = folderWith(files)
    const digest = await digestModel(join(folder, 'm.onnx'))
    expect(digest.files.map(({ role }) => role)).toEqual(['model', 'data/w.bin'])
    files['data/w.bin'][3] = 1
    expect((await digestModel(join(folderWith(files), 'm.onnx'))).sha256).not.toBe(digest.sha256)
    rmSync(join(folder, 'data', 'w.bin'))
    await expect(digestModel(join(folder, 'm.onnx'))).rejects.toMatchObject({ code: 'EXTERNAL_DATA_MISSING' })
  })

  it('covers the parameters of Paddle and the variables of a SavedModel', async () => {
    const paddle = folderWith({ 'm.pdmodel': Uint8Array.from([10, 1]), 'm.pdiparams': 'p' })
    expect((await digestModel(join(paddle, 'm.pdmodel'))).files.map(({ role }) => role)).toEqual(['model', 'weights'])
    const saved = folderWith({
      'saved_model.pb': 'graph',
      'variables/variables.index': 'i',
      'variables/variables.data-00000-of-00001': 'd',
    })
    const digest = await digestModel(saved)
    expect(digest.files.map(({ role }) => role)).toEqual([
      'saved_model.pb',
      'variables/variables.data-00000-of-00001',
      'variables/variables.index',
    ])
    const moved = `${saved}-moved`
    renameSync(saved, moved)
    expect((await digestModel(moved)).sha256).toBe(digest.sha256)
  })

  it('tells files from each other that change places', async () => {
    const one = folderWith({ 'm.xml': ir, 'm.bin': ir })
    const two = { bytes: Buffer.from(ir) }
    expect((await digestModel(join(one, 'm.xml'))).sha256).not.toBe((await digestModel(two)).sha256)
  })

  it('hashes in pieces what is larger than one, and lets others run meanwhile', async () => {
    const bytes = Buffer.alloc(3_000_001, 7)
    bytes.set(model())
    let ticks = 0
    const timer = setInterval(() => ticks++, 0)
    const digest = await digestModel({ bytes })
    clearInterval(timer)
    expect(digest.sha256).toBe(sha256(bytes))
    expect(ticks).toBeGreaterThan(0)
    const folder = folderWith({ 'm.tflite': Buffer.concat([Buffer.from('....TFL3'), bytes]) })
    expect((await digestModel(join(folder, 'm.tflite'))).bytes).toBe(3_000_009)
  })

  it('stops when told to', async () => {
    const folder = folderWith({ 'm.onnx': model() })
    const reason = new Error('enough')
    for (const source of [join(folder, 'm.onnx'), { bytes: model() }]) {
      await expect(digestModel(source, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
        code: 'ABORTED',
        cause: reason,
      })
    }
  })
})

describe('isUnchanged', () => {
  it('sees a file that was written or replaced after it was hashed', async () => {
    const folder = folderWith({ 'm.xml': ir, 'm.bin': 'weights' })
    const digest = await digestModel(join(folder, 'm.xml'))
    expect(await isUnchanged(digest)).toBe(true)
    copyFileSync(join(folder, 'm.bin'), join(folder, 'other'))
    renameSync(join(folder, 'other'), join(folder, 'm.bin'))
    expect(await isUnchanged(digest)).toBe(false)
    const again = await digestModel(join(folder, 'm.xml'))
    utimesSync(join(folder, 'm.xml'), 1, 1)
    expect(await isUnchanged(again)).toBe(false)
    rmSync(join(folder, 'm.xml'))
    expect(await isUnchanged(again)).toBe(false)
    expect(await isUnchanged(await digestModel({ bytes: model() }))).toBe(true)
  })
})
