import { expect, it } from 'vitest'
import type { OpenedTensorRt } from '../../../../lib/engine/tensorrt/open-library.js'
import { runBuild } from '../../../../lib/engine/tensorrt/run-build.js'
import { silentLogger } from '../../../../lib/logging/logger.js'

/** A library whose builds end as they are told to: a stand-in for an addon. */
function libraryThatEnds(outcome: object): OpenedTensorRt {
  const done = Promise.resolve({ errors: [], log: [], ...outcome })
  return { title: 'TensorRT 10.15', addon: { build: () => ({ done, cancel: () => {} }) } } as unknown as OpenedTensorRt
}

function libraryThatRefuses(code: string, message: string, ...recorded: string[]): OpenedTensorRt {
  const refused = Object.assign(new Error(message), { code })
  const errors = (recorded.length > 0 ? recorded : ['recorded']).map((text) => ({ code: 'invalid-argument', text }))
  return libraryThatEnds({ kind: 'failed', refused, errors })
}

const context = { model: 'the network', logger: silentLogger, signal: undefined }
const noDriver =
  '[checkMacros.cpp::catchCudaError::250] Error Code 1: Cuda Runtime (cudaError 35: CUDA driver version is insufficient)'

it.each([
  ['TRT_NETWORK', 'TENSORRT_NETWORK_REFUSED', /refuses the network: unary 'a' \(layer 3\): wrong$/],
  ['TRT_PLUGIN', 'TENSORRT_PLUGIN_UNAVAILABLE', /makes no plugin of the network: unary 'a' \(layer 3\): wrong$/],
  ['TRT_CONFIG', 'TENSORRT_OPTION_REFUSED', /refuses the options: .*wrong; recorded$/],
  ['TRT_PROFILE', 'TENSORRT_PROFILE_INVALID', /The shapes of the network cannot be built/],
  ['NATIVE_MEMORY', 'OUT_OF_MEMORY', /wrong/],
])('what an addon calls %s is %s', async (native, code, message) => {
  const library = libraryThatRefuses(native, "unary 'a' (layer 3): wrong")
  await expect(runBuild(library, {}, context)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    cause: { code: native },
    engineLog: ['recorded'],
  })
})

it('leaves out that there is no driver, where that is not what is wrong', async () => {
  const beside = libraryThatRefuses('TRT_CONFIG', 'no such capability', 'IBuilderConfig::setComputeCapability: wrong', noDriver)
  const message = expect.stringMatching(/no such capability; IBuilderConfig::setComputeCapability: wrong$/)
  await expect(runBuild(beside, {}, context)).rejects.toMatchObject({ message, engineLog: [expect.any(String), noDriver] })
  const alone = libraryThatRefuses('TRT_CONFIG', 'refused', noDriver)
  await expect(runBuild(alone, {}, context)).rejects.toMatchObject({ message: expect.stringContaining('cudaError 35') })
})

it('takes shapes that do not go together for what they are, and names the first node', async () => {
  const said = [
    'ITensor::getDimensions: Error Code 4: Internal Error (/Concat: mismatched)',
    'ITensor::getDimensions: (after it)',
  ]
  await expect(runBuild(libraryThatRefuses('TRT_CONFIG', 'wrong', ...said), {}, context)).rejects.toMatchObject({
    code: 'TENSORRT_PROFILE_INVALID',
    message: expect.stringMatching(/\(\/Concat: mismatched\)$/),
  })
})

it('tells what the parser wrote of each node in the error and the log of the engine, not a second time', async () => {
  const told: string[] = []
  const logger = {
    ...silentLogger,
    error: () => told.push('error'),
    warn: () => told.push('warn'),
    debug: () => told.push('debug'),
  }
  const log = [
    { severity: 'error', text: 'While parsing node number 1' },
    { severity: 'warning', text: 'about weights' },
  ]
  const problems = [{ code: 'unsupported-node', node: 1, nodeName: 'a', nodeOperator: 'Odd', description: 'no' }]
  const library = libraryThatEnds({ kind: 'not-parsed', problems, log })
  await expect(runBuild(library, {}, { ...context, logger })).rejects.toMatchObject({
    code: 'TENSORRT_MODEL_UNSUPPORTED',
    engineLog: ['While parsing node number 1', 'about weights'],
  })
  expect(told).toEqual(['debug', 'warn'])
})
