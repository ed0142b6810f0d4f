import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CalibrationTable,
  encodeCalibrationTable,
  parseCalibrationTable,
  readCalibrationTable,
  scanCalibrationTable,
  writeCalibrationTable,
} from '../../../../lib/calibration/tensorrt/calibration-table.js'
import { scaleFromHex, scaleToHex } from '../../../../lib/calibration/tensorrt/scale-hex.js'
import { headerVersionOf, parseTableHeader } from '../../../../lib/calibration/tensorrt/table-header.js'
import { isEngineryError } from '../../../../lib/errors/enginery-error.js'
import { writtenByTensorRt } from './table-lines.js'

const bytesOf = (text: string) => Buffer.from(text, 'utf8')
const problemsOf = (text: string | Uint8Array) =>
  scanCalibrationTable(typeof text === 'string' ? bytesOf(text) : text).problems.map(({ kind, line, tensor }) => [
    kind,
    line,
    tensor,
  ])

describe('calibration tables of TensorRT', () => {
  it('are read: names with colons, spaces and slashes, scales as big-endian float32', () => {
    const table = parseCalibrationTable(bytesOf(writtenByTensorRt))
    expect(table).toMatchObject({ version: '8510', major: 8, algorithm: 'entropy2' })
    expect([...table.scales.keys()]).toEqual([
      'x',
      '/conv1/Conv_output_0',
      'images:0',
      '(Unnamed Layer* 8) [Constant]_output',
      '(Unnamed Layer* 9) [Matrix Multiply]_output',
      'y',
    ])
    expect(table.scales.get('x')).toBe(Buffer.from('4000890a', 'hex').readFloatBE(0))
  })

  it.each([
    ['as it is', writtenByTensorRt],
    ['without an end of its last line', writtenByTensorRt.trimEnd()],
    ['with CRLF', writtenByTensorRt.replaceAll('\n', '\r\n')],
    ['with empty lines, capital digits and no spaces', 'TRT-101501-MinMaxCalibration\n\nx:3F800000\n\n\ny:  3c010a14 \n'],
    ['with short digits', 'TRT-7000-EntropyCalibration\nx: 800000\n'],
    ['with a line twice', 'TRT-8600-LegacyCalibration\nx: 3c010a14\nx: 3c010a14\n'],
    ['with a version that no TensorRT has', 'TRT-8XXX-EntropyCalibration2\nx: 3c010a14\n'],
    ['with a header alone', 'TRT-8XXX-EntropyCalibration2'],
  ])('come back byte for byte %s', (_, text) => {
    expect(encodeCalibrationTable(parseCalibrationTable(bytesOf(text))).toString('utf8')).toBe(text)
  })

  it('keep the lines that say the same when others change, are removed or added', () => {
    const table = parseCalibrationTable(bytesOf('TRT-8503-EntropyCalibration2\r\na:3F800000\r\nb: 3c010a14\r\nc: 3c010a14'))
    const scales = new Map(table.scales)
    scales.set('c', 0.5)
    scales.set('d', 2)
    scales.delete('b')
    const changed = encodeCalibrationTable({ ...table, scales, version: '101501' }).toString('utf8')
    expect(changed).toBe('TRT-101501-EntropyCalibration2\r\na:3F800000\r\nc: 3f000000\r\nd: 40000000\r\n')
  })

  it('of our own have one line for each tensor', () => {
    const table: CalibrationTable = { version: '8503', major: 8, algorithm: 'minmax', scales: new Map([['in put:0', 1 / 127]]) }
    expect(encodeCalibrationTable(table).toString('utf8')).toBe('TRT-8503-MinMaxCalibration\nin put:0: 3c010204\n')
  })

  it.each([
    ['', [['empty', 1, null]]],
    ['\n \n', [['empty', 1, null]]],
    ['x: 3f800000\n', [['header', 1, null]]],
    ['TRT-8503-EntropyCalibrator2\nx: 3f800000\n', [['header', 1, null]]],
    ['TRT-8503-EntropyCalibration2 \nx: 3f800000\n', [['header', 1, null]]],
    ['\ufeffTRT-8503-EntropyCalibration2\n', [['header', 1, null]]],
    [Buffer.from([0x54, 0x52, 0x54, 0xff]), [['encoding', 1, null]]],
    [
      'TRT-8503-EntropyCalibration2\na: 4.6586\nb: zzzzzzzz\nno colon\n: 3f800000\nc: 3f8000001\nd:\nok: 3f800000\n',
      [
        ['not-hex', 2, 'a'],
        ['not-hex', 3, 'b'],
        ['line', 4, null],
        ['line', 5, null],
        ['not-hex', 6, 'c'],
        ['not-hex', 7, 'd'],
      ],
    ],
    [
      'TRT-8503-EntropyCalibration2\r\na: 00000000\r\nb: 80000000\r\nc: 7fc00000\r\nd: 7f800000\r\ne: ff800000\r\nf: bf800000\r\n',
      [
        ['zero', 2, 'a'],
        ['zero', 3, 'b'],
        ['nan', 4, 'c'],
        ['infinite', 5, 'd'],
        ['negative', 6, 'e'],
        ['negative', 7, 'f'],
      ],
    ],
    ['TRT-8503-EntropyCalibration2\na: 3f800000\na: 3f000000\n', [['duplicate', 3, 'a']]],
  ])('are refused for what is wrong in them: %j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
    const bytes = typeof text === 'string' ? bytesOf(text) : text
    try {
      parseCalibrationTable(bytes, 'x.calib')
      expect.unreachable()
    } catch (error) {
      expect(isEngineryError(error, 'CALIBRATION_TABLE_INVALID')).toBe(true)
      expect((error as Error).message).toContain(`x.calib is no calibration table that can be used: line ${problems[0]?.[1]}: `)
    }
  })

  it('cannot be made of names with line breaks or of scales that TensorRT cannot divide by', () => {
    const make = (tensor: string, scale: number) => () =>
      encodeCalibrationTable({ version: '8503', major: 8, algorithm: 'entropy2', scales: new Map([[tensor, scale]]) })
    for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-300]) {
      expect(make('x', scale), String(scale)).toThrow(expect.objectContaining({ code: 'CALIBRATION_TABLE_INVALID' }))
    }
    expect(make('x\ny', 1)).toThrow(/without line breaks/)
    expect(make('', 1)).toThrow(/without line breaks/)
  })
})

describe('headers', () => {
  it.each([
    ['TRT-5105-EntropyCalibration2', 5],
    ['TRT-7103-MinMaxCalibration', 7],
    ['TRT-8601-EntropyCalibration', 8],
    ['TRT-8XXX-EntropyCalibration2', 8],
    ['TRT-10000-EntropyCalibration2', 10],
    ['TRT-100001-EntropyCalibration2', 10],
    ['TRT-101501-LegacyCalibration', 10],
    ['TRT-9-EntropyCalibration2', null],
  ])('%s is of major %s', (line, major) => {
    expect(parseTableHeader(line)).toMatchObject({ major })
  })

  it.each([
    ['8.5.3', '8503'],
    ['8.6.1.6', '8601'],
    ['10.15.1', '101501'],
    ['10.15', '101500'],
    ['ten', null],
    // It has no calibrators.
    ['11.0.0', null],
  ])('version %s is %s', (version, number) => {
    expect(headerVersionOf(version)).toBe(number)
  })
})

describe('scales as hexadecimal digits', () => {
  it('come back with the same bits', () => {
    for (const bits of [0x00000001, 0x00800000, 0x3c010a14, 0x3f800000, 0x7f7fffff]) {
      const hex = bits.toString(16).padStart(8, '0')
      expect(scaleToHex(scaleFromHex(hex) as number)).toBe(hex)
    }
  })
})

describe('files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-table-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are read and written without a trace of a temporary one', async () => {
    const path = join(folder, 'a.calib')
    await writeFile(path, writtenByTensorRt)
    const table = await readCalibrationTable(path)
    await writeCalibrationTable(join(folder, 'b.calib'), table)
    expect(await readFile(join(folder, 'b.calib'), 'utf8')).toBe(writtenByTensorRt)
    expect((await readdir(folder)).sort()).toEqual(['a.calib', 'b.calib'])
  })

  it('that are not there have a code', async () => {
    await expect(readCalibrationTable(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(readCalibrationTable(folder)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
    const table = parseCalibrationTable(bytesOf(writtenByTensorRt))
    await expect(writeCalibrationTable(join(folder, 'no', 'x'), table)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })
})
