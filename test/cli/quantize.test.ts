import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { quantizeReportSchema } from '../../lib/cli/reports/quantize-report-schema.js'
import { buildReportSchema, failureReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { writeNpy } from '../../lib/dataset/npy.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { convolutionModel } from '../models/encode-onnx.js'
import { folderWithPictures } from './picture-folder.js'
import { parseReport, runCli, runOnTerminal, temporaryFolder } from './spawn-cli.js'

/** `model.onnx`, two convolutions, and `calib.npy`, ten samples for it. */
async function folderWithModel(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'model.onnx'), convolutionModel({ layers: 2, channels: 16, size: 8 }))
  const data = Float32Array.from({ length: 10 * 16 * 64 }, (_, at) => Math.sin(at))
  await writeNpy(join(folder, 'calib.npy'), { type: 'f32', shape: [10, 16, 8, 8], data })
  return folder
}

const report = async (args: string[], cwd: string) =>
  quantizeReportSchema.parse(parseReport(await runCli(['quantize', ...args, '--json'], { cwd })))

const refusal = async (args: string[], cwd: string) => {
  const outcome = await runCli(['quantize', ...args, '--json'], { cwd })
  return { code: outcome.code, error: failureReportSchema.parse(parseReport(outcome)).error }
}

describe('enginery quantize', () => {
  it('writes a model, and says what became of its layers', async () => {
    const cwd = await folderWithModel()
    const outcome = await runCli(['quantize', 'model.onnx', '--data', 'calib.npy'], { cwd })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^wrote +.*model\.int8\.onnx \(.+ of .+\)$/m)
    expect(outcome.stdout).toMatch(/^ranges +of \d+ tensors by mean-deviation-minmax, from 10 samples/m)
    expect(outcome.stdout).toMatch(/^ +Conv +2 +0$/m)
    const graph = await readGraph(join(cwd, 'model.int8.onnx'))
    expect([...graph.nodes].filter((node) => node.is('QuantizeLinear')).length).toBeGreaterThan(0)
    expect(await readdir(cwd)).toEqual(['calib.npy', 'model.int8.onnx', 'model.onnx'])
  })

  it('says so where nothing became INT8, and ends well: the file is there, as float as before', async () => {
    const cwd = await folderWithModel()
    const outcome = await runCli(['quantize', 'model.onnx', '--data', 'calib.npy', '--ignore-type', 'Conv'], { cwd })
    expect(outcome).toMatchObject({ code: 0 })
    expect(outcome.stdout).toMatch(/^model +computes in float, nothing became INT8: 0 of 2 layers/m)
    expect(outcome.stdout).toMatch(/^ +NOTHING_QUANTIZED: /m)
  })

  it('takes what the configuration says, paths from its folder, and flags over it', async () => {
    const cwd = await folderWithModel()
    const config = [
      'model: model.onnx',
      'calibration: { data: calib.npy, samples: 4 }',
      'quantization: { target: tensorrt }',
      'quantize: { output: out.onnx }',
    ]
    await writeFile(join(cwd, 'recipe.yaml'), config.join('\n'))
    const told = await report(['--config', join(cwd, 'recipe.yaml')], '/')
    expect(told).toMatchObject({
      target: 'tensorrt',
      preset: 'performance',
      calibration: { samples: 4 },
      output: { path: join(cwd, 'out.onnx') },
    })
    const flags = ['--target', 'any', '--samples', '7', '-o', 'other.onnx', '--set', 'activations.range=mse']
    const over = await report(['--config', 'recipe.yaml', ...flags], cwd)
    expect(over).toMatchObject({ target: 'any', calibration: { samples: 7 }, output: { path: join(cwd, 'other.onnx') } })
  })

  it('gives the same bytes twice, the second time without an inference where statistics are kept', async () => {
    const cwd = await folderWithModel()
    const args = ['model.onnx', '--data', 'calib.npy', '--stats', 'model.stats']
    const [first, second] = [await report([...args, '-o', 'a.onnx'], cwd), await report([...args, '-o', 'b.onnx'], cwd)]
    expect([first.calibration.reused, second.calibration.reused]).toEqual([false, true])
    expect((await readFile(join(cwd, 'a.onnx'))).equals(await readFile(join(cwd, 'b.onnx')))).toBe(true)
    const { error } = await refusal([...args, '-o', 'c.onnx', '--samples', '5'], cwd)
    expect(error.code).toBe('STATISTICS_MISMATCH')
  })

  it('takes pictures, prepared by a preset or a file', async () => {
    const cwd = await folderWithPictures()
    await writeFile(join(cwd, 'stretch.yaml'), 'preprocess: { resize: { mode: stretch } }')
    for (const preprocess of ['rtdetr', 'stretch.yaml']) {
      const told = await report(['colors.onnx', '--data', 'pictures', '--preprocess', preprocess, '--force'], cwd)
      expect(told.calibration.samples).toBe(3)
    }
  })

  it('leaves float what it is told to', async () => {
    const cwd = await folderWithModel()
    const told = await report(['model.onnx', '--data', 'calib.npy', '--ignore-type', 'Conv'], cwd)
    expect(told.operators).toEqual([{ operator: 'Conv', quantized: 0, float: 2 }])
    expect(told.float.every(({ reason }) => reason.includes('ignored'))).toBe(true)
  })

  it('refuses what it cannot do, and writes nothing', async () => {
    const cwd = await folderWithModel()
    await writeFile(join(cwd, 'there.onnx'), 'mine')
    const cases: [string[], string, number][] = [
      [['model.onnx'], 'USAGE_INVALID', 2],
      [[], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '-o', 'there.onnx'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '-o', 'model.onnx', '--force'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'absent.npy'], 'FILE_NOT_FOUND', 1],
      [['model.onnx', '--data', 'x=calib.npy', '--data', 'calib.npy'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '--set', 'activation.mode=symmetric'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '--ignore', 'nothing'], 'IGNORED_SCOPE_UNMATCHED', 1],
      [['model.onnx', '--data', 'calib.npy', '--target', 'toaster'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '--without-recipe', 'atention'], 'USAGE_INVALID', 2],
      [['model.onnx', '--data', 'calib.npy', '-o', 'absent/out.onnx'], 'FILE_NOT_WRITTEN', 1],
    ]
    for (const [args, code, exit] of cases) {
      const { code: ended, error } = await refusal(args, cwd)
      expect([error.code, ended], args.join(' ')).toEqual([code, exit])
    }
    expect(await readFile(join(cwd, 'there.onnx'), 'utf8')).toBe('mine')
    expect(await readdir(cwd)).toEqual(['calib.npy', 'model.onnx', 'there.onnx'])
  })

  it('quantizes nothing twice, unless it is to pass it on', async () => {
    const cwd = await folderWithModel()
    await report(['model.onnx', '--data', 'calib.npy', '-o', 'q.onnx'], cwd)
    expect((await refusal(['q.onnx', '--data', 'calib.npy', '-o', 'r.onnx'], cwd)).error.code).toBe('MODEL_QUANTIZED')
    expect(await report(['q.onnx', '--data', 'calib.npy', '-o', 'r.onnx', '--pass'], cwd)).toMatchObject({ isPassed: true })
    expect((await readFile(join(cwd, 'q.onnx'))).equals(await readFile(join(cwd, 'r.onnx')))).toBe(true)
  })

  it('stops at Ctrl-C, and leaves nothing', async () => {
    const cwd = await folderWithModel()
    const data = new Float32Array(4000 * 16 * 64).fill(0.5)
    await writeNpy(join(cwd, 'long.npy'), { type: 'f32', shape: [4000, 16, 8, 8], data })
    let pressed = false
    const args = ['quantize', 'model.onnx', '--data', 'long.npy', '--samples', '4000']
    const outcome = await runOnTerminal(args, {
      cwd,
      onOutput(text, type) {
        if (pressed || !/\[#* *\]/.test(text)) return
        pressed = true
        type('\u0003')
      },
    })
    expect(outcome.code).toBe(130)
    expect(existsSync(join(cwd, 'model.int8.onnx'))).toBe(false)
    expect(await readdir(cwd)).toEqual(['calib.npy', 'long.npy', 'model.onnx'])
  })
})

describe('enginery build --precision int8', () => {
  it('quantizes, builds, and takes both from the cache the second time', async () => {
    const cwd = await folderWithModel()
    const args = ['build', 'model.onnx', '--precision', 'int8', '--data', 'calib.npy', '--cache', 'engines', '--json']
    const build = async (...more: string[]) => buildReportSchema.parse(parseReport(await runCli([...args, ...more], { cwd })))
    const first = await build()
    expect(first.engine).toMatchObject({ precision: 'int8', int8: { layers: 2, of: 2 } })
    const second = await build()
    expect(second.engine.notes).toEqual([expect.stringContaining('taken from the cache')])
    expect((await build('--samples', '5')).engine.notes).toEqual([])
  })

  it('says what it lacks', async () => {
    const cwd = await folderWithModel()
    const codeOf = async (...args: string[]) =>
      failureReportSchema.parse(parseReport(await runCli(['build', ...args, '--json'], { cwd }))).error.code
    expect(await codeOf('model.onnx', '--precision', 'int8')).toBe('USAGE_INVALID')
    expect(await codeOf('model.onnx', '--data', 'calib.npy')).toBe('USAGE_INVALID')
    await report(['model.onnx', '--data', 'calib.npy', '-o', 'q.onnx'], cwd)
    expect(await codeOf('q.onnx', '--precision', 'int8', '--data', 'calib.npy')).toBe('MODEL_QUANTIZED')
    await writeFile(join(cwd, 'model.tflite'), Buffer.concat([Buffer.from([28, 0, 0, 0]), Buffer.from('TFL3'), Buffer.alloc(64)]))
    expect(await codeOf('model.tflite', '--precision', 'int8', '--data', 'calib.npy')).toBe('QUANTIZATION_NOT_ONNX')
  })
})
