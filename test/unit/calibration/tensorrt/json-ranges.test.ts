import { describe, expect, it } from 'vitest'
import { encodeCalibrationTable, parseCalibrationTable } from '../../../../lib/calibration/tensorrt/calibration-table.js'
import { dynamicRangesFromTable, rangesFromTable, scalesFromJson } from '../../../../lib/calibration/tensorrt/json-ranges.js'
import { writtenByTensorRt } from './table-lines.js'

const table = parseCalibrationTable(Buffer.from(writtenByTensorRt))

describe('ranges as JSON', () => {
  it('give the same table again', () => {
    const document = JSON.stringify(rangesFromTable(table))
    const { header, scales } = scalesFromJson(document, 'x.json')
    expect(header).toEqual({ algorithm: 'entropy2', version: '8510' })
    const again = encodeCalibrationTable({ ...table, source: undefined, scales })
    expect(again.toString()).toBe(writtenByTensorRt)
  })

  it('are exact for every scale: 2,000 drawn from all float32 between 2^-100 and 2^100', () => {
    const view = new DataView(new ArrayBuffer(4))
    for (let index = 0; index < 2000; index++) {
      view.setUint32(0, 0x0d800000 + index * 848_291)
      const scale = view.getFloat32(0)
      const { ranges } = rangesFromTable({ ...table, scales: new Map([['x', scale]]) })
      expect(scalesFromJson(JSON.stringify(ranges), 'x').scales.get('x')).toBe(scale)
    }
  })

  it('are what buildEngine takes as dynamic ranges', () => {
    const ranges = dynamicRangesFromTable({ scales: new Map([['in:0', 0.5]]) })
    expect(ranges).toEqual({ 'in:0': [-63.5, 63.5] })
  })

  it.each([
    ['pairs', '{"x":[-1,2.54]}'],
    ['ends', '{"x":{"min":-2.54,"max":1}}'],
    ['a magnitude', '{"x":2.54}'],
    ['onnxruntime before 1.18', '{"x":[-0.5,2.54]}'],
    [
      'onnxruntime',
      '{"CLS":"TensorsData","data":{"x":{"lowest":{"data":[-1],"dtype":"float32","CLS":"numpy.array"},"highest":{"data":[2.54],"dtype":"float32","CLS":"numpy.array"},"CLS":"TensorData"}},"calibration_method":{"CLS":"CalibrationMethod","value":"CalibrationMethod.MinMax"}}',
    ],
    [
      'onnxruntime with scalars',
      '{"CLS":"TensorsData","data":{"x":{"lowest":{"data":-1,"dtype":"float32","CLS":"numpy.array"},"highest":{"data":2.54,"dtype":"float32","CLS":"numpy.array"}}}}',
    ],
  ])('are read as %s', (_, text) => {
    const { header, scales } = scalesFromJson(text, 'x.json')
    expect(header).toBeNull()
    expect(scales).toEqual(new Map([['x', Math.fround(2.54 / 127)]]))
  })

  it.each([
    ['', 'it is empty'],
    ['{', 'it is no JSON'],
    ['[]', 'expected an object'],
    ['{}', 'it has no tensors'],
    ['{"x":"1"}', 'x: expected'],
    ['{"x":[1]}', 'x: expected'],
    ['{"x":[1,null]}', 'x: expected'],
    ['{"x":[0,1e39]}', 'within float32'],
    ['{"CLS":"TensorsData"}', 'data: expected'],
    ['{"kind":"enginery-ranges"}', 'algorithm'],
  ])('are refused where they are none: %s', (text, reason) => {
    expect(() => scalesFromJson(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'RANGES_INVALID', message: expect.stringContaining(reason) }),
    )
  })
})
