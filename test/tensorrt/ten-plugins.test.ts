// Libraries of plugins in the real TensorRT 10.15 without a GPU, which NVIDIA's undocumented switch allows as far as no kernel
// is needed: that they are found, and that the parser and networks take their plugins, and not that a plan comes of it.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inspectWithTensorRt } from '../../lib/api/tensorrt/inspect-with-tensorrt.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { failureOf } from './build-small-plan.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'
import { compilePlugin, missing } from './plugins/compile-plugin.js'

const program = join(import.meta.dirname, 'programs', 'plugins-with-ten.mjs')

const halve = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: [1, 3, 8, 8] }],
  outputs: [{ name: 'y', type: 'f32', shape: [1, 3, 8, 4] }],
  nodes: [{ op: 'EngineryHalve', name: 'half', inputs: ['x'], outputs: ['y'] }],
})

interface Outcome {
  code?: string
  message: string
  cure: string
  supported?: boolean
  unsupportedNodes: number[]
  problems: { operator: string; cure: string }[]
  said: string[]
}

describeWithTensorRt('TensorRT 10.15', 'libraries of plugins, without a device (cpu_only)', () => {
  let folder: string
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    if (missing !== null) throw new Error(missing)
    folder = await mkdtemp(join(tmpdir(), 'enginery-plugins-'))
    await writeFile(at('halve.onnx'), halve)
    await writeFile(at('text.so'), 'no library')
    for (const kind of ['CREATORS', 'STATIC', 'SILENT', 'UNLINKED'] as const) await compilePlugin(at(`${kind}.so`), kind)
    await copyFile(at('CREATORS.so'), at('again.so'))
  }, 120_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function call(...calls: object[]): Promise<Outcome[]> {
    await writeFile(at('calls.json'), JSON.stringify(calls))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const args = [program, coreLibraries['TensorRT 10.15'], at('calls.json')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 })
    const lines = stdout.split('\n').filter((line) => line.startsWith('outcome '))
    return lines.map((line) => JSON.parse(line.slice('outcome '.length)))
  }

  const inspect = (...names: string[]) => ({
    inspect: at('halve.onnx'),
    ...(names.length > 0 && { plugins: names.map((name) => (name.startsWith('/') ? name : at(name))) }),
  })
  const build = (options: object) => ({ build: { model: at('halve.onnx'), ...options } })

  it('the parser finds an operator in a library that exports getCreators; without it, says what to do', async () => {
    const [without, found, afterwards] = await call(inspect(), inspect('CREATORS.so'), inspect())
    expect(without).toMatchObject({ supported: false, problems: [{ operator: 'EngineryHalve' }] })
    expect(without?.problems[0]?.cure).toContain('`plugins`')
    expect(found).toMatchObject({ supported: true, unsupportedNodes: [], problems: [] })
    // The registry was the builder's own.
    expect(afterwards?.supported).toBe(false)
  })

  it('and in one that registers its plugins when it is loaded, which stays', async () => {
    const [found, afterwards] = await call(inspect('STATIC.so'), inspect())
    expect([found?.supported, afterwards?.supported]).toEqual([true, true])
  })

  it('builds get as far as TensorRT gets without a device: with models, and with networks written layer by layer', async () => {
    const plugins = [at('CREATORS.so')]
    const outcomes = await call(
      build({}),
      build({ plugins }),
      build({ plugins, model: 'by hand' }),
      build({ plugins: [at('STATIC.so')], model: 'by hand' }),
      build({ plugins: plugins, pluginsToSerialize: plugins, builder: { versionCompatible: true } }),
    )
    expect(outcomes.map(({ code }) => code)).toEqual([
      'TENSORRT_MODEL_UNSUPPORTED',
      ...Array.from({ length: 4 }, () => 'TENSORRT_BUILD_FAILED'),
    ])
    expect(outcomes[1]?.message).toContain('Cuda')
    expect(outcomes[1]?.said.join('\n')).toContain('Successfully created plugin: EngineryHalve')
    const [unknown] = await call(build({ model: 'by hand' }))
    expect(unknown).toMatchObject({ code: 'TENSORRT_PLUGIN_UNAVAILABLE', cure: expect.stringContaining('`plugins`') })
  })

  it('a library that cannot be used is an error before anything else is read', async () => {
    const libz = /cannot be used: it is no library of plugins: it has no function getCreators, and registered nothing/
    const cases: [string, RegExp][] = [
      ['none.so', /none\.so cannot be used: it is not there/],
      [folder, /cannot be used: it is no file/],
      ['text.so', /text\.so cannot be used: (file too short|invalid ELF header)/],
      ['UNLINKED.so', /UNLINKED\.so cannot be used: undefined symbol: nobody_has_this_function/],
      ['SILENT.so', libz],
    ]
    const paths = cases.map(([name]) => (name.startsWith('/') ? name : at(name)))
    const model = at('there is no such model.onnx')
    const outcomes = await call(
      ...cases.map(([name]) => inspect(name)),
      ...paths.map((path) => build({ model, plugins: [path] })),
      ...paths.map((path) => build({ model, pluginsToSerialize: [path], builder: { versionCompatible: true } })),
    )
    for (const [index, { code, message }] of outcomes.entries()) {
      expect(code).toBe('TENSORRT_PLUGIN_LIBRARY_FAILED')
      expect(message).toMatch((cases[index % cases.length] as [string, RegExp])[1])
    }
    expect(outcomes).toHaveLength(3 * cases.length)
  })

  it('the same plugin from two libraries is refused in the words of TensorRT; the same library twice is one', async () => {
    const [twice, alike] = await call(inspect('CREATORS.so', 'CREATORS.so'), inspect('CREATORS.so', 'again.so'))
    expect(twice?.supported).toBe(true)
    expect(alike).toMatchObject({
      code: 'TENSORRT_PLUGIN_LIBRARY_FAILED',
      message: expect.stringMatching(/again\.so cannot be used: .*already/i),
    })
  })

  it('libraries that no plan would hold are refused', async () => {
    const [outcome] = await call(build({ pluginsToSerialize: [at('CREATORS.so')] }))
    expect(outcome).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('versionCompatible') })
  })
})

describeWithTensorRt('TensorRT-RTX 1.7', 'libraries of plugins', () => {
  it('are refused: its networks take none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-plugins-'))
    try {
      await writeFile(join(folder, 'relu.onnx'), unaryModel('Relu', [1, 4]))
      const options = { library: coreLibraries['TensorRT-RTX 1.7'], plugins: [join(folder, 'none.so')] }
      expect(await failureOf(inspectWithTensorRt(join(folder, 'relu.onnx'), options))).toMatchObject({
        code: 'TENSORRT_OPTION_UNSUPPORTED',
        message: expect.stringContaining('libraries of plugins'),
        cure: expect.stringContaining('TensorRT 10 or 11'),
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
