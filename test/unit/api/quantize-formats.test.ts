import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quantize } from '../../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { makeGraph } from '../graph/make-graph.js'

const tflite = Buffer.concat([Buffer.from([28, 0, 0, 0]), Buffer.from('TFL3'), Buffer.alloc(40, 1)])
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 4096\n'
const net = '<?xml version="1.0"?>\n<net name="a" version="11"></net>\n'

describe('what is given to quantize and is no ONNX model', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-formats-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const data = [{ x: Tensor.from(new Float32Array(4), [1, 4]) }]
  const quantizeFile = async (model: string | Uint8Array) => await quantize({ model, calibration: { data } })

  it.each([
    ['model.tflite', tflite, { code: 'QUANTIZATION_NOT_ONNX', message: expect.stringContaining('tflite') }],
    ['named-wrongly.onnx', tflite, { code: 'QUANTIZATION_NOT_ONNX', message: expect.stringContaining('tflite') }],
    ['model.xml', net, { code: 'QUANTIZATION_NOT_ONNX', message: expect.stringContaining('in the format ir') }],
    ['calib.npy', '\x93NUMPY\x01\x00v\x00{}', { code: 'MODEL_FORMAT_UNKNOWN' }],
    ['notes.txt', 'these are notes\n', { code: 'MODEL_FORMAT_UNKNOWN' }],
    ['pointer.onnx', pointer, { code: 'MODEL_CORRUPT', message: expect.stringContaining('Git LFS') }],
    ['empty.onnx', '', { code: 'MODEL_EMPTY' }],
  ])('%s is named', async (name, content, error) => {
    const path = join(folder, name)
    await writeFile(path, content, typeof content === 'string' ? 'latin1' : undefined)
    await expect(quantizeFile(path)).rejects.toMatchObject(error)
  })

  it('a file that is not there is said to be missing', async () => {
    await expect(quantizeFile(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })

  it('bytes are told as well', async () => {
    await expect(quantizeFile(tflite)).rejects.toMatchObject({ code: 'QUANTIZATION_NOT_ONNX' })
    const relu = { type: 'Relu', inputs: ['x'], outputs: ['y'] }
    const float = encodeGraph(makeGraph({ inputs: { x: [1, 4] }, nodes: [relu], outputs: ['y'] }))
    // Cut in its first fields: ONNX, and damaged.
    await expect(quantizeFile(float.subarray(0, float.length - 3))).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
  })
})
