// Settings of the builder in the real TensorRT 10.15 without a GPU, by NVIDIA's undocumented switch.
import { beforeAll, expect, it } from 'vitest'
import { definitionOf, TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { openTensorRt } from '../../lib/engine/tensorrt/open-library.js'
import type { NativeBuilderSettings, NativeTensorRtNames } from '../../lib/native/tensorrt-addon.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'
import { describeWithTen, noSettings } from './replay-networks.js'

function writeNetwork(batch = 1) {
  const network = new TensorRtNetwork()
  network.markOutput(network.pooling(network.addInput('x', 'f32', [batch, 3, 8, 8]), 'max', { windowSize: 2 }), 'y')
  return definitionOf(network).native
}

async function readBack(settings: readonly Partial<NativeBuilderSettings>[]) {
  return await describeWithTen(settings.map((one) => ({ network: writeNetwork(), settings: { ...noSettings, ...one } })))
}

describeWithTensorRt('TensorRT 10.15', 'settings of the builder, read back from it (cpu_only)', () => {
  let names: NativeTensorRtNames
  beforeAll(async () => {
    ;({ names } = await openTensorRt(coreLibraries['TensorRT 10.15']))
  })

  it('every flag, on and off', async () => {
    // Flags that TensorRT takes only beside another.
    const needed: Record<string, string> = { 'exclude-lean-runtime': 'version-compatible' }
    const cases = names.flags.flatMap((flag) => {
      const before = needed[flag] === undefined ? {} : { [needed[flag]]: true }
      return [
        { flag, on: true, flags: { ...before, [flag]: true } },
        { flag, on: false, flags: { [flag]: false } },
      ]
    })
    const outcomes = await readBack(cases.map(({ flags }) => ({ flags })))
    const found = cases.map(({ flag }, index) => [flag, outcomes[index]?.refused ?? outcomes[index]?.settings.flags[flag]])
    expect(found).toEqual(cases.map(({ flag, on }) => [flag, on]))
    expect(names.flags.length).toBeGreaterThan(25)
  })

  it('choices, each of them', async () => {
    const values: Record<string, string[]> = {
      profilingVerbosity: ['layer-names-only', 'none', 'detailed'],
      hardwareCompatibility: ['none', 'ampere-plus', 'same-compute-capability'],
      engineCapability: ['standard', 'safety', 'dla-standalone'],
      runtimePlatform: ['same-as-build', 'windows-amd64'],
      tilingLevel: ['none', 'fast', 'moderate', 'full'],
      defaultDevice: ['gpu', 'dla'],
    }
    expect(Object.keys(values).sort()).toEqual([...names.choices].sort())
    const cases = Object.entries(values).flatMap(([name, all]) => all.map((value) => ({ [name]: value })))
    const outcomes = await readBack(cases.map((choices) => ({ choices })))
    for (const [index, choices] of cases.entries()) {
      expect(outcomes[index]?.refused, JSON.stringify(choices)).toBeUndefined()
      expect(outcomes[index]?.settings.choices).toMatchObject(choices)
    }
  })

  it('numbers, memory pools, tactic sources, preview features', async () => {
    const numbers = {
      optimizationLevel: 4,
      maxAuxStreams: 2,
      avgTimingIterations: 3,
      maxTactics: 9,
      l2LimitForTiling: 4096,
    }
    expect([...Object.keys(numbers), 'dlaCore'].sort()).toEqual([...names.numbers].sort())
    const previewFeatures = Object.fromEntries(names.previewFeatures.map((name) => [name, true]))
    const memoryPools = { workspace: 2 ** 26, 'tactic-shared-memory': 2 ** 15 }
    const sources = names.tacticSources.map((name) => [name])
    const [first, ...chosen] = await readBack([
      { numbers, previewFeatures, memoryPools },
      ...[...sources, [], names.tacticSources].map((tacticSources) => ({ tacticSources })),
    ])
    expect(first?.refused).toBeUndefined()
    expect(first?.settings).toMatchObject({ numbers, previewFeatures, memoryPools })
    expect(names.previewFeatures.length).toBeGreaterThan(0)
    expect(chosen.map((outcome) => outcome.settings.tacticSources)).toEqual([...sources, [], names.tacticSources])
  })

  it('a DLA that is not there is refused, which TensorRT would pass over; so are its memory pools', async () => {
    const [core] = await readBack([{ choices: { defaultDevice: 'dla' }, numbers: { dlaCore: 0 } }])
    expect(core?.refused).toMatchObject({ code: 'TRT_CONFIG', message: 'TensorRT does not take 0 as DLA core' })
    const pools = names.memoryPools.filter((name) => name.startsWith('dla-'))
    expect(pools).toHaveLength(3)
    for (const { refused } of await readBack(pools.map((name) => ({ memoryPools: { [name]: 2 ** 20 } })))) {
      expect(refused).toMatchObject({ code: 'TRT_CONFIG', message: expect.stringContaining('DLA disabled') })
    }
  })

  it('libraries that a plan takes along', async () => {
    const pluginsToSerialize = ['/a/libone.so', '/b/libtwo.so']
    const [taken, twice] = await readBack([{ pluginsToSerialize }, { pluginsToSerialize: ['/a.so', '/a.so'] }])
    expect(taken?.settings.pluginsToSerialize.sort()).toEqual(pluginsToSerialize)
    expect(twice?.refused).toMatchObject({ code: 'TRT_CONFIG', message: expect.stringContaining('unique') })
  })

  it('the profile to calibrate with, of several or one of its own; one that is not there is refused', async () => {
    const range = (most: number) => [{ input: 'x', min: [1, 3, 8, 8], opt: [2, 3, 8, 8], max: [most, 3, 8, 8] }]
    const request = {
      network: writeNetwork(-1),
      settings: { ...noSettings, flags: { int8: true } },
      profiles: [range(4), range(8)],
    }
    const own = { input: 'x', min: [1, 3, 8, 8], opt: [3, 3, 8, 8], max: [3, 3, 8, 8] }
    const [second, third, alone, odd] = await describeWithTen([
      { ...request, calibrationProfile: 1 },
      { ...request, calibrationProfile: 2 },
      { ...request, calibrationRanges: [own] },
      { ...request, calibrationRanges: [{ ...own, min: [4, 3, 8, 8] }] },
    ])
    expect(alone?.refused).toBeUndefined()
    expect([second?.calibrationShapes, alone?.calibrationShapes]).toEqual([{ x: [2, 3, 8, 8] }, { x: [3, 3, 8, 8] }])
    expect(odd?.refused).toMatchObject({
      code: 'TRT_PROFILE',
      message: expect.stringContaining('the profile to calibrate with, input x'),
    })
    expect(second).toMatchObject({ kind: 'described' })
    expect(second?.refused).toBeUndefined()
    expect(third?.refused).toMatchObject({ code: 'TRT_PROFILE', message: expect.stringContaining('profile 2') })
  })
})
