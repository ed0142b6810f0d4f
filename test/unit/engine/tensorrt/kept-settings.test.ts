import { expect, it } from 'vitest'
import { settingsNotKept } from '../../../../lib/engine/tensorrt/kept-settings.js'
import type { NativeBuilderSettings } from '../../../../lib/native/tensorrt-addon.js'

const kept: Required<NativeBuilderSettings> = {
  flags: { tf32: false, refit: true },
  memoryPools: { workspace: 100 },
  tacticSources: ['jit-convolutions'],
  previewFeatures: { 'aliased-plugin-io': true },
  choices: { profilingVerbosity: 'detailed' },
  numbers: { maxAuxStreams: 7 },
  computeCapabilities: [120, 89],
  pluginsToSerialize: [],
}
const none = { flags: {}, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }

it('what was asked and is there, in whatever order, needs no word', () => {
  const { memoryPools: _, ...asked } = kept
  expect(settingsNotKept({ ...asked, memoryPools: { workspace: 200 }, computeCapabilities: [89, 120] }, kept)).toEqual([])
  expect(settingsNotKept(none, kept)).toEqual([])
  // Never asked back.
  expect(settingsNotKept({ ...none, previewFeatures: { 'profile-sharing': true } }, kept)).toEqual([])
})

it('what TensorRT has otherwise is told, of each kind', () => {
  const asked: NativeBuilderSettings = {
    ...none,
    flags: { tf32: true, refit: true },
    tacticSources: ['cudnn', 'jit-convolutions'],
    previewFeatures: { 'aliased-plugin-io': false },
    choices: { profilingVerbosity: 'none' },
    numbers: { maxAuxStreams: 9 },
    computeCapabilities: [80],
  }
  expect(settingsNotKept(asked, kept)).toEqual([
    'TensorRT has tf32 false, not true',
    'TensorRT has profilingVerbosity detailed, not none',
    'TensorRT has maxAuxStreams 7, not 9',
    'TensorRT has aliased-plugin-io true, not false',
    'TensorRT has tacticSources [jit-convolutions], not [cudnn, jit-convolutions]',
    'TensorRT has computeCapabilities [120, 89], not [80]',
  ])
})
