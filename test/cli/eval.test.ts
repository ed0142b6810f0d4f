import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { evalReportSchema } from '../../lib/cli/reports/eval-report-schema.js'
import { failureReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { slowColorModel } from '../models/picture-models.js'
import { folderWithPictures } from './picture-folder.js'
import { parseReport, runCli, runOnTerminal } from './spawn-cli.js'

const data = ['--images', 'pictures', '--annotations', 'labels.json', '--format', 'label-file', '--classes', 'classes.txt']
const prepared = ['--preset', 'rtdetr', '--decoder', 'classification']

const recipe = `
data:
  format: label-file
  images: pictures
  annotations: labels.json
  classes: classes.txt
preprocess:
  resize: { mode: stretch }
task:
  decoder: classification
metrics:
  - name: accuracy
    top: [1]
eval:
  models: [colors.onnx]
`

const report = async (args: string[], cwd: string) =>
  evalReportSchema.parse(parseReport(await runCli(['eval', ...args, '--json'], { cwd })))

describe('enginery eval', () => {
  it('takes all from flags', async () => {
    const cwd = await folderWithPictures()
    const outcome = await runCli(['eval', 'colors.onnx', ...data, ...prepared], { cwd })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^data +3 samples \(label-file\)$/m)
    expect(outcome.stdout).toMatch(/^ *colors\.onnx +top-1 +1\.0000 +1\.0000 to 1\.0000 \(90 %\)$/m)
    expect(outcome.stdout).not.toMatch(/Compared/)
    const without = await runCli(['eval', 'colors.onnx', ...data, ...prepared, '--no-intervals'], { cwd })
    expect(without.stdout).toMatch(/^ *colors\.onnx +top-1 +1\.0000$/m)
  })

  it('takes all from a configuration, whose paths start at its folder, and flags over it', async () => {
    const cwd = await folderWithPictures()
    await writeFile(join(cwd, 'recipe.yaml'), recipe)
    const { models, data: read, preprocess } = await report(['--config', join(cwd, 'recipe.yaml')], '/')
    expect(models).toMatchObject([{ name: 'colors.onnx', samples: 3, metrics: [{ name: 'top-1', value: 1 }], differences: [] }])
    expect(read).toMatchObject({ format: 'label-file', samples: 3, broken: [] })
    expect(preprocess?.description).toMatch(/16/)
    const overridden = await report(['swapped.onnx', '--config', 'recipe.yaml', '--samples', '2', '--per-sample'], cwd)
    expect(overridden.models).toMatchObject([{ name: 'swapped.onnx', samples: 2 }])
    expect(overridden.models[0]?.metrics[0]).toHaveProperty('perSample')
  })

  it('compares several models with the first', async () => {
    const cwd = await folderWithPictures()
    const args = ['colors.onnx', 'swapped.onnx', 'colors.onnx', ...data, ...prepared]
    const { models } = await report(args, cwd)
    expect(models.map(({ name }) => name)).toEqual(['colors.onnx', 'swapped.onnx', 'colors.onnx-2'])
    expect(models.map(({ metrics }) => metrics[0])).toMatchObject([{ value: 1 }, { value: 1 / 3 }, { value: 1 }])
    expect(models.map(({ differences }) => differences)).toMatchObject([
      [],
      [{ value: 1 / 3 - 1, shareAbove: expect.any(Number) }],
      [{ value: 0, shareAbove: 0.5 }],
    ])
    const { stdout } = await runCli(['eval', ...args], { cwd })
    expect(stdout).toMatch(/Compared with colors\.onnx/)
    expect(stdout).toMatch(/^ *swapped\.onnx +top-1 +-0\.6667 /m)
  })

  it('takes what is done to pictures from files of Paddle and MNN', async () => {
    const cwd = await folderWithPictures()
    const paddle = [
      'TestReader:',
      '  sample_transforms:',
      '  - Resize: { target_size: [16, 16], keep_ratio: false, interp: 2 }',
      '  - NormalizeImage: { mean: [0, 0, 0], std: [1, 1, 1], is_scale: true }',
      '  - Permute: {}',
    ].join('\n')
    const mnn = JSON.stringify({ format: 'RGB', mean: [0, 0, 0], normal: [1, 1, 1], width: 16, height: 16 })
    await Promise.all([
      writeFile(join(cwd, 'reader.yml'), paddle),
      writeFile(join(cwd, 'config.json'), mnn),
      writeFile(join(cwd, 'config.txt'), mnn),
    ])
    const args = ['colors.onnx', ...data, '--decoder', 'classification']
    for (const file of ['reader.yml', 'config.json']) {
      const { models } = await report([...args, '--preprocess-from', file], cwd)
      expect(models[0]?.metrics[0], file).toMatchObject({ value: 1 })
    }
    const refused = async (...rest: string[]) =>
      failureReportSchema.parse(parseReport(await runCli(['eval', ...args, ...rest, '--json'], { cwd })))
    expect(await refused('--preprocess-from', 'config.txt')).toMatchObject({ error: { code: 'USAGE_INVALID' } })
    expect(await refused('--preprocess-from', 'absent.yml')).toMatchObject({ error: { code: 'FILE_NOT_FOUND' } })
    expect(await refused('--preprocess-from', 'reader.yml', '--preset', 'rtdetr')).toMatchObject({
      error: { code: 'USAGE_INVALID' },
    })
  })

  it('builds preprocessing into the model where asked to, with the same scores', async () => {
    const cwd = await folderWithPictures()
    const args = ['colors.onnx', 'swapped.onnx', ...data, ...prepared]
    const outside = await report(args, cwd)
    const inside = await report([...args, '--preprocess-into-model'], cwd)
    expect(inside.preprocess?.description).not.toBe(outside.preprocess?.description)
    expect(inside.preprocess?.description).toMatch(/u8/)
    const scores = ({ models }: typeof inside) => models.map(({ metrics, differences }) => ({ metrics, differences }))
    expect(scores(inside)).toEqual(scores(outside))
    await runCli(['build', 'colors.onnx', '--output', 'colors.blob'], { cwd })
    const saved = ['eval', 'colors.blob', ...data, ...prepared, '--preprocess-into-model', '--json']
    expect(failureReportSchema.parse(parseReport(await runCli(saved, { cwd })))).toMatchObject({
      error: { code: 'OPTION_INVALID' },
    })
  })

  it('takes saved engines', async () => {
    const cwd = await folderWithPictures()
    expect(await runCli(['build', 'colors.onnx', '-o', 'colors.blob'], { cwd })).toMatchObject({ code: 0 })
    const { models } = await report(['colors.blob', 'colors.onnx', ...data, ...prepared], cwd)
    expect(models).toMatchObject([{ metrics: [{ value: 1 }] }, { metrics: [{ value: 1 }] }])
  })

  it('names broken pictures and what does not fit, and ends only where asked to', async () => {
    const cwd = await folderWithPictures()
    await writeFile(join(cwd, 'pictures', 'blue.png'), 'not a picture')
    await writeFile(join(cwd, 'pictures', 'extra.png'), 'of no class')
    const args = ['eval', 'colors.onnx', ...data, ...prepared]
    const outcome = await runCli(args, { cwd })
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/^not read +1 samples$/m) })
    expect(outcome.stderr).toMatch(/PICTURE_UNANNOTATED: 1, for example extra\.png/)
    expect(outcome.stderr).toMatch(/1 samples could not be read and are not scored: blue\.png \(/)
    expect((await runCli([...args, '--quiet'], { cwd })).stderr).toBe('')
    expect(await runCli([...args, '--on-broken', 'error'], { cwd })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/error PICTURE_BROKEN: blue\.png/),
    })
  })

  it.each([
    [['--images', 'pictures', '--decoder', 'classification'], 'USAGE_INVALID: no model'],
    [['colors.onnx', ...prepared], 'USAGE_INVALID: no data'],
    [['colors.onnx', ...data], 'USAGE_INVALID: no task'],
    [['colors.onnx', ...data, '--decoder', 'classification'], 'OPTION_INVALID: evaluate: option preprocess'],
    [['colors.onnx', ...data, ...prepared, '--on-broken', 'laugh'], 'USAGE_INVALID: --on-broken: '],
    [['colors.onnx', ...data, '--preset', 'mine'], 'USAGE_INVALID: .*preset'],
    [['colors.onnx', ...data, ...prepared, '--seed', '3'], 'USAGE_INVALID: --seed: '],
    [
      ['colors.onnx', ...data, '--preset', 'rtdetr', '--decoder', 'guess'],
      'USAGE_INVALID: --decoder: expected "classification" or',
    ],
    [['colors.onnx', ...data, ...prepared, '--metric', 'luck'], 'OPTION_INVALID: .*option metrics'],
  ])('%s: ends with 2 and says %s', async (args, message) => {
    const cwd = await folderWithPictures()
    const outcome = await runCli(['eval', ...args], { cwd })
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^error ${message}`)) })
  })

  it.each([
    ['  decoder: classification', '  decoder: classification\n  treshold: 0.5', 11, /task\.treshold: there is no such option/],
    ['    top: [1]', '    top: [0]', 13, /metrics\.0\.top\.0/],
    ['  images: pictures', '  pictures: pictures', 4, /data\.pictures: there is no such option/],
    ['{ mode: stretch }', '{ mode: stretch, size: 3 }', 8, /preprocess\.resize\.size: there is no such option/],
    ['eval:', 'eval:\n  broken: skip', 15, /eval\.broken: there is no such option/],
    ['preprocess:', 'preprocess:\n  preset: nobody', 8, /preprocess\.preset/],
  ])('points at the line of %s once it is %s', async (right, wrong, line, reason) => {
    const cwd = await folderWithPictures()
    await writeFile(join(cwd, 'recipe.yaml'), recipe.replace(right, wrong))
    const outcome = await runCli(['eval', '--config', 'recipe.yaml', '--json'], { cwd })
    expect(outcome.code).toBe(2)
    const { error } = failureReportSchema.parse(parseReport(outcome))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toMatch(reason)
    expect(error.message).toContain(`recipe.yaml:${line}: `)
  })

  it('says nothing on the way in a pipe, and where it is on a terminal', async () => {
    const cwd = await folderWithPictures()
    const args = ['eval', 'colors.onnx', ...data, ...prepared]
    const piped = await runCli(args, { cwd })
    expect(piped.stderr).toBe('')
    for (const moving of ['\u001b', '\r']) expect(piped.stdout).not.toContain(moving)
    const { code, output } = await runOnTerminal(args, { cwd })
    expect(code).toBe(0)
    // Drawn over and over, at the start of the line.
    expect(output).toContain('\r\u001b[Ksamples')
    expect(output).toMatch(/samples +\[#* *\] +\d+ %/)
  })

  it('stopped by Ctrl-C ends with 130, and goes on the next time', async () => {
    const cwd = await folderWithPictures()
    const count = 150
    const labels: Record<string, string> = {}
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#4040c0' } })
      .png()
      .toBuffer()
    for (let i = 0; i < count; i++) {
      labels[`${i}.png`] = 'blue'
      await writeFile(join(cwd, 'pictures', `${i}.png`), bytes)
    }
    await writeFile(join(cwd, 'labels.json'), JSON.stringify(labels))
    await writeFile(join(cwd, 'slow.onnx'), slowColorModel(96, 60))
    const args = [
      'eval',
      'slow.onnx',
      ...data,
      '--preset',
      'rtdetr',
      '--decoder',
      'classification',
      '--metric',
      'accuracy',
      '--results',
      'results',
    ]
    const file = join(cwd, 'results', 'slow.onnx.results.jsonl')
    let timer: NodeJS.Timeout | undefined
    const stopped = await runCli(args, {
      cwd,
      onStart: (kill) => {
        timer = setInterval(() => {
          if (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= 5) return
          clearInterval(timer)
          kill('SIGINT')
        }, 2)
      },
    })
    clearInterval(timer)
    expect(stopped).toMatchObject({ code: 130, stdout: '' })
    expect(stopped.stderr).toMatch(/^stopping/m)
    const lines = (await readFile(file, 'utf8')).split('\n').length - 2
    expect(lines).toBeGreaterThanOrEqual(4)
    expect(lines).toBeLessThan(count)
    const { models } = await report(args.slice(1), cwd)
    expect(models).toMatchObject([{ samples: count, resumed: lines, metrics: [{ value: 1 }] }])
    expect((await readFile(file, 'utf8')).split('\n').length - 2).toBe(count)
  })

  it('refuses results of another run by what differs', async () => {
    const cwd = await folderWithPictures()
    const args = ['eval', 'colors.onnx', ...data, '--decoder', 'classification', '--results', 'results']
    expect(await runCli([...args, '--preset', 'rtdetr'], { cwd })).toMatchObject({ code: 0 })
    expect(await report([...args.slice(1), '--preset', 'rtdetr'], cwd)).toMatchObject({ models: [{ resumed: 3 }] })
    expect(await runCli([...args, '--preset', 'ssd'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error RESULTS_MISMATCH: .*: preprocess \(there /),
    })
  })
})
