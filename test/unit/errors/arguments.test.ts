import { describe, expect, it } from 'vitest'
import * as enginery from '../../../lib/index.js'

// Callers without types: the argument named first is wrong.
const calls: Record<string, (functions: Record<string, (...values: unknown[]) => unknown>, wrong: unknown) => unknown> = {
  'bootstrapScore: model': ({ bootstrapScore }, wrong) => bootstrapScore?.(wrong),
  'bootstrapDifference: first': ({ bootstrapDifference }, wrong) => bootstrapDifference?.(wrong, wrong),
  'createCustomMetric: (options)': ({ createCustomMetric }, wrong) => createCustomMetric?.(wrong),
  'createPredictor: engine': ({ createPredictor }, wrong) => createPredictor?.(wrong, {}),
  'createPredictor: (options)': ({ createPredictor }, wrong) => createPredictor?.({ inputs: [] }, wrong),
  'encodeImage: (options)': ({ encodeImage }, wrong) => encodeImage?.({ width: 1, height: 1, data: new Uint8Array(3) }, wrong),
  'writeImage: path': ({ writeImage }, wrong) => writeImage?.(wrong, {}),
  'drawShapes: shapes': ({ drawShapes }, wrong) => drawShapes?.({ width: 1, height: 1, data: new Uint8Array(3) }, wrong),
  'dynamicRangesFromTable: table': ({ dynamicRangesFromTable }, wrong) => dynamicRangesFromTable?.(wrong),
  'dynamicRangesFromTable: table.scales': ({ dynamicRangesFromTable }, wrong) => dynamicRangesFromTable?.({ scales: wrong }),
  'rangesFromTable: table': ({ rangesFromTable }, wrong) => rangesFromTable?.(wrong),
  'encodeCalibrationTable: table': ({ encodeCalibrationTable }, wrong) => encodeCalibrationTable?.(wrong),
  'parseCalibrationTable: bytes': ({ parseCalibrationTable }, wrong) => parseCalibrationTable?.(wrong),
  'chooseCalibrationTable: path': ({ chooseCalibrationTable }, wrong) => chooseCalibrationTable?.(wrong, {}),
  'chooseCalibrationTable: expected': ({ chooseCalibrationTable }, wrong) => chooseCalibrationTable?.('table.calib', wrong),
  'inspectWithTensorRt: path': ({ inspectWithTensorRt }, wrong) => inspectWithTensorRt?.(wrong),
  'parseTrtexecOptions: args': ({ parseTrtexecOptions }, wrong) => parseTrtexecOptions?.(wrong),
  'writeOptimizationProfiles: path': ({ writeOptimizationProfiles }, wrong) => writeOptimizationProfiles?.(wrong, []),
  'writeOptimizationProfiles: profiles': ({ writeOptimizationProfiles }, wrong) => writeOptimizationProfiles?.('p.json', wrong),
  'writeWts: path': ({ writeWts }, wrong) => writeWts?.(wrong, []),
  'writeWts: weights': ({ writeWts }, wrong) => writeWts?.('w.wts', wrong),
  'readSamples: source': ({ readSamples }, wrong) => readSamples?.(wrong),
  'suppressBoxes: (options)': ({ suppressBoxes }, wrong) => suppressBoxes?.(new Float32Array(4), new Float32Array(1), wrong),
  'suppressRotated: (options)': ({ suppressRotated }, wrong) =>
    suppressRotated?.(new Float32Array(5), new Float32Array(1), wrong),
}

describe('arguments of another kind', () => {
  it.each(Object.keys(calls).flatMap((name) => [undefined, null, 1, true].map((wrong) => [name, wrong] as const)))(
    'are told of: %s is %s',
    async (name, wrong) => {
      const functions = enginery as unknown as Record<string, (...values: unknown[]) => unknown>
      const [caller, option] = name.split(': ') as [string, string]
      expect(functions[caller]).toBeTypeOf('function')
      const failure = await new Promise((resolve) => {
        Promise.resolve()
          .then(() => calls[name]?.(functions, wrong))
          .then(resolve, resolve)
      })
      expect(failure).toMatchObject({ code: 'OPTION_INVALID', details: { caller, option } })
    },
  )
})
