import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { benchReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { unaryModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

async function folderWithModel(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'm.onnx'), unaryModel('Relu', [1, 64]))
  return folder
}

const bench = async (args: string[], cwd: string) => {
  const outcome = await runCli(['bench', ...args, '--json'], { cwd })
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  return benchReportSchema.parse(parseReport(outcome))
}

describe('enginery bench', () => {
  it('measures latency: figures that belong together', async () => {
    const report = await bench(['m.onnx', '--iterations', '200', '--warm-up', '50ms'], await folderWithModel())
    expect(report).toMatchObject({ mode: 'latency', call: 'infer', concurrency: 1, iterations: 200 })
    const { min, p50, p90, p95, p99, max, mean } = report.latency
    const rising = [0, min, p50, p90, p95, p99, max]
    expect(rising).toEqual([...rising].sort((a, b) => a - b))
    expect(mean).toBeGreaterThan(min)
    expect(report.throughput).toBeCloseTo(200 / report.duration)
    // One at a time: all calls together take no longer than the whole.
    expect(mean * 200).toBeLessThanOrEqual(report.duration * 1000)
    // The engine's own time lies within the call's.
    expect(report.engineLatency?.p50).toBeLessThanOrEqual(p50)
    expect(report.warmUp.iterations).toBeGreaterThan(1)
    expect(report.inputs).toEqual([{ name: 'x', type: 'f32', shape: [1, 64], source: 'random values, seed 1' }])
    expect(report.clock).toMatch(/^One inference at a time\. Each sample runs from the call of infer/)
  })

  it('measures throughput with all requests busy, for the time asked for', async () => {
    const report = await bench(
      ['m.onnx', '--mode', 'throughput', '--requests', '3', '--duration', '300ms', '--warm-up', '0'],
      await folderWithModel(),
    )
    expect(report).toMatchObject({ mode: 'throughput', concurrency: 3, engineLatency: null, engine: { requests: 3 } })
    expect(report.duration).toBeGreaterThanOrEqual(0.3)
    expect(report.duration).toBeLessThan(30)
    expect(report.iterations).toBeGreaterThan(3)
    expect(report.warmUp.iterations).toBe(3)
    expect(report.clock).toMatch(/All requests busy/)
  })

  it('says of an engine with a single request that throughput mode keeps one inference busy', async () => {
    const cwd = await folderWithModel()
    await runCli(['build', 'm.onnx', '--requests', '1', '-o', 'm.blob'], { cwd })
    const args = ['m.blob', '--iterations', '5', '--warm-up', '0']
    const note = /single request.* one inference at a time/
    expect((await bench([...args, '--mode', 'throughput'], cwd)).engine.notes).toContainEqual(expect.stringMatching(note))
    expect((await bench(args, cwd)).engine.notes).toEqual([])
  })

  it('measures inferSync', async () => {
    const cwd = await folderWithModel()
    const report = await bench(['m.onnx', '--sync', '--iterations', '100', '--warm-up', '0'], cwd)
    expect(report).toMatchObject({ call: 'inferSync', iterations: 100 })
    const both = await runCli(['bench', 'm.onnx', '--sync', '--mode', 'throughput'], { cwd })
    expect(both).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error OPTION_INVALID: .*sync/) })
  })

  it('takes its settings from a configuration', async () => {
    const cwd = await folderWithModel()
    await writeFile(join(cwd, 'c.yaml'), 'model: m.onnx\nbench:\n  mode: throughput\n  iterations: 50\n  warmUp: 0\n  seed: 9\n')
    const report = await bench(['--config', 'c.yaml', '--iterations', '20'], cwd)
    expect(report).toMatchObject({ mode: 'throughput', iterations: 20, inputs: [{ source: 'random values, seed 9' }] })
  })

  it('prints what the clock covers, the precisions and the machine', async () => {
    const { stdout } = await runCli(['bench', 'm.onnx', '--iterations', '20', '--warm-up', '0'], { cwd: await folderWithModel() })
    expect(stdout).toMatch(/^layers {4,}\d+: .*f32/m)
    expect(stdout).toMatch(/^INT8 {2,}0 of 0 convolutions/m)
    expect(stdout).toMatch(/What the clock covers\n {2}One inference at a time/)
    expect(stdout).toMatch(/Node \d+\.\d+\.\d+, OpenVINO \d{4}/)
  })

  it.each([
    ['--duration', '0'],
    ['--duration', 'long'],
    ['--iterations', '0'],
    ['--iterations', '1.5'],
    ['--warm-up', '-1'],
    ['--mode', 'speed'],
  ])('refuses %s %s', async (option, value) => {
    const outcome = await runCli(['bench', 'm.onnx', option, value])
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error USAGE_INVALID: /) })
  })
})

describeWithData('enginery bench, trained models', () => {
  it('tells float layers from those in INT8', async () => {
    const models = join(dataFolder, 'models')
    const few = ['--iterations', '3', '--warm-up', '0']
    const float = await bench([join(models, 'squeezenet_fp32.onnx'), ...few], models)
    expect(float.engine.int8).toEqual({ layers: 0, of: 26 })
    expect(Object.keys(float.engine.precisions)).toEqual(['f32'])
  })
})
