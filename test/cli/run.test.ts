import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { readNpy, writeNpy } from '../../lib/dataset/npy.js'
import { readNpz, writeNpz } from '../../lib/dataset/npz.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const f32 = (shape: number[], values: number[]) => ({ type: 'f32' as const, shape, data: new Float32Array(values) })

const sumAndProduct = encodeOnnx({
  inputs: [
    { name: 'a', type: 'f32', shape: [2] },
    { name: 'b', type: 'f32', shape: [2] },
  ],
  outputs: [
    { name: 'sum', type: 'f32', shape: [2] },
    { name: 'the/product', type: 'f32', shape: [2] },
  ],
  nodes: [
    { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
    { op: 'Mul', inputs: ['a', 'b'], outputs: ['the/product'] },
  ],
})

async function folderWith(model: Uint8Array, arrays: Record<string, ReturnType<typeof f32>> = {}): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'm.onnx'), model)
  for (const [name, array] of Object.entries(arrays)) await writeNpy(join(folder, `${name}.npy`), array)
  return folder
}

const report = async (args: string[], cwd: string) =>
  runReportSchema.parse(parseReport(await runCli(['run', ...args, '--json'], { cwd })))

describe('enginery run', () => {
  it('takes .npy and prints values', async () => {
    const cwd = await folderWith(unaryModel('Relu', [1, 4]), { x: f32([1, 4], [-1, 2, -3, 4]) })
    const { outputs, inputs } = await report(['m.onnx', '--input', 'x.npy'], cwd)
    expect(outputs).toEqual([
      expect.objectContaining({
        name: 'y',
        type: 'f32',
        shape: [1, 4],
        data: [0, 2, 0, 4],
        min: 0,
        max: 4,
        mean: 1.5,
        notFinite: 0,
      }),
    ])
    expect(inputs).toEqual([{ name: 'x', type: 'f32', shape: [1, 4], source: 'x.npy' }])
    const text = await runCli(['run', 'm.onnx', '--input', 'x=x.npy'], { cwd })
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/Output y: f32\[1,4\]\n {2}values {2}from 0 to 4, mean 1.5\n {2}index {2}value\n +3 +4\n/)
  })

  it('takes several inputs, by name, from .npy and .npz', async () => {
    const arrays = { a: f32([2], [1, 2]), b: f32([2], [10, 20]) }
    const cwd = await folderWith(sumAndProduct, arrays)
    await writeNpz(join(cwd, 'named.npz'), arrays)
    await writeNpz(join(cwd, 'numbered.npz'), { arr_0: arrays.a, arr_1: arrays.b })
    for (const input of [['b=b.npy', 'a=a.npy'], ['named.npz'], ['numbered.npz'], ['a=named.npz', 'b=b.npy']]) {
      const { outputs } = await report(['m.onnx', ...input.flatMap((file) => ['--input', file])], cwd)
      expect(
        outputs.map(({ data }) => data),
        input.join(),
      ).toEqual([
        [11, 22],
        [10, 40],
      ])
    }
    expect(await runCli(['run', 'm.onnx', '--input', 'a.npy'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/say which one/),
    })
    expect(await runCli(['run', 'm.onnx', '--input', 'a=a.npy'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error INPUT_MISSING: Input b is missing[\s\S]*here: --input/),
    })
  })

  it('writes .npy, .npz and folders', async () => {
    const cwd = await folderWith(sumAndProduct, { a: f32([2], [1, 2]), b: f32([2], [10, 20]) })
    const args = [
      'm.onnx',
      '--input',
      'a=a.npy',
      '--input',
      'b=b.npy',
      '--output',
      'sum=s.npy',
      '--output',
      'all.npz',
      '--output',
      'out/',
    ]
    const { outputs } = await report(args, cwd)
    expect(outputs.map(({ data, files }) => ({ data, files }))).toEqual([
      { data: null, files: ['s.npy', 'all.npz', 'out/sum.npy'] },
      { data: null, files: ['all.npz', 'out/the_product.npy'] },
    ])
    expect(await readNpy(join(cwd, 's.npy'))).toEqual(f32([2], [11, 22]))
    expect(await readNpy(join(cwd, 'out/the_product.npy'))).toEqual(f32([2], [10, 40]))
    expect((await readNpz(join(cwd, 'all.npz')))['the/product']).toEqual(f32([2], [10, 40]))
    expect(await runCli(['run', ...args, '--output', 'x.npy'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there are 2 outputs/),
    })
  })

  it('makes inputs up only when asked to, the same for the same seed', async () => {
    const cwd = await folderWith(unaryModel('Relu', [1, 8]))
    expect(await runCli(['run', 'm.onnx'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error INPUT_MISSING/),
    })
    const run = (seed: string) => report(['m.onnx', '--random-input', '--seed', seed], cwd)
    const [first, again, other] = [await run('7'), await run('7'), await run('8')]
    expect(first.inputs[0]?.source).toBe('random values, seed 7')
    expect(first.outputs[0]?.data).toEqual(again.outputs[0]?.data)
    expect(first.outputs[0]?.data).not.toEqual(other.outputs[0]?.data)
    // Pinned: the same on every machine and in every release.
    expect(first.outputs[0]?.data?.slice(0, 2)).toMatchInlineSnapshot(`
      [
        0.35848063230514526,
        0.009224414825439453,
      ]
    `)
  })

  it('converts other types only when asked to', async () => {
    const cwd = await folderWith(unaryModel('Relu', [2]))
    await writeNpy(join(cwd, 'd.npy'), { type: 'f64', shape: [2], data: new Float64Array([-1, 0.5]) })
    const refused = await runCli(['run', 'm.onnx', '--input', 'd.npy'], { cwd })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error INPUT_TYPE: [\s\S]*here: --cast/) })
    expect((await report(['m.onnx', '--input', 'd.npy', '--cast'], cwd)).outputs[0]?.data).toEqual([0, 0.5])
  })

  it.each([
    ['f16', [1.5, -2, 3, 0]],
    ['bf16', [1.5, -2, 3, 0]],
    ['f64', [1.5, -2, 3, 0]],
    ['i64', [1, -2, 3, 0]],
    ['i32', [1, -2, 3, 0]],
    ['u8', [1, 2, 255, 0]],
    ['bool', [1, 0, 1, 0]],
  ] as const)('passes %s through, from float64 arrays and to .npy', async (type, values) => {
    const cwd = await folderWith(unaryModel('Identity', [2, 2], type))
    await writeNpy(join(cwd, 'd.npy'), { type: 'f64', shape: [2, 2], data: new Float64Array(values) })
    const { outputs } = await report(['m.onnx', '--input', 'd.npy', '--cast'], cwd)
    expect(outputs[0]).toMatchObject({ type, shape: [2, 2], data: values })
    expect((await runCli(['run', 'm.onnx', '--input', 'd.npy', '--cast', '--output', 'o.npy'], { cwd })).code).toBe(0)
    const written = await readNpy(join(cwd, 'o.npy'))
    // NumPy has no bfloat16.
    expect(written.type).toBe(type === 'bf16' ? 'f32' : type)
    // What was written can be read again.
    expect((await report(['m.onnx', '--input', 'o.npy', '--cast'], cwd)).outputs[0]?.data).toEqual(values)
  })

  it('refuses a wrong shape, a wrong name, a picture, a missing and a damaged file', async () => {
    const cwd = await folderWith(unaryModel('Relu', [1, 4]), { wrong: f32([4, 1], [1, 2, 3, 4]) })
    await writeFile(join(cwd, 'bad.npy'), 'no numpy at all')
    const outcomes: [string, number, RegExp][] = [
      ['wrong.npy', 1, /^error INPUT_SHAPE: /],
      ['z=wrong.npy', 1, /^error INPUT_UNKNOWN: /],
      ['cat.jpg', 2, /^error USAGE_INVALID: .*pass pictures with --image/],
      ['none.npy', 1, /^error FILE_NOT_FOUND: /],
      ['bad.npy', 1, /^error NPY_INVALID: /],
    ]
    for (const [input, code, stderr] of outcomes) {
      expect(await runCli(['run', 'm.onnx', '--input', input], { cwd }), input).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringMatching(stderr),
      })
    }
  })

  it('builds open dimensions for the given arrays, never fixed ones', async () => {
    const cwd = await folderWith(unaryModel('Relu', ['n', 3, 'w']), { x: f32([2, 3, 1], [1, -2, 3, -4, 5, -6]) })
    const open = await report(['m.onnx', '--input', 'x.npy'], cwd)
    expect(open.engine.inputs[0]?.shape).toEqual([2, 3, 1])
    expect(open.engine.notes.join()).toMatch(/x is built for \[2,3,1\], the shape of x\.npy/)
    expect(open.outputs[0]?.data).toEqual([1, 0, 3, 0, 5, 0])
    const dynamic = await report(['m.onnx', '--input', 'x.npy', '--dynamic-shapes'], cwd)
    expect(dynamic.engine.inputs[0]?.shape).toEqual(['dynamic', 3, 'dynamic'])
    expect(dynamic.outputs[0]).toMatchObject({ shape: [2, 3, 1], data: [1, 0, 3, 0, 5, 0] })
    const given = await runCli(['run', 'm.onnx', '--input', 'x.npy', '--shape', 'x=1x3x1'], { cwd })
    expect(given).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error INPUT_SHAPE: /) })
    const none = await runCli(['run', 'm.onnx', '--random-input'], { cwd })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error SHAPE_INVALID: [\s\S]*here: --shape/) })
  })

  it('prints what is not finite as text in JSON, and counts it', async () => {
    const cwd = await folderWith(unaryModel('Log', [3]), { x: f32([3], [-1, 0, 1]) })
    const { outputs } = await report(['m.onnx', '--input', 'x.npy'], cwd)
    expect(outputs[0]).toMatchObject({ data: ['NaN', '-Infinity', 0], notFinite: 2, min: 0, max: 0 })
    expect((await runCli(['run', 'm.onnx', '--input', 'x.npy'], { cwd })).stdout).toMatch(/not finite {2}2 of 3/)
  })

  it('runs a saved engine and refuses to change what it was built with', async () => {
    const cwd = await folderWith(unaryModel('Relu', [1, 4]), { x: f32([1, 4], [-1, 2, -3, 4]) })
    expect((await runCli(['build', 'm.onnx', '-o', 'm.blob'], { cwd })).code).toBe(0)
    const { engine, outputs } = await report(['m.blob', '--input', 'x.npy'], cwd)
    expect(engine.origin).toBe('loaded')
    expect(outputs[0]?.data).toEqual([0, 2, 0, 4])
    const changed = await runCli(['run', 'm.blob', '--input', 'x.npy', '--precision', 'bf16'], { cwd })
    expect(changed).toMatchObject({ code: 2, stderr: expect.stringMatching(/precision cannot be changed in a saved engine/) })
  })

  it('builds a saved engine again that does not fit, when told from what', async () => {
    const cwd = await folderWith(unaryModel('Relu', [1, 4]), { x: f32([1, 4], [-1, 2, -3, 4]) })
    expect((await runCli(['build', 'm.onnx', '-o', 'm.blob'], { cwd })).code).toBe(0)
    const manifest = JSON.parse(await readFile(join(cwd, 'm.blob.json'), 'utf8'))
    manifest.versions.openvino = '2020.1'
    await writeFile(join(cwd, 'm.blob.json'), JSON.stringify(manifest))
    const refused = await runCli(['run', 'm.blob', '--input', 'x.npy'], { cwd })
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error ENGINE_MISMATCH: [\s\S]*2020\.1[\s\S]*here: --rebuild-from/),
    })
    const rebuilt = await runCli(['run', 'm.blob', '--input', 'x.npy', '--rebuild-from', 'm.onnx', '--json'], { cwd })
    expect(runReportSchema.parse(parseReport(rebuilt)).outputs[0]?.data).toEqual([0, 2, 0, 4])
    expect(rebuilt.stderr).toMatch(/^warning: m\.blob is built again/)
    expect((await runCli(['run', 'm.blob', '--input', 'x.npy'], { cwd })).code).toBe(0)
  })
})

describeWithData('enginery run, trained models', () => {
  it.each(['squeezenet_fp32', 'yolox_nano_416', 'digits_cnn_bnfolded'])('%s gives the reference output', async (name) => {
    const cwd = await temporaryFolder()
    const golden = JSON.parse(await readFile(join(dataFolder, 'golden/golden.json'), 'utf8')) as {
      cases: { model: string; input: { shape: number[] } }[]
    }
    const floats = async (file: string) => {
      const bytes = await readFile(join(dataFolder, 'golden', file))
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    }
    const shape = golden.cases.find(({ model }) => model === `${name}.onnx`)?.input.shape as number[]
    await writeNpy(join(cwd, 'in.npy'), { type: 'f32', shape, data: await floats(`${name}.in.f32`) })
    const model = join(dataFolder, 'models', `${name}.onnx`)
    const outcome = await runCli(['run', model, '--input', 'in.npy', '--output', 'out.npy'], { cwd })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    const { data } = (await readNpy(join(cwd, 'out.npy'))) as { data: Float32Array }
    const expected = await floats(`${name}.out0.f32`)
    expect(data.length).toBe(expected.length)
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const difference = expected.reduce((most, value, index) => Math.max(most, Math.abs(value - (data[index] as number))), 0)
    expect(difference).toBeLessThanOrEqual(1e-3 * largest)
  })
})
