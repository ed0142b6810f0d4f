import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devices } from '../../lib/api/engines/backends.js'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { BuildEngineOptions } from '../../lib/api/engines/build-options.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { runProgram } from '../addon/faults/run-program.js'
import { describeEngineContract } from '../contract/engine-contract.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { convolutionModel, encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { describeOnGpus } from './find-gpus.js'

const shape = [1, 32, 48, 48]
const size = 32 * 48 * 48
const model = convolutionModel({ layers: 4, channels: 32, size: 48 })
const picture = (seed: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37 + seed))
const floats = (result: InferenceResult) => result.y?.data as Float32Array

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => error.code as string,
  )

/** Largest difference over the largest value. */
function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length)
  let difference = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number]
    if (!(Math.abs(a - e) <= difference)) difference = Math.abs(a - e)
    largest = Math.max(largest, Math.abs(e))
  }
  expect(largest).toBeGreaterThan(0)
  return difference / largest
}

async function answersOf(options: Partial<BuildEngineOptions>, inputs: Float32Array[]): Promise<Float32Array[]> {
  await using engine = await buildEngine({ model, ...options })
  const results = await Promise.all(inputs.map((input) => engine.infer(input)))
  return results.map(floats)
}

describeOnGpus('the engine contract', (device) => {
  describeEngineContract({
    name: `openvino on ${device}`,
    build: (bytes, { requests, shapes, profile } = {}) =>
      buildEngine({ model: bytes, device, shapes, hints: { requests, profile } }),
    load: (path) => loadEngine(path),
  })
})

describeOnGpus('an Intel GPU', (device) => {
  const dir = mkdtempSync(join(tmpdir(), 'enginery-gpu-'))
  let onCpu: Float32Array[]
  const inputs = [0, 1, 2, 3].map(picture)
  beforeAll(async () => {
    onCpu = await answersOf({}, inputs)
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  it('is listed with its name and what it can do', async () => {
    const found = (await devices()).find(({ name }) => name === device)
    expect(found).toMatchObject({ backend: 'openvino', fullName: expect.stringMatching(/\S/) })
    expect(found?.capabilities).toContain('FP32')
  })

  it('executes the engine itself, in f32 where fp32 is asked for, which is the default', async () => {
    await using engine = await buildEngine({ model, device })
    const { executionDevices, precisions, precision } = await engine.describe()
    expect(precision).toBe('fp32')
    for (const name of executionDevices) expect(name).toMatch(/^GPU/)
    expect(precisions.f32).toBeGreaterThan(0)
    expect(precisions.f16).toBeUndefined()
  })

  it('answers as the CPU does', async () => {
    const answers = await answersOf({ device }, inputs)
    answers.forEach((answer, index) => {
      expect(relativeDifference(answer, onCpu[index] as Float32Array)).toBeLessThan(1e-3)
    })
  })

  it('computes in f16 on demand where it can, and refuses where it cannot', async () => {
    const capabilities = (await devices()).find(({ name }) => name === device)?.capabilities ?? []
    for (const [precision, capability] of [
      ['fp16', 'FP16'],
      ['bf16', 'BF16'],
    ] as const) {
      if (!capabilities.includes(capability)) {
        expect(await codeOf(buildEngine({ model, device, precision }))).toBe('PRECISION_UNSUPPORTED')
        continue
      }
      const [answer] = await answersOf({ device, precision }, [picture(0)])
      const difference = relativeDifference(answer as Float32Array, onCpu[0] as Float32Array)
      expect(difference).toBeGreaterThan(0) // an engine in f32 under another name would be exact
      expect(difference).toBeLessThan(5e-2)
    }
  })

  it('reads and writes our tensors, also the same ones again and again', async () => {
    await using engine = await buildEngine({ model, device })
    const input = Tensor.allocate('f32', shape)
    const y = Tensor.allocate('f32', shape)
    for (let i = 0; i < 12; i++) {
      input.data.set(inputs[i % 4] as Float32Array)
      const result = i % 2 === 0 ? await engine.infer(input, { outputs: { y } }) : engine.inferSync(input, { outputs: { y } })
      expect(result.y).toBe(y)
      expect(relativeDifference(floats(result), onCpu[i % 4] as Float32Array)).toBeLessThan(1e-3)
    }
    input.release()
    y.release()
  })

  it('streams with all requests busy, in order', async () => {
    await using engine = await buildEngine({ model, device, hints: { performance: 'throughput' } })
    let count = 0
    for await (const result of engine.inferMany(Array.from({ length: 40 }, (_, i) => inputs[i % 4] as Float32Array))) {
      expect(relativeDifference(floats(result), onCpu[count++ % 4] as Float32Array)).toBeLessThan(1e-3)
    }
    expect(count).toBe(40)
  })

  it('takes bytes, halves and whole numbers', async () => {
    for (const [type, array] of [
      ['i32', new Int32Array([-2, -1, 0, 5])],
      ['f16', new Uint16Array([0xc000, 0x3c00, 0, 0x4200])],
      ['u8', new Uint8Array([0, 1, 200, 255])],
    ] as const) {
      const doubling = encodeOnnx({
        inputs: [{ name: 'x', type, shape: [1, 4] }],
        outputs: [{ name: 'y', type: 'f32', shape: [1, 4] }],
        nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 1 } }],
      })
      await using engine = await buildEngine({ model: doubling, device })
      const expected = { i32: [-2, -1, 0, 5], f16: [-2, 1, 0, 3], u8: [0, 1, 200, 255] }[type]
      expect([...floats(await engine.infer(Tensor.from(array, [1, 4], type)))]).toEqual(expected)
    }
  })

  it('preprocesses as the CPU does', async () => {
    const preprocess = {
      inputs: {
        x: {
          tensor: { type: 'u8' as const, layout: 'NHWC' },
          steps: [{ convertElementType: 'f32' as const }, { mean: 100 }, { scale: 50 }],
          modelLayout: 'NCHW',
        },
      },
    }
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256)
    const results = []
    for (const where of ['CPU', device]) {
      await using engine = await buildEngine({ model, device: where, preprocess })
      results.push(floats(await engine.infer(bytes)))
    }
    expect(relativeDifference(results[1] as Float32Array, results[0] as Float32Array)).toBeLessThan(1e-3)
  })

  it('gives saved and cached engines that answer alike; an engine of the CPU stays there', async () => {
    const path = join(dir, 'gpu.blob')
    const engine = await buildEngine({ model, device })
    await engine.save(path)
    await engine.close()
    const loaded = await loadEngine(path)
    expect((await loaded.describe()).executionDevices.join()).toMatch(/^GPU/)
    expect(relativeDifference(floats(await loaded.infer(inputs[0] as Float32Array)), onCpu[0] as Float32Array)).toBeLessThan(1e-3)
    await loaded.close()

    const cache = join(dir, 'cache')
    const notes: number[] = []
    for (const where of [device, 'CPU', device, 'CPU']) {
      await using cached = await buildEngine({ model, device: where, cache })
      const { executionDevices, notes: said } = await cached.describe()
      expect(executionDevices.join()).toMatch(where === 'CPU' ? /^CPU$/ : /^GPU/)
      notes.push(said.length)
    }
    expect(notes).toEqual([0, 0, 1, 1])
    expect(readdirSync(cache)).toHaveLength(4)
  })

  it.each(['AUTO', 'MULTI', 'HETERO'])('works together with the CPU under %s', async (combination) => {
    await using engine = await buildEngine({ model, device: `${combination}:${device},CPU` })
    const { executionDevices } = await engine.describe()
    for (const name of executionDevices) expect(name).toMatch(/CPU|GPU/)
    const results = await Promise.all([...inputs, ...inputs].map((input) => engine.infer(input)))
    results.forEach((result, index) => {
      expect(relativeDifference(floats(result), onCpu[index % 4] as Float32Array)).toBeLessThan(1e-3)
    })
  })

  it('has no GPU.99, and nothing takes its place', async () => {
    for (const absent of ['GPU.99', 'AUTO:GPU.99,CPU', 'HETERO:GPU.99,CPU']) {
      expect(await codeOf(buildEngine({ model, device: absent }))).toBe('DEVICE_NOT_FOUND')
    }
  })

  it('is freed by close(): many engines one after another', async () => {
    for (let i = 0; i < 20; i++) {
      const engine = await buildEngine({ model: unaryModel('Relu', [1, 4]), device })
      expect([...floats(await engine.infer(new Float32Array([-1, 2, -3, 4])))]).toEqual([0, 2, 0, 4])
      await engine.close()
    }
  })

  it.each([
    ['a build', 'build'],
    ['inferences', 'inference'],
    ['saving', 'save'],
  ])('lets the process exit during %s', async (_, what) => {
    const models = join(dir, 'models')
    mkdirSync(models, { recursive: true })
    writeFileSync(join(models, 'slow.onnx'), convolutionModel({ layers: 8, channels: 32, size: 96 }))
    writeFileSync(join(models, 'large.onnx'), convolutionModel({ layers: 20, channels: 256, size: 8 }))
    for (const delay of [0, 10, 50, 200]) {
      const env = { ENGINERY_TEST_DEVICE: device }
      expect(await runProgram('leave', [models, what, 'exit', String(delay)], { env })).toEqual({
        code: 7,
        signal: null,
        stdout: 'under way\nleaving\n',
        stderr: '',
      })
    }
  })

  describeWithData('trained models', () => {
    it.each(['squeezenet_fp32', 'efficientnet_lite0_224', 'digits_cnn_bnfolded'])(
      '%s gives its reference output',
      async (name) => {
        const golden = (part: string) => readFile(join(dataFolder, 'golden', `${name}.${part}.f32`))
        const toFloats = ({ buffer, byteOffset, byteLength }: Buffer) =>
          new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
        await using engine = await buildEngine({ model: join(dataFolder, 'models', `${name}.onnx`), device })
        const [output] = Object.values(await engine.infer(toFloats(await golden('in'))))
        expect(relativeDifference(output?.data as Float32Array, toFloats(await golden('out0')))).toBeLessThan(1e-3)
      },
    )
  })
})

describe('the absence of a GPU', () => {
  it('would be an error with a cure, never a run on the CPU', async () => {
    const present = (await devices()).some(({ name }) => name.startsWith('GPU'))
    const attempt = buildEngine({ model, device: 'GPU' })
    if (present) {
      const engine = await attempt
      expect((await engine.describe()).executionDevices.join()).toMatch(/GPU/)
      await engine.close()
    } else {
      await expect(attempt).rejects.toMatchObject({
        code: expect.stringMatching(/^DEVICE_(LIBRARY_MISSING|NOT_FOUND)$/),
        cure: expect.stringMatching(/\S/),
      })
    }
  })
})
