import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeNpy } from '../../lib/dataset/npy.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const program = fileURLToPath(new URL('programs/quantize-for-speed.mjs', import.meta.url))
const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'enginery-fastest-'))

beforeAll(() => {
  if (!existsSync(join(dist, 'index.js'))) throw new Error('dist is missing: npm run build:ts')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Told {
  readonly kept: 'int8' | 'float'
  readonly ratio: number
  readonly codes: readonly string[]
  readonly isInt8: boolean
}

/** In a process whose engine sees no more of the processor than AVX2: what it may use is asked for once. */
function quantizeWithAvx2(asked: object): Told {
  const env = { ...process.env, ONEDNN_MAX_CPU_ISA: 'AVX2' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, dist], {
    env,
    input: JSON.stringify(asked),
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Told
}

const expectConsistent = ({ kept, ratio, codes, isInt8 }: Told) => {
  expect(kept).toBe(ratio < 1 ? 'float' : 'int8')
  expect(isInt8).toBe(kept === 'int8')
  expect(codes.includes('INT8_SLOWER')).toBe(ratio < 1)
}

async function writeConvolutions(channels: number, groups: number, size: number) {
  const shape = [1, channels, size, size]
  const layers = Array.from({ length: 8 }, (_, layer) => layer)
  const graph = makeGraph({
    opset: 17,
    inputs: { x: shape },
    outputs: ['t7'],
    nodes: layers.map((layer) => ({
      type: 'Conv',
      inputs: [layer === 0 ? 'x' : `t${layer - 1}`, `w${layer}`],
      outputs: [`t${layer}`],
      attributes: { group: groups, pads: [1, 1, 1, 1] },
    })),
    constants: Object.fromEntries(layers.map((layer) => [`w${layer}`, noise([channels, channels / groups, 3, 3], `w${layer}`)])),
  })
  const [model, data] = [join(folder, `${channels}.onnx`), join(folder, `${channels}.npy`)]
  writeFileSync(model, encodeGraph(graph))
  const samples = noise([24, channels, size, size], 'samples').values() as Float32Array
  await writeNpy(data, { type: 'f32', shape: [24, channels, size, size], data: samples })
  return { model, data }
}

describe('the fastest, where the processor has AVX2 alone', () => {
  it('is the float model for convolutions that the engine has no INT8 kernel for', async () => {
    // Three channels in each group: OpenVINO computes them one by one, five times as slowly as in float. The usual target leaves
    // them float; this one is told that there is VNNI.
    const told = quantizeWithAvx2({ ...(await writeConvolutions(12, 4, 96)), target: 'openvino-cpu-vnni' })
    expectConsistent(told)
    expect(told).toMatchObject({ kept: 'float', isInt8: false })
    expect(told.ratio).toBeLessThan(0.8)
  })

  it('is the INT8 model for convolutions that gain much', async () => {
    const told = quantizeWithAvx2(await writeConvolutions(64, 1, 48))
    expectConsistent(told)
    expect(told).toMatchObject({ kept: 'int8', isInt8: true })
  })
})

describeWithData('the fastest of a transformer, where the processor has AVX2 alone', () => {
  it('is what it was measured to be, with a warning where that is the float model', () => {
    const model = join(dataFolder, 'models/tiny_detr_digits_96.onnx')
    const told = quantizeWithAvx2({ model, data: join(dataFolder, 'det_digits/calib'), preprocess: { preset: 'rtdetr' } })
    expectConsistent(told)
  })
})
