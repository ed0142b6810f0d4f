import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { profileReportSchema } from '../../lib/cli/reports/profile-report-schema.js'
import { readOptimizationProfiles } from '../../lib/engine/tensorrt/profile-file.js'
import { unaryModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

/** Rows of float32, as .npy has them. */
function encodeNpy(rows: number, length: number): Buffer {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${length}), }`
  const header = `${description.padEnd(117)}\n`
  const size = Buffer.alloc(2)
  size.writeUInt16LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), size, Buffer.from(header), Buffer.alloc(rows * length * 4)])
}

async function folderWithSamples(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'relu.onnx'), unaryModel('Relu', ['n', 'length']))
  await writeFile(join(folder, 'samples.npy'), encodeNpy(5, 24))
  return folder
}

it('writes a file that build takes, named after the model', async () => {
  const folder = await folderWithSamples()
  const line = ['collect-profile', 'relu.onnx', '--data', 'samples.npy', '--batch', '1,8,32']
  const outcome = await runCli([...line, '--json'], { cwd: folder })
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  const report = profileReportSchema.parse(parseReport(outcome))
  const profile = { x: { min: [1, 24], opt: [8, 24], max: [32, 24] } }
  expect(report).toMatchObject({ samples: 5, combinations: 1, profile })
  expect(report.output.path).toBe(join(folder, 'relu.profiles.yaml'))
  expect(await readOptimizationProfiles(report.output.path)).toEqual([profile])

  const again = await runCli(line, { cwd: folder })
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
  const text = await runCli([...line, '-o', 'ranges.json'], { cwd: folder })
  expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(/x +\[1,24\] +\[8,24\] +\[32,24\]/) })
  expect(JSON.parse(await readFile(join(folder, 'ranges.json'), 'utf8')).profiles).toEqual([profile])
})

it.each([
  [[], /--data: expected samples/],
  [['--data', 'samples.npy', '--batch', '8,1,32'], /expected min,opt,max such as 1,8,32, received "8,1,32"/],
  [['--data', 'samples.npy', '--batch', 'all'], /expected min,opt,max/],
])('refuses %j before anything is read', async (options, reason) => {
  const folder = await folderWithSamples()
  const outcome = await runCli(['collect-profile', 'relu.onnx', ...options], { cwd: folder })
  expect(outcome).toMatchObject({ code: 2, stderr: expect.stringMatching(reason) })
})
