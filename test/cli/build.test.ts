import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { buildReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { unaryModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

async function folderWithModel(shape: (number | string)[] = [1, 4]): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'relu.onnx'), unaryModel('Relu', shape))
  return folder
}

describe('enginery build', () => {
  it('writes an engine named after the model, with its manifest', async () => {
    const folder = await folderWithModel()
    const outcome = await runCli(['build', 'relu.onnx', '--json'], { cwd: folder })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    const report = buildReportSchema.parse(parseReport(outcome))
    expect(report.files.map(({ path }) => path)).toEqual([join(folder, 'relu.blob'), join(folder, 'relu.blob.json')])
    expect((await readdir(folder)).sort()).toEqual(['relu.blob', 'relu.blob.json', 'relu.onnx'])
    expect(report.files.map(({ bytes }) => bytes)).toEqual(
      await Promise.all(report.files.map(async ({ path }) => (await readFile(path)).length)),
    )
  })

  it('takes options from a configuration and lets the command line override them', async () => {
    const folder = await folderWithModel(['n', 4])
    const config = [
      'model: relu.onnx',
      'shapes:',
      '  x: [3, 4]',
      'hints:',
      '  performance: throughput',
      '  requests: 2',
      'build:',
      '  output: named.blob',
    ]
    await writeFile(join(folder, 'c.yaml'), config.join('\n'))
    // From another working directory: paths are relative to the file.
    const fromFile = buildReportSchema.parse(
      parseReport(await runCli(['build', '--config', join(folder, 'c.yaml'), '--json'], { cwd: '/' })),
    )
    expect(fromFile.engine).toMatchObject({ requests: 2, inputs: [{ shape: [3, 4] }] })
    expect(fromFile.files[0]?.path).toBe(join(folder, 'named.blob'))

    const args = ['build', '--config', 'c.yaml', '--shape', 'x=5x4', '--requests', '3', '-o', 'other.blob', '--json']
    const overridden = buildReportSchema.parse(parseReport(await runCli(args, { cwd: folder })))
    expect(overridden.engine).toMatchObject({ requests: 3, inputs: [{ shape: [5, 4] }] })
    const manifest = JSON.parse(await readFile(join(folder, 'other.blob.json'), 'utf8'))
    expect(manifest.options.hints).toMatchObject({ performance: 'throughput', requests: 3 })
  })

  it('asks for samples where it is to quantize', async () => {
    const outcome = await runCli(['build', 'relu.onnx', '--precision', 'int8'], { cwd: await folderWithModel() })
    expect(outcome).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error USAGE_INVALID: .*no samples: name them with --data/),
    })
  })

  it('keeps shapes open only when asked to, and says so', async () => {
    const folder = await folderWithModel(['n', 4])
    const fixed = buildReportSchema.parse(parseReport(await runCli(['build', 'relu.onnx', '--json'], { cwd: folder })))
    expect(fixed.engine.inputs[0]?.shape).toEqual([1, 4])
    const open = buildReportSchema.parse(
      parseReport(await runCli(['build', 'relu.onnx', '--dynamic-shapes', '--json'], { cwd: folder })),
    )
    expect(open.engine.inputs[0]?.shape).toEqual(['dynamic', 4])
    expect(open.engine.notes.join()).toMatch(/dynamic/)
  })

  it('passes raw properties and fills the cache', async () => {
    const folder = await folderWithModel()
    const args = ['build', 'relu.onnx', '--property', 'NUM_STREAMS=2', '--cache', 'engines', '--json']
    const first = buildReportSchema.parse(parseReport(await runCli(args, { cwd: folder })))
    expect(first.engine.notes.join()).not.toMatch(/cache/)
    const second = buildReportSchema.parse(parseReport(await runCli(args, { cwd: folder })))
    expect(second.engine.notes.join()).toMatch(/taken from the cache/)
  })

  it.each([
    ['a wrong device', ['--device', 'cpu'], 2, 'USAGE_INVALID', /--device: expected a device/],
    ['a device that is not here', ['--device', 'GPU.7'], 1, 'DEVICE_', /GPU\.7/],
    ['an unknown option', ['--devise', 'CPU'], 2, 'USAGE_INVALID', /unknown option '--devise'/],
    ['a wrong shape', ['--shape', 'x=1xz'], 2, 'USAGE_INVALID', /received "z"/],
    ['an unknown input', ['--shape', 'z=1x4'], 1, 'INPUT_UNKNOWN', /the inputs are x/],
    ['an unknown property', ['--property', 'NOT_A_PROPERTY=1'], 1, 'PROPERTY_INVALID', /NOT_A_PROPERTY/],
    ['a folder that is not there', ['-o', 'no/such/folder/x.blob'], 1, 'FILE_NOT_WRITTEN', /x\.blob/],
    ['a configuration that is not there', ['--config', 'none.yaml'], 1, 'FILE_NOT_FOUND', /none\.yaml/],
  ])('refuses %s', async (_, args, exitCode, code, message) => {
    const folder = await folderWithModel()
    const text = await runCli(['build', 'relu.onnx', ...args], { cwd: folder })
    expect(text).toMatchObject({ code: exitCode, stdout: '' })
    expect(text.stderr).toMatch(new RegExp(`^error ${code}\\w*: `))
    expect(text.stderr).toMatch(message)
    expect(text.stderr).toMatch(/^cure: /m)
    const json = await runCli(['build', 'relu.onnx', ...args, '--json'], { cwd: folder })
    expect(json.code).toBe(exitCode)
    expect(parseReport(json)).toMatchObject({ error: { name: 'EngineryError', code: expect.stringContaining(code) } })
    expect(await readdir(folder)).toEqual(['relu.onnx'])
  })

  it('reports a wrong configuration with file and line', async () => {
    const folder = await folderWithModel()
    await writeFile(join(folder, 'c.yaml'), 'model: relu.onnx\nhints:\n  performance: fast\n')
    const outcome = await runCli(['build', '--config', 'c.yaml'], { cwd: folder })
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(/^error CONFIG_INVALID: c\.yaml:3: hints\.performance: /)
  })

  it("prints the engine's log with --verbose", async () => {
    const folder = await folderWithModel()
    const args = ['build', 'relu.onnx', '--property', 'NOT_A_PROPERTY=1']
    expect((await runCli(args, { cwd: folder })).stderr).toMatch(/--verbose shows them/)
    const verbose = await runCli([...args, '--verbose'], { cwd: folder })
    expect(verbose.stderr).toMatch(/^engine: .*/m)
    expect(verbose.stderr).toMatch(/^ +at /m)
  })
})

describe('enginery', () => {
  it('prints help and version', async () => {
    const version = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).version
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect(await runCli(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/Exit codes:/), stderr: '' })
    for (const command of ['doctor', 'inspect', 'build', 'run', 'bench']) {
      const help = await runCli([command, '--help'])
      expect(help, command).toMatchObject({ code: 0, stdout: expect.stringMatching(/--json[\s\S]*Examples:/), stderr: '' })
    }
  })

  it('needs a command it knows', async () => {
    expect(await runCli([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/Usage: [\s\S]*error USAGE_INVALID: no command/),
    })
    expect(await runCli(['fly'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/unknown command 'fly'/) })
    expect(await runCli(['build'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/no model/) })
    expect(await runCli(['inspect'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/missing required argument 'file'/),
    })
  })
})

describeWithData('recipes', () => {
  it.each([
    ['squeezenet.yaml', 'squeezenet_fp32.onnx', { name: 'data_0', type: 'u8', shape: [1, 224, 224, 3] }],
    ['yolox-throughput.yaml', 'yolox_nano_416.onnx', { name: 'images', type: 'f32', shape: [1, 3, 416, 416] }],
    ['text-detection.yaml', 'ch_PP-OCRv4_det_infer.onnx', { name: 'x', type: 'f32', shape: [1, 3, 736, 736] }],
  ])('%s builds %s', async (recipe, model, input) => {
    const folder = await temporaryFolder()
    const config = fileURLToPath(new URL(`../../recipes/${recipe}`, import.meta.url))
    const args = ['build', join(dataFolder, 'models', model), '--config', config, '-o', join(folder, 'm.blob'), '--json']
    expect(buildReportSchema.parse(parseReport(await runCli(args))).engine.inputs).toEqual([
      { ...input, names: expect.arrayContaining([input.name]) },
    ])
  })
})
