import type { LoadedModel } from '../../model/onnx-file.js'
import { readPackageVersion } from '../../native/package-version.js'

/**
 * A model that says in its metadata how it was quantized, under keys that begin with `enginery.`. Other metadata stays;
 * what the file said of its producer does too, as `enginery.source`.
 *
 * @param facts without a date or anything else that would differ the next time
 */
export function describeQuantization(model: LoadedModel, facts: Readonly<Record<string, unknown>>): LoadedModel {
  const version = readPackageVersion()
  const source = [model.producerName, model.producerVersion].filter((part) => part !== undefined && part !== '').join(' ')
  const texts = Object.entries({ version, ...facts, ...(source !== '' && { source }) }).map(
    ([key, value]) => [`enginery.${key}`, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  )
  const own = new Set<string>(texts.map(([key]) => key))
  const metadata = [
    ...model.metadata.filter(({ key }) => !own.has(key ?? '')),
    ...texts.map(([key, value]) => ({ key, value: Buffer.from(value, 'utf8') })),
  ]
  return { ...model, producerName: 'enginery', producerVersion: version, metadata }
}
