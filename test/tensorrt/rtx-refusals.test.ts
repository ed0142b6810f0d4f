import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { buildSmallPlan, failureOf } from './build-small-plan.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const shape = [1, 4]
/** `y = x + w`, whose `w` is in a file. */
const model = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape }],
  outputs: [{ name: 'y', type: 'f32', shape }],
  nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
  initializers: [{ name: 'w', type: 'f32', shape, data: { location: 'weights.bin', offset: 0, length: 16 } }],
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'enginery-refusals-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

describeWithTensorRt('TensorRT-RTX 1.7', 'what is refused before TensorRT sees it', () => {
  it('weights in files that bytes do not lead to: the file is named, and taken where the path is', async () => {
    const folder = await temporaryFolder()
    const bare = await failureOf(buildSmallPlan({ model }))
    expect(bare).toMatchObject({
      code: 'EXTERNAL_DATA_MISSING',
      message: expect.stringContaining('weights.bin'),
      cure: expect.stringContaining('`beside`'),
    })
    const beside = join(folder, 'model.onnx')
    const missing = await failureOf(buildSmallPlan({ model: { bytes: model, beside } }))
    expect(missing).toMatchObject({ code: 'EXTERNAL_DATA_MISSING', cure: expect.stringContaining(join(folder, 'weights.bin')) })
    await writeFile(beside, model)
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(16))
    expect((await buildSmallPlan({ model: { bytes: model, beside } })).bytes.length).toBeGreaterThan(0)
  })

  it('a timing cache that is named', async () => {
    expect(await failureOf(buildSmallPlan({ timingCache: 't.cache' }))).toMatchObject({
      code: 'TENSORRT_OPTION_UNSUPPORTED',
      message: expect.stringContaining('timing caches'),
      cure: expect.stringContaining('chosen where the plan runs'),
    })
  })

  it('and what is not: no compute capability, which is the default of TensorRT-RTX, whatever GPU is here', async () => {
    const folder = await temporaryFolder()
    const library = coreLibraries['TensorRT-RTX 1.7']
    const plan = await buildEngine({ backend: 'tensorrt', library, model: unaryModel('Relu', shape) })
    const { devices } = await plan.save(join(folder, 'relu.plan'))
    expect(devices.map(({ fullName }) => fullName)).toEqual(["GPUs that TensorRT-RTX builds for by default: Ampere's and later"])
  })
})
