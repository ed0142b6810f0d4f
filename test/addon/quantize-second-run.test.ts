import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import * as models from '../../lib/api/quantization/run-calibration-model.js'
import { readStatistics, writeStatistics } from '../../lib/calibration/stats-file.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, type NodeSketch, noise } from '../unit/graph/make-graph.js'

vi.mock('../../lib/api/quantization/run-calibration-model.js', { spy: true })
const compiled = vi.mocked(models.openCalibrationModel)

const folder = mkdtempSync(join(tmpdir(), 'enginery-second-run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  compiled.mockClear()
})

const shape = [1, 4, 8, 8]
const conv = (name: string, input: string, output: string): NodeSketch => ({
  type: 'Conv',
  name,
  inputs: [input, `${name}.w`, `${name}.b`],
  outputs: [output],
  attributes: { pads: [1, 1, 1, 1] },
})
const modelOf = (key: string) =>
  encodeGraph(
    makeGraph({
      inputs: { x: shape },
      constants: { 'a.w': noise([4, 4, 3, 3], key), 'a.b': noise([4], key), 'b.w': noise([4, 4, 3, 3]), 'b.b': noise([4]) },
      nodes: [conv('a', 'x', 'y'), { type: 'Relu', inputs: ['y'], outputs: ['z'] }, conv('b', 'z', 'out')],
      outputs: ['out'],
    }),
  )
const samplesOf = (key: string) =>
  Array.from({ length: 8 }, (_, index) => ({
    x: Tensor.from(noise(shape, `${key} ${index}`).values() as Float32Array, shape),
  }))

const run = (stats: string | undefined, more: Partial<QuantizeOptions> = {}, key = 'samples') =>
  quantize({
    model: modelOf('model'),
    calibration: { data: samplesOf(key), id: 'these', ...(stats !== undefined && { stats }) },
    target: 'openvino-cpu',
    ...more,
  })

it('with another preset compares with the outputs of before: the float model does not run', async () => {
  const stats = join(folder, 'preset.stats')
  const first = await run(stats, { preset: 'mixed' })
  expect(compiled).toHaveBeenCalled()
  compiled.mockClear()
  const second = await run(stats, { preset: 'performance' })
  expect(compiled).not.toHaveBeenCalled()
  expect([first.calibration.reused, second.calibration.reused]).toEqual([false, true])
  const alone = await run(undefined, { preset: 'performance' })
  expect(compiled).toHaveBeenCalled()
  expect(second.check).toEqual(alone.check)
  expect(second.model).toEqual(alone.model)
  expect(second.warnings).toEqual(alone.warnings)
  // The same again from the cache of a folder.
  const cache = join(folder, 'cache')
  const cached = { calibration: { data: samplesOf('samples'), id: 'these', cache } }
  await run(undefined, cached)
  compiled.mockClear()
  expect((await run(undefined, { ...cached, preset: 'performance' })).check).toEqual(alone.check)
  expect(compiled).not.toHaveBeenCalled()
})

it('with other samples under the same name compares on these, as they are', async () => {
  const stats = join(folder, 'samples.stats')
  await run(stats)
  compiled.mockClear()
  const other = await run(stats, {}, 'others')
  expect(compiled).toHaveBeenCalled()
  const kept = (await readStatistics(stats)).answers
  compiled.mockClear()
  // Kept for these now.
  expect((await run(stats, {}, 'others')).check).toEqual(other.check)
  expect(compiled).not.toHaveBeenCalled()
  expect(kept?.inferences).toHaveLength(8)
})

it('with more inferences to compare computes them', async () => {
  const stats = join(folder, 'more.stats')
  await run(stats, { effort: 'fast' })
  compiled.mockClear()
  await run(stats, { effort: 'balanced' })
  expect(compiled).toHaveBeenCalled()
  compiled.mockClear()
  await run(stats, { effort: 'fast' })
  expect(compiled).not.toHaveBeenCalled()
})

it('of another model, or with a damaged file, is refused', async () => {
  const stats = join(folder, 'refused.stats')
  await run(stats)
  await expect(run(stats, { model: modelOf('other') })).rejects.toMatchObject({ code: 'STATISTICS_MISMATCH' })
  const bytes = readFileSync(stats)
  // In the numbers of the last answer.
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] as number) ^ 1
  writeFileSync(stats, bytes)
  await expect(run(stats)).rejects.toMatchObject({ code: 'STATISTICS_INVALID' })
})

it('without a check keeps statistics alone, and a file without answers is as good', async () => {
  const stats = join(folder, 'unchecked.stats')
  await run(stats, { check: false })
  const before = await readStatistics(stats)
  expect(before.answers).toBeUndefined()
  const size = statSync(stats).size
  const checked = await run(stats)
  expect(checked.check?.inferences).toBe(8)
  const { answers, ...rest } = await readStatistics(stats)
  expect(rest).toEqual(before)
  expect(statSync(stats).size).toBeGreaterThan(size)
  // A file that claims answers of another length than it holds.
  const [one, ...others] = answers?.inferences ?? []
  const output = one?.outputs.get('out')
  if (one === undefined || output === undefined || answers === undefined) throw new Error('nothing was kept')
  const short = { ...output, values: output.values.slice(1) }
  const wrong = { ...one, outputs: new Map([['out', short]]) }
  await writeStatistics(stats, { ...rest, answers: { ...answers, inferences: [wrong, ...others] } })
  await expect(run(stats)).rejects.toMatchObject({ code: 'STATISTICS_INVALID' })
})
