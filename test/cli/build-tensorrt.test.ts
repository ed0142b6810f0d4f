import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planReportSchema } from '../../lib/cli/reports/plan-report-schema.js'
import { convolutionModel, unaryModel } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from '../tensorrt/libraries.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const library = coreLibraries['TensorRT-RTX 1.7']
const forRtx = ['--backend', 'tensorrt', '--library', library, '--compute-capability', '8.9']

async function folderWithModels(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'conv.onnx'), convolutionModel({ layers: 2, channels: 8, size: 16 }))
  await writeFile(join(folder, 'relu.onnx'), unaryModel('Relu', ['n', 4]))
  return folder
}

describeWithTensorRt('TensorRT-RTX 1.7', 'enginery build --backend tensorrt', () => {
  it('writes a plan named after the model, with its manifest', async () => {
    const folder = await folderWithModels()
    const outcome = await runCli(['build', 'conv.onnx', ...forRtx, '--precision', 'fp16', '--json'], { cwd: folder })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    const { plan, files } = planReportSchema.parse(parseReport(outcome))
    expect(files.map(({ path }) => path)).toEqual([join(folder, 'conv.plan'), join(folder, 'conv.plan.json')])
    expect(files[0]?.bytes).toBe((await readFile(join(folder, 'conv.plan'))).length)
    expect(plan).toMatchObject({ origin: 'built', precision: 'fp16', devices: ['compute capability 8.9'] })
    expect(plan.notes.join()).toMatch(/compute in f16/)
    const manifest = JSON.parse(await readFile(join(folder, 'conv.plan.json'), 'utf8'))
    expect(manifest).toMatchObject({ backend: 'tensorrt', preparation: { precision: 'fp16' } })

    const text = await runCli(['build', 'conv.onnx', ...forRtx, '-o', 'again.plan'], { cwd: folder })
    expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(/library +tensorrt-rtx 1\.7\./) })
    expect((await readdir(folder)).sort()).toEqual(
      ['again.plan', 'again.plan.json', 'conv.onnx', 'conv.plan', 'conv.plan.json', 'relu.onnx'].sort(),
    )
  })

  it('tells what layers compute in, writes them, and nothing where too few are INT8', async () => {
    const folder = await folderWithModels()
    const outcome = await runCli(['build', 'conv.onnx', ...forRtx, '--layer-info', 'layers.json', '--json'], { cwd: folder })
    const { plan, files } = planReportSchema.parse(parseReport(outcome))
    expect(plan.precisionReport).toMatchObject({ evidence: 'builder', int8: { layers: 0, of: 2, share: 0 } })
    expect(plan.optimized).toMatchObject({ available: true, source: 'builder' })
    expect(files[2]?.path).toBe(join(folder, 'layers.json'))
    const written = JSON.parse(await readFile(join(folder, 'layers.json'), 'utf8'))
    expect(written.network).toHaveLength(plan.layers as number)
    expect(written.optimized.layers[0]).toMatchObject({ name: expect.any(String), inputs: expect.any(Array) })

    const text = await runCli(['build', 'conv.onnx', ...forRtx, '--exportLayerInfo=exported.json'], { cwd: folder })
    expect(JSON.parse(await readFile(join(folder, 'exported.json'), 'utf8')).network).toEqual(written.network)
    expect(text.stdout).toMatch(/computes in .*f32 \(as its builder tells\)\nint8 +0 of 2 convolutions/)
    const refused = await runCli(['build', 'conv.onnx', ...forRtx, '--require-int8', '0.8', '-o', 'refused.plan'], {
      cwd: folder,
    })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/TENSORRT_INT8_SHARE_LOW[\s\S]*0 of 2 are/) })
    expect(await readdir(folder)).not.toContain('refused.plan')
    const odd = await runCli(['build', 'conv.onnx', ...forRtx, '--require-int8', '80'], { cwd: folder })
    expect(odd).toMatchObject({ code: 2, stderr: expect.stringMatching(/expected a share from 0 to 1/) })
  })

  it('takes options from a configuration, then those of trtexec, then flags', async () => {
    const folder = await folderWithModels()
    const config = [
      'backend: tensorrt',
      `library: ${library}`,
      'model: conv.onnx',
      'precision: fp16',
      'builder:',
      "  computeCapabilities: ['8.0']",
      '  optimizationLevel: 2',
      '  tf32: false',
      'build:',
      '  output: named.plan',
    ]
    await writeFile(join(folder, 'c.yaml'), config.join('\n'))
    // From another working directory: paths are relative to the file.
    const report = planReportSchema.parse(
      parseReport(
        await runCli(
          ['build', '--config', join(folder, 'c.yaml'), '--builderOptimizationLevel=4', '--compute-capability', '8.9', '--json'],
          { cwd: '/' },
        ),
      ),
    )
    expect(report.files[0]?.path).toBe(join(folder, 'named.plan'))
    const manifest = JSON.parse(await readFile(join(folder, 'named.plan.json'), 'utf8'))
    expect(manifest.options).toMatchObject({
      precision: 'fp16',
      builder: { computeCapabilities: ['8.9'], optimizationLevel: 4, tf32: false },
    })
    await writeFile(join(folder, 'wrong.yaml'), 'backend: tensorrt\nbuilder:\n  optimizationLevel: 9\n')
    const wrong = await runCli(['build', '--config', 'wrong.yaml'], { cwd: folder })
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/CONFIG_INVALID: wrong\.yaml:3: builder\.optimizationLevel/),
    })
  })

  it('reads a command line of trtexec', async () => {
    const folder = await folderWithModels()
    const line =
      '--onnx=relu.onnx --saveEngine=r.plan --minShapes=x:1x4 --optShapes=x:4x4 --maxShapes=x:8x4 --computeCapabilities=8.9'
    const args = ['build', '--backend', 'tensorrt', '--library', library, ...line.split(' '), '--iterations=10', '--json']
    const { plan, files } = planReportSchema.parse(parseReport(await runCli(args, { cwd: folder })))
    expect(files[0]?.path).toBe(join(folder, 'r.plan'))
    expect(plan.inputs).toMatchObject([{ name: 'x', shape: ['dynamic', 4] }])
    expect(plan.notes.join()).toMatch(/left alone: --iterations/)
    const { options } = JSON.parse(await readFile(join(folder, 'r.plan.json'), 'utf8'))
    expect(options).toMatchObject({ builder: { tf32: true }, profiles: [{ x: { min: [1, 4], opt: [4, 4], max: [8, 4] } }] })
  })

  it('takes ranges of shapes from a file, and fixed ones from --shape', async () => {
    const folder = await folderWithModels()
    await writeFile(join(folder, 'p.yaml'), 'profiles:\n  - x: { min: [1, 4], opt: [2, 4], max: [3, 4] }\n')
    const ranged = await runCli(['build', 'relu.onnx', ...forRtx, '--profiles', 'p.yaml', '--json'], { cwd: folder })
    expect(planReportSchema.parse(parseReport(ranged)).plan.inputs[0]?.shape).toEqual(['dynamic', 4])
    const fixed = await runCli(['build', 'relu.onnx', ...forRtx, '--shape', 'x=5x4', '--json'], { cwd: folder })
    expect(planReportSchema.parse(parseReport(fixed)).plan.inputs[0]?.shape).toEqual([5, 4])
    await writeFile(join(folder, 'p.yaml'), 'profiles:\n  - x: { min: [4, 4], opt: [2, 4], max: [3, 4] }\n')
    const wrong = await runCli(['build', 'relu.onnx', ...forRtx, '--profiles', 'p.yaml'], { cwd: folder })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/PROFILES_INVALID: .*p\.yaml.*min <= opt/s) })
  })

  it('takes a plan from the cache', async () => {
    const folder = await folderWithModels()
    const args = ['build', 'conv.onnx', ...forRtx, '--cache', 'plans', '--json']
    const origins = []
    for (const _ of [1, 2]) origins.push(planReportSchema.parse(parseReport(await runCli(args, { cwd: folder }))).plan.origin)
    expect(origins).toEqual(['built', 'cache'])
  })

  it('passes on what this TensorRT does not have, with what replaced it', async () => {
    const folder = await folderWithModels()
    const outcome = await runCli(['build', 'conv.onnx', ...forRtx, '--tacticSources=+CUDNN'], { cwd: folder })
    expect(outcome).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/TENSORRT_OPTION_UNSUPPORTED: .*cudnn[\s\S]*leave the source out/),
    })
  })
})

describe('enginery build --backend tensorrt refuses', () => {
  const tensorrt = ['--backend', 'tensorrt']
  it.each([
    [
      'what trtexec means otherwise',
      [...tensorrt, '--inputIOFormats=fp16:chw'],
      'TRTEXEC_OPTION_INVALID',
      /keep the types of the model/,
    ],
    ['what trtexec does not have', [...tensorrt, '--trtexec', '--optimize=3'], 'TRTEXEC_OPTION_INVALID', /no such option/],
    [
      'a value that trtexec does not take',
      [...tensorrt, '--sparsity=maybe'],
      'TRTEXEC_OPTION_INVALID',
      /--sparsity: expected one of/,
    ],
    ['a misspelt option', [...tensorrt, '--minShape=x:1'], 'USAGE_INVALID', /unknown option '--minShape/],
    ['two models', [...tensorrt, '--onnx=other.onnx'], 'USAGE_INVALID', /--onnx: expected it or model, received both/],
    ['what OpenVINO alone has', [...tensorrt, '--property', 'A=1'], 'USAGE_INVALID', /--property: not for --backend tensorrt/],
    ['open lengths', [...tensorrt, '--shape', 'x=?x4'], 'USAGE_INVALID', /--shape x: expected lengths; ranges are --profiles/],
    [
      'a device by name',
      [...tensorrt, '--device', 'GPU'],
      'USAGE_INVALID',
      /--device: expected the number of a GPU, received "GPU"/,
    ],
    [
      'a compute capability',
      [...tensorrt, '--compute-capability', '89'],
      'USAGE_INVALID',
      /--compute-capability: expected a compute/,
    ],
    [
      'a setting that is none',
      [...tensorrt, '--set', 'builder.fast=1'],
      'USAGE_INVALID',
      /--set builder\.fast: there is no such option/,
    ],
    ['options of trtexec for OpenVINO', ['--fp16'], 'USAGE_INVALID', /--fp16: only for --backend tensorrt/],
    ['profiles for OpenVINO', ['--profiles', 'p.yaml'], 'USAGE_INVALID', /--profiles: only for --backend tensorrt/],
  ])('%s', async (_, args, code, message) => {
    const folder = await folderWithModels()
    const outcome = await runCli(['build', 'relu.onnx', ...args], { cwd: folder })
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
    expect(outcome.stderr).toMatch(new RegExp(`^error ${code}: `))
    expect(outcome.stderr).toMatch(message)
    expect((await readdir(folder)).sort()).toEqual(['conv.onnx', 'relu.onnx'])
  })
})
