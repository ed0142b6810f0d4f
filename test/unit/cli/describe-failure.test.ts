import { expect, it } from 'vitest'
import { describeFailure } from '../../../lib/cli/describe-failure.js'
import { engineryError } from '../../../lib/errors/enginery-error.js'

it('the cure of a model that is quantized names the flag of the command line', () => {
  const error = engineryError('MODEL_QUANTIZED', { model: 'a.onnx', operators: ['QuantizeLinear'] })
  expect(describeFailure(error, false)).toMatch(/\nhere: --pass /)
  expect(describeFailure(engineryError('ABORTED', { what: 'Quantizing' }), false)).not.toContain('here:')
})
