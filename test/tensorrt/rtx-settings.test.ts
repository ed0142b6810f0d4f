import { beforeAll, expect, it } from 'vitest'
import { loadTensorRt } from '../../lib/native/load-addon.js'
import type { NativeBuilderSettings, TensorRtAddon } from '../../lib/native/tensorrt-addon.js'
import { unaryModel } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const empty: NativeBuilderSettings = { flags: {}, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }

describeWithTensorRt('TensorRT-RTX 1.7', 'settings of the builder, read back from it', () => {
  let addon: TensorRtAddon
  beforeAll(async () => {
    addon = loadTensorRt('rtx')
    const core = coreLibraries['TensorRT-RTX 1.7']
    await addon.open({ core, parser: core.replace('tensorrt_rtx', 'tensorrt_onnxparser_rtx') })
  })

  async function readBack(settings: Partial<NativeBuilderSettings>) {
    const outcome = await addon.build({
      model: unaryModel('Relu', [1, 4]),
      settings: { ...empty, ...settings },
      onlyDescribe: true,
    }).done
    if (outcome.refused) throw outcome.refused
    return outcome.settings
  }

  it('every flag, on and off', async () => {
    // Flags that TensorRT takes only beside another.
    const needed: Record<string, string> = { 'exclude-lean-runtime': 'version-compatible' }
    for (const flag of addon.names().flags) {
      const before = needed[flag] === undefined ? {} : { [needed[flag]]: true }
      expect((await readBack({ flags: { ...before, [flag]: true } })).flags[flag], flag).toBe(true)
      expect((await readBack({ flags: { [flag]: false } })).flags[flag], flag).toBe(false)
    }
  })

  it('choices and numbers', async () => {
    const choices = { profilingVerbosity: 'detailed', tilingLevel: 'moderate', runtimePlatform: 'same-as-build' }
    expect((await readBack({ choices })).choices).toMatchObject(choices)
    const numbers = { optimizationLevel: 2, maxAuxStreams: 3, avgTimingIterations: 5, maxTactics: 7, l2LimitForTiling: 4096 }
    expect((await readBack({ numbers })).numbers).toMatchObject(numbers)
  })

  it('memory pools, tactic sources, preview features, compute capabilities', async () => {
    const memoryPools = { workspace: 2 ** 26, 'tactic-dram': 2 ** 27 }
    expect((await readBack({ memoryPools })).memoryPools).toMatchObject(memoryPools)
    expect((await readBack({ tacticSources: ['jit-convolutions'] })).tacticSources).toEqual(['jit-convolutions'])
    expect((await readBack({ tacticSources: [] })).tacticSources).toEqual([])
    const previewFeatures = { 'aliased-plugin-io': true }
    expect((await readBack({ previewFeatures })).previewFeatures).toMatchObject(previewFeatures)
    expect((await readBack({ computeCapabilities: [80, 120] })).computeCapabilities).toEqual([80, 120])
  })

  it('refuses names that are not its own', async () => {
    await expect(readBack({ flags: { fp16: true } })).rejects.toMatchObject({ code: 'NATIVE_ARGUMENT' })
    await expect(readBack({ choices: { profilingVerbosity: 'loud' } })).rejects.toMatchObject({ code: 'NATIVE_ARGUMENT' })
  })
})
