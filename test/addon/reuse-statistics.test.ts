import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import type { OpenModel } from '../../lib/calibration/calibration-runner.js'
import { collectStatistics } from '../../lib/calibration/collect-statistics.js'
import { type ReuseOptions, reuseStatistics } from '../../lib/calibration/reuse-statistics.js'
import type { StatisticPoint } from '../../lib/calibration/statistic-points.js'
import { StatisticsCache } from '../../lib/calibration/statistics-cache.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-reuse-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const graph = makeGraph({
  inputs: { x: [1, 3, 6, 6] },
  constants: { w: noise([4, 3, 3, 3]) },
  nodes: [{ type: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
  outputs: ['y'],
})
const shape = [1, 3, 6, 6]
const samples = Array.from({ length: 4 }, (_, index) => ({
  x: Tensor.from(noise(shape, `${index}`).values() as Float32Array, shape),
}))
const ranges: StatisticPoint[] = ['x', 'y'].map((tensor) => ({ tensor, kind: 'range' }))
const more: StatisticPoint[] = [{ tensor: 'y', kind: 'histogram' }, ...ranges]

let opened = 0
const openModel: OpenModel = (model, options) => {
  opened++
  return openCalibrationModel(model, options)
}
const base: ReuseOptions = { graph, points: ranges, samples, openModel, data: 'four', preprocess: null }

async function count<T>(run: () => Promise<T>): Promise<{ result: T; opened: number }> {
  const before = opened
  const result = await run()
  return { result, opened: opened - before }
}

describe('statistics that are kept', () => {
  it.each([
    ['a file', { path: join(folder, 'a.stats') }],
    ['a cache', { cache: new StatisticsCache({ dir: join(folder, 'cache') }) }],
  ])('in %s are not collected again, and only what is missing is', async (_, where) => {
    const first = await count(() => reuseStatistics({ ...base, ...where }))
    const second = await count(() => reuseStatistics({ ...base, ...where }))
    expect([first.opened, second.opened]).toEqual([1, 0])
    expect(second.result).toMatchObject({ reused: 2, passes: 0, sampleCount: 4 })
    expect(second.result.statistics).toEqual(first.result.statistics)
    const third = await count(() => reuseStatistics({ ...base, ...where, points: more }))
    expect(third).toMatchObject({ opened: 1, result: { reused: 2 } })
    const whole = await collectStatistics({ ...base, points: more })
    expect(third.result.statistics.get('y')).toEqual(whole.statistics.get('y'))
    expect(await count(() => reuseStatistics({ ...base, ...where }))).toMatchObject({ opened: 0, result: { reused: 2 } })
  })

  it('are refused where they are of something else, which is named', async () => {
    const path = join(folder, 'b.stats')
    await reuseStatistics({ ...base, path })
    const other = reuseStatistics({ ...base, path, data: 'five', maxSamples: 3 })
    await expect(other).rejects.toMatchObject({
      code: 'STATISTICS_MISMATCH',
      message: expect.stringMatching(/data: needed here "five", found "four"\n.*options\.maxSamples: needed here 3, found null/),
    })
  })

  it('are nowhere where no place is named, nor after a failure', async () => {
    expect(await count(() => reuseStatistics(base))).toMatchObject({ opened: 1, result: { reused: 0 } })
    const path = join(folder, 'c.stats')
    await expect(reuseStatistics({ ...base, path, samples: [{ x: 1 } as never] })).rejects.toMatchObject({
      code: 'CALIBRATION_SAMPLE_INVALID',
    })
    expect(existsSync(path)).toBe(false)
  })
})
