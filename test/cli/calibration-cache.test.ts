import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  checkCacheReportSchema,
  convertCacheReportSchema,
  showCacheReportSchema,
  writtenTableReportSchema,
} from '../../lib/cli/reports/calibration-cache-schemas.js'
import { failureReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { writeNpy } from '../../lib/dataset/npy.js'
import { convolutionModel } from '../models/encode-onnx.js'
import { writtenByTensorRt } from '../unit/calibration/tensorrt/table-lines.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const command = (cwd: string, ...args: string[]) => runCli(['calibration-cache', ...args], { cwd })

async function folderWithTable(text = writtenByTensorRt): Promise<string> {
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'x.calib'), text)
  return cwd
}

describe('enginery calibration-cache', () => {
  it('shows what is in a cache', async () => {
    const cwd = await folderWithTable()
    const outcome = await command(cwd, 'show', 'x.calib')
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^ +images:0 +3fb6163c +181$/m)
    const report = showCacheReportSchema.parse(parseReport(await command(cwd, 'show', 'x.calib', '--json')))
    expect(report).toMatchObject({ algorithm: 'entropy2', version: '8510', major: 8, tensors: 6, manifest: null })
    expect(report.scales[0]).toEqual({ tensor: 'x', hex: '4000890a', scale: 2.008364200592041, range: 255.0622534751892 })
  })

  it('checks one: 1 and every problem where it is not to be used', async () => {
    const cwd = await folderWithTable('TRT-8510-EntropyCalibration2\nx: zz\ny: 7fc00000\n')
    const outcome = await command(cwd, 'check', 'x.calib', '--calibrator', 'minmax', '--tensorrt', '10', '--json')
    expect(outcome.code).toBe(1)
    const { ok, findings } = checkCacheReportSchema.parse(parseReport(outcome))
    expect(ok).toBe(false)
    expect(findings.map(({ kind, line }) => [kind, line])).toEqual([
      ['not-hex', 2],
      ['nan', 3],
      ['algorithm', 1],
      ['major', 1],
    ])
    const sound = await command(await folderWithTable(), 'check', 'x.calib')
    expect(sound).toMatchObject({ code: 0, stderr: '' })
    expect(sound.stdout).toMatch(/nothing speaks against it/)
  })

  it('converts to ranges and back, the same bytes', async () => {
    const cwd = await folderWithTable()
    expect(await command(cwd, 'convert', 'x.calib', '-o', 'x.json')).toMatchObject({ code: 0, stderr: '' })
    const report = convertCacheReportSchema.parse(parseReport(await command(cwd, 'convert', 'x.json', '-o', 'y.calib', '--json')))
    expect(report).toMatchObject({ from: 'ranges', tensors: 6, version: '8510' })
    expect(await readFile(join(cwd, 'y.calib'), 'utf8')).toBe(writtenByTensorRt)
    await command(cwd, 'convert', 'x.calib', '-o', 'z.calib', '--tensorrt', '10.3', '--calibrator', 'minmax')
    const expected = writtenByTensorRt.replace('TRT-8510-EntropyCalibration2', 'TRT-100300-MinMaxCalibration')
    expect(await readFile(join(cwd, 'z.calib'), 'utf8')).toBe(expected)
  })

  it.each<[string[], string]>([
    [[], 'USAGE_INVALID'],
    [['show'], 'USAGE_INVALID'],
    [['show', 'none'], 'FILE_NOT_FOUND'],
    [['show', 'broken'], 'CALIBRATION_TABLE_INVALID'],
    [['convert', 'x.calib'], 'USAGE_INVALID'],
    [['convert', 'x.calib', '-o', 'x.calib', '--force'], 'USAGE_INVALID'],
    [['convert', 'x.calib', '-o', 'broken'], 'USAGE_INVALID'],
    [['convert', 'x.calib', '-o', 'y', '--tensorrt', 'ten'], 'USAGE_INVALID'],
    [['check', 'x.calib', '--model', 'none.onnx'], 'FILE_NOT_READ'],
  ])('refuses %j: %s', async (args, code) => {
    const cwd = await folderWithTable()
    await writeFile(join(cwd, 'broken'), 'no table\n')
    const outcome = await command(cwd, ...args, '--json')
    expect(outcome.code).toBe(code === 'USAGE_INVALID' ? 2 : 1)
    expect(failureReportSchema.parse(parseReport(outcome)).error.code).toBe(code)
    expect((await readdir(cwd)).sort()).toEqual(['broken', 'x.calib'])
  })
})

describe('enginery quantize --write-calibration-table', () => {
  it('writes a table and its manifest, and no model', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'model.onnx'), convolutionModel({ layers: 2, channels: 16, size: 8 }))
    const data = Float32Array.from({ length: 10 * 16 * 64 }, (_, at) => Math.sin(at))
    await writeNpy(join(cwd, 'calib.npy'), { type: 'f32', shape: [10, 16, 8, 8], data })
    const run = (...args: string[]) =>
      runCli(['quantize', 'model.onnx', '--data', 'calib.npy', '--write-calibration-table', 'x.calib', ...args], { cwd })
    const report = writtenTableReportSchema.parse(parseReport(await run('--json', '--tensorrt', '10.3')))
    expect(report).toMatchObject({ algorithm: 'entropy2', version: '100300', samples: 10, missing: [] })
    expect((await readdir(cwd)).sort()).toEqual(['calib.npy', 'model.onnx', 'x.calib', 'x.calib.json'])
    const check = await command(cwd, 'check', 'x.calib', '--model', 'model.onnx', '--tensorrt', '10', '--calibrator', 'entropy2')
    expect(check).toMatchObject({ code: 0 })
    expect(check.stdout).not.toMatch(/problem|note/)
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('--force replaces it') })
    const forced = await run('--force', '--calibrator', 'minmax', '--set', 'activations.range=percentile')
    expect(forced).toMatchObject({ code: 0 })
    expect(forced.stdout).toMatch(/^wrote +.*x\.calib \(TRT-101501-MinMaxCalibration, \d+ tensors\)$/m)
    expect(await run('--force', '--target', 'any')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--target: not with'),
    })
    expect(await run('--force', '--no-bias-correction')).toMatchObject({ code: 2 })
  })
})
