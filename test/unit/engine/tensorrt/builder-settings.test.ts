import { describe, expect, it } from 'vitest'
import { builderSchema } from '../../../../lib/engine/tensorrt/build-options.js'
import { planSettings } from '../../../../lib/engine/tensorrt/builder-settings.js'
import type { NativeTensorRtNames, TensorRtLine } from '../../../../lib/native/tensorrt-addon.js'

const common = {
  memoryPools: ['workspace', 'tactic-dram', 'dla-managed-sram'],
  previewFeatures: ['aliased-plugin-io'],
  choices: ['profilingVerbosity', 'hardwareCompatibility', 'tilingLevel', 'defaultDevice'],
  numbers: ['optimizationLevel', 'dlaCore', 'maxTactics'],
  parserFlags: [],
  // Settings of builders are none of layers.
  network: {} as NativeTensorRtNames['network'],
}
const every = ['tf32', 'sparse-weights', 'refit', 'refit-identical', 'gpu-fallback']
const typed = { ...common, flags: every, tacticSources: ['jit-convolutions'] }

/** Libraries as their addons describe them. */
const libraries = {
  v10: {
    line: 'v10' as TensorRtLine,
    title: 'TensorRT 10.15',
    names: {
      ...common,
      flags: [...every, 'fp16', 'int8', 'bf16', 'fp8', 'obey-precision-constraints', 'prefer-precision-constraints'],
      tacticSources: ['cublas', 'jit-convolutions'],
      computeCapabilities: false,
    },
  },
  v11: { line: 'v11' as TensorRtLine, title: 'TensorRT 11.4', names: { ...typed, computeCapabilities: false } },
  rtx: { line: 'rtx' as TensorRtLine, title: 'TensorRT-RTX 1.7', names: { ...typed, computeCapabilities: true } },
}

const plan = (line: keyof typeof libraries, options: object, precision: 'fp32' | 'fp16' | 'bf16' | 'int8' | 'fp8' = 'fp32') =>
  planSettings(builderSchema.parse(options), precision, libraries[line])

describe('planSettings', () => {
  it('names settings as the addon does', () => {
    const options = {
      sparseWeights: true,
      refit: 'identical',
      memoryPools: { tacticDram: 1024 },
      tacticSources: ['cublas'],
      previewFeatures: { 'aliased-plugin-io': true },
      profilingVerbosity: 'detailed',
      optimizationLevel: 5,
      dla: { core: 1 },
      maxThreads: 3,
      precisionConstraints: 'obey',
    }
    expect(plan('v10', options)).toEqual({
      settings: {
        flags: {
          tf32: false,
          'sparse-weights': true,
          'refit-identical': true,
          'gpu-fallback': true,
          'obey-precision-constraints': true,
        },
        memoryPools: { 'tactic-dram': 1024 },
        previewFeatures: { 'aliased-plugin-io': true },
        choices: { profilingVerbosity: 'detailed', defaultDevice: 'dla' },
        numbers: { optimizationLevel: 5, dlaCore: 1 },
        tacticSources: ['cublas'],
      },
      stronglyTyped: false,
      maxThreads: 3,
    })
  })

  it('takes no hardware compatibility for what a library without the setting does', () => {
    const choices = libraries.rtx.names.choices.filter((name) => name !== 'hardwareCompatibility')
    const without = { ...libraries.rtx, names: { ...libraries.rtx.names, choices } }
    const planWithout = (hardwareCompatibility: string) =>
      planSettings(builderSchema.parse({ hardwareCompatibility }), 'fp32', without)
    expect(planWithout('none').settings.choices).not.toHaveProperty('hardwareCompatibility')
    expect(plan('v10', { hardwareCompatibility: 'none' }).settings.choices).toHaveProperty('hardwareCompatibility', 'none')
    expect(() => planWithout('ampere-plus')).toThrow(
      expect.objectContaining({ code: 'TENSORRT_OPTION_UNSUPPORTED', cure: expect.stringContaining('computeCapabilities') }),
    )
  })

  it('INT8 and FP8 allow FP16 besides, on TensorRT 10 without types of the model', () => {
    expect(plan('v10', {}, 'int8').settings.flags).toEqual({ tf32: false, int8: true, fp16: true })
    const alone = planSettings(builderSchema.parse({}), 'int8', libraries.v10, false)
    expect(alone.settings.flags).toEqual({ tf32: false, int8: true })
    expect(plan('v10', {}, 'fp8').settings.flags).toEqual({ tf32: false, fp8: true, fp16: true })
    expect(plan('v10', { stronglyTyped: true }, 'int8')).toMatchObject({
      settings: { flags: { tf32: false } },
      stronglyTyped: true,
    })
  })

  it('11.x and RTX are always strongly typed', () => {
    expect(plan('v11', {}).stronglyTyped).toBe(true)
    expect(() => plan('rtx', { stronglyTyped: false })).toThrow(expect.objectContaining({ code: 'TENSORRT_OPTION_UNSUPPORTED' }))
  })

  it('writes compute capabilities as numbers, and knows where there are none', () => {
    expect(plan('rtx', { computeCapabilities: ['7.5', '12.0', 'current'] }).settings.computeCapabilities).toEqual([75, 120, 1])
    expect(() => plan('v11', { computeCapabilities: ['8.9'] })).toThrow(
      expect.objectContaining({ code: 'TENSORRT_OPTION_UNSUPPORTED', cure: expect.stringContaining('ampere-plus') }),
    )
  })

  it('an option that came later is named with the version', () => {
    const { v10 } = libraries
    const older = { ...v10, names: { ...v10.names, choices: ['profilingVerbosity'] } }
    expect(() => planSettings(builderSchema.parse({ tilingLevel: 'full' }), 'fp32', older)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('tilingLevel'), cure: expect.stringContaining('10.8') }),
    )
  })
})
