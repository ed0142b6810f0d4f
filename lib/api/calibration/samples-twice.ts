import type { CalibrationSample, CalibrationSettings } from '../../quantization/quantize-options.js'
import { Tensor } from '../../tensor/tensor.js'
import { isTensor } from '../../tensor/tensor-internals.js'

/** As many are looked at twice: how far values reach settles early, and memory is bounded where they are kept. */
const mostOfSecond = 32

/**
 * Samples for two passes, the second over a part of them. Of samples that come but once, that part is kept in the first.
 */
export function readTwice(calibration: CalibrationSettings): Record<'first' | 'second', CalibrationSettings> {
  const { data, samples } = calibration
  const second = { ...calibration, samples: Math.min(samples, mostOfSecond) }
  if (typeof data !== 'object' || !('next' in data)) return { first: calibration, second }
  const once = data as unknown as AsyncIterable<CalibrationSample>
  const kept: CalibrationSample[] = []
  async function* keep(): AsyncGenerator<CalibrationSample, void, undefined> {
    for await (const sample of once) {
      // Before it is handed out: what is done with it there must not show here.
      if (kept.length < mostOfSecond) kept.push(copySample(sample))
      yield sample
    }
  }
  return { first: { ...calibration, data: keep() }, second: { ...second, data: kept } }
}

/** What is no sample is kept as it is: whoever reads it first refuses it. */
function copySample(sample: CalibrationSample): CalibrationSample {
  if (typeof sample !== 'object' || sample === null || isTensor(sample)) return sample
  return Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, copyValue(value)]))
}

function copyValue(value: CalibrationSample[string]): CalibrationSample[string] {
  if (isTensor(value)) return Tensor.copyOf(value)
  return ArrayBuffer.isView(value) ? (value.slice() as typeof value) : value
}
