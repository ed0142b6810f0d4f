import { describe, expect, it } from 'vitest'
import { buildOptionsFromFlags, mergeBuildOptions } from '../../../lib/cli/options/collect-build-options.js'

describe('buildOptionsFromFlags', () => {
  it('gives the options of buildEngine', () => {
    const options = buildOptionsFromFlags({
      device: 'AUTO:GPU,CPU',
      precision: 'bf16',
      shape: [['a.b', [1, 'dynamic', [2, 4]]]],
      performance: 'throughput',
      streams: 'auto',
      requests: 3,
      threads: 2,
      property: [['NUM_STREAMS', '2']],
      cache: 'engines',
      set: [
        ['hints.cpuPinning', false],
        ['preprocess.inputs.a', { modelLayout: 'NCHW' }],
      ],
    })
    expect(options).toEqual({
      device: 'AUTO:GPU,CPU',
      precision: 'bf16',
      shapes: { 'a.b': [1, 'dynamic', [2, 4]] },
      hints: { performance: 'throughput', streams: 'auto', requests: 3, threads: 2, cpuPinning: false },
      properties: { NUM_STREAMS: '2' },
      cache: 'engines',
      preprocess: { inputs: { a: { modelLayout: 'NCHW' } } },
    })
  })

  it('takes nothing from flags that are not there', () => {
    expect(buildOptionsFromFlags({})).toEqual({})
  })

  it.each([
    [{ device: 'cpu' }, /^--device: expected a device/],
    [{ set: [['hints.nothing', 1]] }, /^--set hints.nothing: there is no such option/],
    [{ set: [['hints.threads', 'many']] }, /^--threads: /],
    [{ set: [['typo', 1]] }, /^--set typo: there is no such option/],
  ] as const)('names the flag of %j', (flags, message) => {
    expect(() => buildOptionsFromFlags(flags as never)).toThrow(message)
    expect(() => buildOptionsFromFlags(flags as never)).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' }))
  })
})

describe('mergeBuildOptions', () => {
  it('merges groups key by key and replaces everything else', () => {
    const file = {
      device: 'GPU',
      shapes: { a: [1, 2], b: [3] },
      hints: { streams: 2, performance: 'throughput' as const },
      properties: { X: 1 },
    }
    const over = { device: 'CPU', shapes: { a: [4, 5] }, hints: { streams: 1 }, properties: { Y: '2' } }
    expect(mergeBuildOptions(file, over)).toEqual({
      device: 'CPU',
      shapes: { a: [4, 5], b: [3] },
      hints: { streams: 1, performance: 'throughput' },
      properties: { X: 1, Y: '2' },
    })
    expect(file.hints.streams).toBe(2)
  })

  it('replaces what is not a group on both sides', () => {
    expect(mergeBuildOptions({ shapes: 'dynamic' }, { shapes: { a: [1] } })).toEqual({ shapes: { a: [1] } })
    expect(mergeBuildOptions({ shapes: { a: [1] } }, { shapes: 'dynamic' })).toEqual({ shapes: 'dynamic' })
    expect(mergeBuildOptions({ cache: 'x' }, { cache: false })).toEqual({ cache: false })
  })
})
