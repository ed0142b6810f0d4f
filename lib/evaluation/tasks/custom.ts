import { z } from 'zod'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import { callbackSchema } from '../../errors/option-schemas.js'
import { parseOptions } from '../../errors/parse-options.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { DecodeContext, Decoder, TaskResult } from './task.js'

/** A user's decoder: a task result, or any other value, for each sample of the batch. */
export type CustomDecode = (outputs: Readonly<Record<string, Tensor>>, context: DecodeContext) => readonly unknown[]

export const customSchema = z.strictObject({
  decode: callbackSchema<CustomDecode>(),
})

export type CustomOptions = z.input<typeof customSchema>

const tasks: ReadonlySet<unknown> = new Set<TaskResult['task']>([
  'classification',
  'detection',
  'rotated-detection',
  'text-recognition',
  'text-detection',
  'embedding',
  'custom',
])

/**
 * A decoder of one's own. What it returns for a sample is taken as it is where it has the `task` of a result, and so
 * counts in that task's metrics; any other value becomes a custom result.
 *
 * @throws OPTION_INVALID; the decoder DECODE_RESULT_INVALID unless there is one result per sample
 */
export function createCustomDecoder(options: CustomOptions): Decoder {
  const { decode } = parseOptions(customSchema, options, createCustomDecoder)
  return (outputs, context) => {
    const results: unknown = decode(outputs, context)
    const expected = context.geometry.length
    if (!Array.isArray(results) || (expected > 0 && results.length !== expected)) {
      const received = Array.isArray(results) ? results.length : describeValue(results)
      throw engineryError('DECODE_RESULT_INVALID', { expected: expected || 'its', received })
    }
    return results.map((value) => (isResult(value) ? value : { task: 'custom', value }))
  }
}

function isResult(value: unknown): value is TaskResult {
  return typeof value === 'object' && value !== null && tasks.has((value as { task?: unknown }).task)
}
