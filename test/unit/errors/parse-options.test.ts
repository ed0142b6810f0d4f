import { describe, expect, it } from 'vitest'
import { buildEngineSchema, withDefaultBackend } from '../../../lib/api/engines/build-options.js'
import type { EngineryError } from '../../../lib/errors/enginery-error.js'
import { parseOptions } from '../../../lib/errors/parse-options.js'

function buildEngine() {}

function problem(options: unknown): EngineryError {
  try {
    parseOptions(buildEngineSchema, withDefaultBackend(options), buildEngine)
  } catch (error) {
    return error as EngineryError
  }
  throw new Error('was accepted')
}

describe('parseOptions', () => {
  it('fills in the defaults', () => {
    const parsed = parseOptions(buildEngineSchema, withDefaultBackend({ model: 'a.onnx' }), buildEngine)
    expect(parsed).toMatchObject({ backend: 'openvino', model: 'a.onnx', device: 'CPU', precision: 'fp32' })
  })

  it.each([
    [{}, 'model', /received undefined/],
    [{ model: 7 }, 'model', /expected .*string/],
    [{ model: 'a', precisions: 'fp32' }, 'precisions', /no such option; there are device, precision, .*model/],
    [{ model: 'a', precision: 'int4' }, 'precision', /fp32/],
    [{ model: 'a', device: 'my gpu' }, 'device', /AUTO:GPU,CPU/],
    [{ model: 'a', hints: { streams: 0 } }, 'hints.streams', /./],
    [{ model: 'a', hints: { speed: 1 } }, 'hints.speed', /no such option; there are performance, .*streams/],
    [{ model: 'a', preprocess: { inputs: { x: { tensr: {} } } } }, 'preprocess.inputs.x.tensr', /there are .*tensor/],
    [{ model: 'a', shapes: { x: [1, 'three'] } }, /^shapes/, /./],
    [{ model: 'a', backend: 'cuda' }, 'backend', /./],
    [{ model: 'a', onProgress: 1 }, 'onProgress', /function/],
    [{ model: 'a', preprocess: { inputs: { x: { steps: [{ mena: 3 }] } } } }, /^preprocess\.inputs\.x/, /./],
    [null, '(options)', /null/],
  ])('names what is wrong in %j', (options, option, reason) => {
    const error = problem(options)
    expect(error.code).toBe('OPTION_INVALID')
    if (option instanceof RegExp) expect(error.details.option).toMatch(option)
    else expect(error.details.option).toBe(option)
    expect(error.message).toMatch(reason)
    expect(error.message).toContain('buildEngine')
  })
})
