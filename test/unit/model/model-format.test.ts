import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { detectBytesFormat, detectModelFormat } from '../../../lib/model/model-format.js'
import { model } from './onnx-bytes.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, contents)
  return path
}

const tflite = Uint8Array.from([0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33, 0, 0])
const ir = '<?xml version="1.0"?>\n<net name="m" version="11">\n<layers/></net>\n'
const irWithWeights = ir.replace('<layers/>', `<layers>${' '.repeat(300_000)}<layer type="Const"/></layers>`)

describe('detectModelFormat', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a.onnx', model(), 'onnx'],
    ['onnx without extension', model(), 'onnx'],
    ['a.tflite', tflite, 'tflite'],
    ['named wrongly.onnx', tflite, 'tflite'],
    ['a.xml', ir, 'ir'],
    ['bom.xml', `\ufeff${ir}`, 'ir'],
    ['a.pdmodel', Uint8Array.from([0x0a, 1, 2]), 'paddle'],
    ['a.pb', Uint8Array.from([0x0a, 1, 2]), 'tensorflow'],
    ['saved_model.pb', Uint8Array.from([0x08, 1, 2]), 'tensorflow'],
    ['a.meta', Uint8Array.from([0x0a, 1, 2]), 'tensorflow'],
    ['cpu.bin', 'RR_UPCVO\x01\0\0\0', 'openvino-blob'],
    ['hetero.bin', '<?xml version="1.0"?><hetero name="x">', 'openvino-blob'],
    ['gpu.blob', 'anything', 'openvino-blob'],
    ['a.bin', 'ftrt\0\0\0\0', 'tensorrt-plan'],
    ['a.PLAN', 'anything', 'tensorrt-plan'],
  ])('%s', async (name, contents, format) => {
    const path = write(name, contents)
    expect(await detectModelFormat(path)).toEqual({ format, path, bytes: Buffer.from(contents).length, weightsPath: null })
  })

  it('finds the second file of two', async () => {
    const xml = write('pair.xml', irWithWeights)
    const bin = write('pair.bin', 'weights')
    expect(await detectModelFormat(xml)).toMatchObject({ format: 'ir', weightsPath: bin })
    const paddle = write('pair.pdmodel', Uint8Array.from([0x0a, 1]))
    const params = write('pair.pdiparams', 'weights')
    expect(await detectModelFormat(paddle)).toMatchObject({ format: 'paddle', weightsPath: params })
  })

  it('misses weights only where the graph has some', async () => {
    const path = write('alone.xml', irWithWeights)
    await expect(detectModelFormat(path)).rejects.toMatchObject({
      code: 'EXTERNAL_DATA_MISSING',
      cure: expect.stringContaining(join(folder, 'alone.bin')),
    })
  })

  it('knows the folder of a SavedModel', async () => {
    write('saved/saved_model.pb', Uint8Array.from([0x08, 1]))
    const path = join(folder, 'saved')
    expect(await detectModelFormat(path)).toEqual({ format: 'tensorflow', path, bytes: null, weightsPath: null })
  })

  it.each<[string, string | Uint8Array, string, string]>([
    ['empty.onnx', '', 'MODEL_EMPTY', '0 bytes'],
    ['zeros.onnx', new Uint8Array(5000), 'MODEL_CORRUPT', 'all zero'],
    ['pointer.onnx', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'MODEL_CORRUPT', 'Git LFS'],
    ['page.tflite', '<!DOCTYPE html><title>404</title>', 'MODEL_CORRUPT', 'web page'],
    ['other.tflite', 'PK\x03\x04 and so on', 'MODEL_CORRUPT', 'expected TFL3 at byte 4, found 50 4b 03 04'],
    ['other.xml', '<svg/>', 'MODEL_CORRUPT', '<net>'],
    ['cut.xml', ir.slice(0, 60), 'MODEL_CORRUPT', 'cut short'],
    ['model.keras', 'PK\x03\x04', 'MODEL_FORMAT_UNKNOWN', 'extension .keras'],
    ['model', 'PK\x03\x04', 'MODEL_FORMAT_UNKNOWN', 'no extension'],
  ])('refuses %s', async (name, contents, code, reason) => {
    await expect(detectModelFormat(write(name, contents))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(reason),
    })
  })

  it('refuses what is not there, folders of something else, and what is no file', async () => {
    const absent = detectModelFormat(join(folder, 'absent.onnx'))
    await expect(absent).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', cure: expect.stringContaining(process.cwd()) })
    const below = detectModelFormat(join(write('file.onnx', model()), 'below.onnx'))
    await expect(below).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
    write('other folder/yolox.onnx', model())
    const other = detectModelFormat(join(folder, 'other folder'))
    await expect(other).rejects.toMatchObject({
      code: 'MODEL_FORMAT_UNKNOWN',
      message: expect.stringContaining('yolox.onnx inside'),
    })
    if (process.platform !== 'win32') {
      await expect(detectModelFormat('/dev/null')).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNKNOWN' })
    }
  })
})

describe('detectBytesFormat', () => {
  it('goes by the first bytes alone', () => {
    expect(detectBytesFormat(model())).toBe('onnx')
    expect(detectBytesFormat(tflite)).toBe('tflite')
    expect(detectBytesFormat(Buffer.from(ir))).toBe('ir')
    expect(detectBytesFormat(Buffer.from('no model'))).toBeNull()
    expect(detectBytesFormat(new Uint8Array(0))).toBeNull()
  })
})
