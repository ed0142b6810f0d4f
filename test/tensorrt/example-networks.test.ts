import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import type { NativeNetworkLayer } from '../../lib/native/tensorrt-addon.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'
import { replayWithRtx, replayWithTen } from './replay-networks.js'

// The examples name the package; here it is the one under test, whose networks can be looked into.
vi.mock('enginery', () => import('../../lib/index.js'))

const examples = resolve(import.meta.dirname, '../../examples')

interface Drawn {
  readonly network: TensorRtNetwork
  readonly parameters: number
}

async function draw(file: string, writer: string): Promise<Drawn> {
  const { openWeights } = await import(join(examples, 'networks', 'model-weights.mjs'))
  const writers = await import(join(examples, 'networks', file))
  const weights = await openWeights()
  const network = writers[writer](weights)
  return { network, parameters: weights.parameters }
}

const ofOurs = (network: TensorRtNetwork) =>
  network.layers.map(({ outputs }) => outputs.map(({ type, shape }) => `${type} [${shape?.join(', ')}]`).join())
const ofTheirs = (layers: readonly NativeNetworkLayer[] = []) =>
  layers.map(({ outputs }) => outputs.map(({ type, shape }) => `${type} [${shape.join(', ')}]`).join())

const cases = [
  // Learned parameters are those that the papers' own code counts.
  { file: 'resnet50.mjs', writer: 'writeResNet50', layers: 178, parameters: 25_557_032, output: 'f32 [1, 1000]' },
  { file: 'yolov5.mjs', writer: 'writeYoloV5', layers: 305, parameters: 1_872_157, output: 'f32 [1, 25200, 85]' },
] as const

describeWithTensorRt('TensorRT-RTX 1.7', 'ResNet-50 and YOLOv5n, written layer by layer', () => {
  it.each(cases)('$writer: every layer makes the shape and type that TensorRT finds', async (one) => {
    const { network, parameters } = await draw(one.file, one.writer)
    const made = await replayWithRtx(network)
    expect(ofTheirs(made.layers)).toEqual(ofOurs(network))
    expect([made.layers.length, parameters]).toEqual([one.layers, one.parameters])
    expect(made.outputs.map(({ type, shape }) => `${type} [${shape.join(', ')}]`)).toEqual([one.output])
  })
})

describeWithTensorRt('TensorRT 10.15', 'ResNet-50 and YOLOv5n, written layer by layer, without a device (cpu_only)', () => {
  it.each(cases)('$writer: every layer makes the shape and type that TensorRT finds', async ({ file, writer }) => {
    const { network } = await draw(file, writer)
    const [made] = await replayWithTen([network])
    expect(made).toMatchObject({ kind: 'described', errors: [] })
    expect(ofTheirs(made?.layers)).toEqual(ofOurs(network))
  })
})

describeWithTensorRt('TensorRT-RTX 1.7', 'the example of networks that are written layer by layer', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-networks-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('builds the same plan from weights that went through a .wts file', async () => {
    const file = join(folder, 'yolov5n.wts')
    const buildWith = async (...options: string[]) => {
      const env = { ...process.env, TENSORRT_ROOT: join(coreLibraries['TensorRT-RTX 1.7'], '..') }
      const args = [join(examples, 'tensorrt-networks.mjs'), ...options, 'yolov5n']
      const { stdout } = await promisify(execFile)(process.execPath, args, { env })
      return /sha256 ([0-9a-f]{64})/.exec(stdout)?.[1] ?? expect.fail(stdout)
    }
    const drawn = await buildWith('--write-wts', file)
    expect(await buildWith('--wts', file)).toBe(drawn)
    const head = Buffer.alloc(60)
    const handle = await open(file)
    await handle.read(head, 0, 60, 0)
    await handle.close()
    expect(head.toString()).toMatch(/^291\nmodel\.0\.conv\.weight 1728 [0-9a-f]{8} [0-9a-f]{8} /)
  })
})
