import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { convertReportSchema } from '../../lib/cli/reports/convert-report-schema.js'
import { readOnnxModel } from '../../lib/model/onnx-reader.js'
import { convolutionModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

async function folderWithModel(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'conv.onnx'), convolutionModel({ layers: 3, channels: 16, size: 8 }))
  return folder
}

it('writes a model in f16 that computes what the float one does, inputs and outputs as they were', async () => {
  const folder = await folderWithModel()
  const outcome = await runCli(['convert', 'conv.onnx', '--precision', 'fp16', '--json'], { cwd: folder })
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  const report = convertReportSchema.parse(parseReport(outcome))
  expect(report).toMatchObject({ precision: 'fp16', float: [], casts: 2 })
  expect(report.output.path).toBe(join(folder, 'conv.fp16.onnx'))
  expect(report.output.bytes).toBeLessThan(report.model.bytes * 0.6)
  expect((await readOnnxModel(report.output.path)).inputs.map(({ type }) => type)).toEqual(['f32'])

  const results: Float32Array[] = []
  for (const name of ['conv.onnx', 'conv.fp16.onnx']) {
    await using engine = await buildEngine({ model: join(folder, name) })
    const data = Float32Array.from({ length: 16 * 64 }, (_, index) => Math.sin(index))
    const [output] = Object.values(await engine.infer({ x: data }))
    results.push(Float32Array.from(output?.data as Float32Array))
  }
  const [float, half] = results as [Float32Array, Float32Array]
  const most = Math.max(...float.map(Math.abs))
  expect(most).toBeGreaterThan(0)
  for (const [index, value] of float.entries()) expect(Math.abs(value - (half[index] as number))).toBeLessThan(most * 0.01)
})

it('leaves float what it is told to, and changes inputs and outputs where it is asked to', async () => {
  const folder = await folderWithModel()
  const args = ['convert', 'conv.onnx', '--precision', 'fp16', '--half-inputs-and-outputs', '-o', 'h.onnx']
  expect(await runCli(args, { cwd: folder })).toMatchObject({ code: 0, stdout: expect.stringMatching(/wrote +.*h\.onnx/) })
  const { inputs, outputs } = await readOnnxModel(join(folder, 'h.onnx'))
  expect([...inputs, ...outputs].map(({ type }) => type)).toEqual(['f16', 'f16'])
  const ignored = await runCli(['convert', 'conv.onnx', '--precision', 'fp16', '--ignore-type', 'Conv', '--json'], {
    cwd: folder,
  })
  expect(convertReportSchema.parse(parseReport(ignored))).toMatchObject({ half: 0, casts: 0 })
})

it('keeps float32 what samples bring near the end of the type', async () => {
  const folder = await folderWithModel()
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16, 8, 8), }\n".padStart(118)
  const values = Float32Array.from({ length: 1024 }, (_, index) => Math.sin(index) * 60_000)
  const head = Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]), Buffer.from(header)])
  await writeFile(join(folder, 'loud.npy'), Buffer.concat([head, Buffer.from(values.buffer)]))
  const args = ['convert', 'conv.onnx', '--precision', 'fp16', '--data', 'loud.npy', '--json']
  const { float } = convertReportSchema.parse(parseReport(await runCli(args, { cwd: folder })))
  expect(float.map(({ reason }) => reason).join()).toMatch(/was seen with/)
})

it.each([
  ['no precision', [], /required option '--precision/],
  ['another precision', ['--precision', 'int8'], /Allowed choices are fp16, bf16/],
  ['its own model', ['--precision', 'fp16', '-o', 'conv.onnx', '--force'], /expected another file than the model/],
  ['a file that is there', ['--precision', 'fp16', '-o', 'there.onnx'], /is there already; --force/],
  ['statistics', ['--precision', 'fp16', '--stats', 'x.stats'], /--stats: not for convert/],
  ['samples without data', ['--precision', 'fp16', '--samples', '3'], /--samples: expected --data/],
])('refuses %s', async (_, args, message) => {
  const folder = await folderWithModel()
  await writeFile(join(folder, 'there.onnx'), 'kept')
  const outcome = await runCli(['convert', 'conv.onnx', ...args], { cwd: folder })
  expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  expect((await readdir(folder)).sort()).toEqual(['conv.onnx', 'there.onnx'])
  expect(await readFile(join(folder, 'there.onnx'), 'utf8')).toBe('kept')
})
