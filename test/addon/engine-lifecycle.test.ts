import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { convolutionModel, encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { openvino } from './run-native-model.js'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => error.code,
  )

describe('lastLatency', () => {
  it('is that of the inference which finished, also while the next one runs in its place', async () => {
    const engine = await buildEngine({ model: convolutionModel({ layers: 6, channels: 32, size: 64 }), hints: { requests: 1 } })
    const input = new Float32Array(32 * 64 * 64)
    const seen: (number | undefined)[] = []
    await Promise.all(Array.from({ length: 6 }, () => engine.infer(input).then(() => seen.push(engine.lastLatency))))
    for (const latency of seen) expect(latency).toBeGreaterThan(0)
    await engine.close()
  })

  it('is undefined before the first inference and once the engine is closed', async () => {
    const engine = await buildEngine({ model: unaryModel('Relu', [1, 4]) })
    expect(engine.lastLatency).toBeUndefined()
    engine.inferSync(new Float32Array(4))
    expect(engine.lastLatency).toBeGreaterThan(0)
    await engine.close()
    expect(engine.lastLatency).toBeUndefined()
  })
})

describe('an engine that is given up while its requests are made', () => {
  let folder: string
  let path: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-lifecycle-'))
    path = join(folder, 'engine.blob')
    const engine = await buildEngine({ model: convolutionModel({ layers: 6, channels: 128, size: 16 }) })
    await engine.save(path)
    await engine.close()
  })
  afterAll(() => rm(folder, { recursive: true }))

  // The bytes of an imported engine live as long as its compiled model: nothing is collected in between.
  async function bytesLeft(load: () => Promise<unknown>, code: string): Promise<number> {
    const before = openvino.memoryStatistics().liveBytes
    expect(await codeOf(load())).toBe(code)
    for (let waited = 0; waited < 5000 && openvino.memoryStatistics().inFlight > 0; waited += 10) await sleep(10)
    await sleep(20)
    return openvino.memoryStatistics().liveBytes - before
  }

  it('frees its memory when the last callback throws', async () => {
    const onProgress = ({ stage }: { stage: string }) => {
      if (stage === 'done') throw new Error('no')
    }
    expect(await bytesLeft(() => loadEngine(path, { onProgress }), 'CALLBACK_FAILED')).toBe(0)
  })

  it('frees its memory when it is aborted', async () => {
    const controller = new AbortController()
    const onProgress = ({ stage }: { stage: string }) => {
      if (stage === 'requests') setImmediate(() => controller.abort()) // by then they are being made
    }
    const load = () => loadEngine(path, { hints: { requests: 64 }, onProgress, signal: controller.signal })
    expect(await bytesLeft(load, 'ABORTED')).toBe(0)
  })
})

describe('loadEngine', () => {
  it('is aborted while it digests the model to compare with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-lifecycle-'))
    const path = join(folder, 'engine.blob')
    const built = await buildEngine({ model: unaryModel('Relu', [1, 4]) })
    await built.save(path)
    await built.close()
    const model = join(folder, 'large.xml')
    await writeFile(model, '<?xml version="1.0"?><net name="m" version="11"></net>')
    await writeFile(join(folder, 'large.bin'), '')
    await truncate(join(folder, 'large.bin'), 1e12) // takes longer to digest than this test may, and no room on the disk
    const controller = new AbortController()
    const onProgress = ({ stage }: { stage: string }) => {
      if (stage === 'read') setTimeout(() => controller.abort(), 1000) // the engine is read by then
    }
    expect(await codeOf(loadEngine(path, { model, signal: controller.signal, onProgress }))).toBe('ABORTED')
    await rm(folder, { recursive: true })
  })
})

describe('a tensor that an inference writes', () => {
  const transpose = encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [256, 256] }],
    outputs: [{ name: 'y', type: 'f32', shape: [256, 256] }],
    nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'], attributes: { perm: [1, 0] } }],
  })

  // Most operations read what was already overwritten: the result would be wrong without a word.
  it('cannot be its input as well, nor that of another', async () => {
    await using engine = await buildEngine({ model: transpose, hints: { requests: 1 } })
    const tensor = Tensor.allocate('f32', [256, 256])
    const both = { outputs: { y: tensor } }
    expect(await codeOf(engine.infer(tensor, both))).toBe('TENSOR_IN_USE')
    expect(() => engine.inferSync(tensor, both)).toThrow(expect.objectContaining({ code: 'TENSOR_IN_USE' }))
    const writing = engine.infer(new Float32Array(65536), both)
    expect(await codeOf(engine.infer(tensor))).toBe('TENSOR_IN_USE')
    await writing
    await engine.infer(tensor)
    tensor.release()
  })
})

describe('element types that no array holds', () => {
  const model = {
    format: 'ir' as const,
    bytes: Buffer.from(`<?xml version="1.0"?><net name="m" version="11"><layers>
      <layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,8" element_type="f8e4m3"/>
        <output><port id="0" precision="F8E4M3" names="x"><dim>1</dim><dim>8</dim></port></output></layer>
      <layer id="1" name="c" type="Convert" version="opset1"><data destination_type="f32"/>
        <input><port id="0" precision="F8E4M3"><dim>1</dim><dim>8</dim></port></input>
        <output><port id="1" precision="FP32" names="y"><dim>1</dim><dim>8</dim></port></output></layer>
      <layer id="2" name="r" type="Result" version="opset1">
        <input><port id="0" precision="FP32"><dim>1</dim><dim>8</dim></port></input></layer>
      </layers><edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
        <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/></edges></net>`),
  }

  it('are refused with a way out', async () => {
    const error = await buildEngine({ model }).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED' })
    expect(error.message).toContain("'x' holds f8e4m3 elements")
  })

  it('which works', async () => {
    await using engine = await buildEngine({ model, preprocess: { inputs: { x: { tensor: { type: 'f32' } } } } })
    const { y } = await engine.infer(new Float32Array([0, 1, -1, 2, 0.5, 4, -8, 16]))
    expect(y?.data).toEqual(new Float32Array([0, 1, -1, 2, 0.5, 4, -8, 16]))
  })
})

describe('native calls', () => {
  it('count as work from the moment they are made', async () => {
    const model = openvino.readModelSync({ bytes: convolutionModel({ layers: 8, channels: 64, size: 32 }), format: 'onnx' })
    const compiling = openvino.compileModel(model, 'CPU', {})
    expect(openvino.memoryStatistics().inFlight).toBeGreaterThanOrEqual(1)
    await (await compiling).close()
    model.close()
  })

  // The reason of a damaged model repeats its names, however long they are.
  it('give reasons that can be read', async () => {
    const bytes = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [1, 4] }],
      outputs: [{ name: 'y', type: 'f32', shape: [1, 4] }],
      nodes: [{ op: `X${'[ '.repeat(500_000)}`, inputs: ['x'], outputs: ['y'] }],
    })
    const error = await openvino.readModel({ bytes, format: 'onnx' }).catch((caught) => caught)
    expect(error.code).toBe('OV_READ')
    expect(error.message.length).toBeLessThan(5000)
  })
})
