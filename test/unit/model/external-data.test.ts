import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { listExternalData, resolveExternalData } from '../../../lib/model/external-data.js'
import { readOnnxModel } from '../../../lib/model/onnx-reader.js'
import { inside, model, modelWithExternalData, tensor } from './onnx-bytes.js'

const root = mkdtempSync(join(tmpdir(), 'enginery-external-'))
afterAll(() => rmSync(root, { recursive: true }))

const folder = join(root, 'models')
const modelPath = join(folder, 'm.onnx')
mkdirSync(join(folder, 'sub'), { recursive: true })
writeFileSync(modelPath, 'stands for a model')
writeFileSync(join(folder, 'w.bin'), new Uint8Array(16))
writeFileSync(join(folder, 'sub', 'w.bin'), new Uint8Array(16))
writeFileSync(join(root, 'secret'), new Uint8Array(100))

const resolveOne = (location: string, atLeast = 0) => resolveExternalData(modelPath, [{ location, atLeast }])

describe('listExternalData', () => {
  it('names each file once, with the size it needs', async () => {
    const external = (location: string, offset: string, length?: string) => ({ location, offset, ...(length && { length }) })
    const file = model(
      inside(5, ...tensor({ name: 'a', dims: [4], external: external('z.bin', '4096', '16') })),
      inside(5, ...tensor({ name: 'b', dims: [4], external: external('z.bin', '0', '16') })),
      inside(5, ...tensor({ name: 'c', dims: [4], external: external('a.bin', '8') })),
      inside(5, ...tensor({ name: 'd', dims: [1], raw: new Uint8Array(4) })),
    )
    expect(listExternalData(await readOnnxModel(file))).toEqual([
      { location: 'a.bin', atLeast: 24 },
      { location: 'z.bin', atLeast: 4112 },
    ])
  })
})

describe('resolveExternalData', () => {
  it('finds files beside the model and below', async () => {
    expect(await resolveOne('w.bin', 16)).toEqual([join(folder, 'w.bin')])
    expect(await resolveOne('./sub/w.bin')).toEqual([join(folder, 'sub', 'w.bin')])
    expect(await resolveOne('sub/../w.bin')).toEqual([join(folder, 'w.bin')])
  })

  it('says which file is missing and where it was expected', async () => {
    await expect(resolveOne('absent.bin')).rejects.toMatchObject({
      code: 'EXTERNAL_DATA_MISSING',
      message: expect.stringContaining('absent.bin'),
      cure: expect.stringContaining(join(folder, 'absent.bin')),
    })
  })

  it.each([
    ['../secret', 'outside'],
    ['sub/../../secret', 'outside'],
    [join(root, 'secret'), 'outside'],
    ['..', 'outside'],
    ['.', 'outside'],
    ['', 'not a file name'],
    ['a\0b', 'not a file name'],
    ['sub', 'not a file'],
  ])('refuses %j', async (location, reason) => {
    await expect(resolveOne(location)).rejects.toMatchObject({
      code: 'EXTERNAL_DATA_INVALID',
      message: expect.stringContaining(reason),
    })
  })

  it('refuses a file that is too short', async () => {
    await expect(resolveOne('w.bin', 17)).rejects.toMatchObject({
      code: 'EXTERNAL_DATA_INVALID',
      message: expect.stringContaining('it has 16 bytes, the model needs 17'),
    })
  })

  it.runIf(process.platform !== 'win32')('refuses a link that leads out, but takes the links of a hub cache', async () => {
    symlinkSync(join(root, 'secret'), join(folder, 'innocent.bin'))
    await expect(resolveOne('innocent.bin')).rejects.toMatchObject({ code: 'EXTERNAL_DATA_INVALID' })
    mkdirSync(join(root, 'blobs'))
    mkdirSync(join(root, 'snapshot'))
    writeFileSync(join(root, 'blobs', '1'), modelWithExternalData('model.onnx_data'))
    writeFileSync(join(root, 'blobs', '2'), new Uint8Array(16))
    symlinkSync('../blobs/1', join(root, 'snapshot', 'model.onnx'))
    symlinkSync('../blobs/2', join(root, 'snapshot', 'model.onnx_data'))
    const files = [{ location: 'model.onnx_data', atLeast: 16 }]
    const expected = join(root, 'snapshot', 'model.onnx_data')
    expect(await resolveExternalData(join(root, 'snapshot', 'model.onnx'), files)).toEqual([expected])
  })
})
