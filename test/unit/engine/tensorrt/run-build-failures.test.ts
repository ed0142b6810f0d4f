import { expect, it } from 'vitest'
import type { OpenedTensorRt } from '../../../../lib/engine/tensorrt/open-library.js'
import { runBuild } from '../../../../lib/engine/tensorrt/run-build.js'
import { silentLogger } from '../../../../lib/logging/logger.js'

/** A library whose builds end as they are told to: a stand-in for an addon. */
function libraryThatRefuses(code: string, message: string): OpenedTensorRt {
  const refused = Object.assign(new Error(message), { code })
  const errors = [{ code: 'invalid-argument', text: 'recorded' }]
  const done = Promise.resolve({ kind: 'failed', refused, errors, log: [] })
  return { title: 'TensorRT 10.15', addon: { build: () => ({ done, cancel: () => {} }) } } as unknown as OpenedTensorRt
}

it.each([
  ['TRT_NETWORK', 'TENSORRT_NETWORK_REFUSED', /refuses the network: unary 'a' \(layer 3\): wrong$/],
  ['TRT_PLUGIN', 'TENSORRT_PLUGIN_UNAVAILABLE', /makes no plugin of the network: unary 'a' \(layer 3\): wrong$/],
  ['TRT_CONFIG', 'TENSORRT_OPTION_REFUSED', /refuses the options: .*wrong; recorded$/],
  ['TRT_PROFILE', 'TENSORRT_PROFILE_INVALID', /The shapes of the network cannot be built/],
  ['NATIVE_MEMORY', 'OUT_OF_MEMORY', /wrong/],
])('what an addon calls %s is %s', async (native, code, message) => {
  const library = libraryThatRefuses(native, "unary 'a' (layer 3): wrong")
  const context = { model: 'the network', logger: silentLogger, signal: undefined }
  await expect(runBuild(library, {}, context)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    cause: { code: native },
    engineLog: ['recorded'],
  })
})
