import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeCalibrationTable, parseCalibrationTable } from '../../../../lib/calibration/tensorrt/calibration-table.js'
import { checkCalibrationTable, type TableExpectation } from '../../../../lib/calibration/tensorrt/check-table.js'
import { chooseCalibrationTable } from '../../../../lib/calibration/tensorrt/choose-table.js'
import {
  parseTableManifest,
  readTableManifest,
  saveCalibrationTable,
  type TableOrigin,
  tableManifestPathOf,
} from '../../../../lib/calibration/tensorrt/table-manifest.js'
import { writtenByTensorRt } from './table-lines.js'

const table = parseCalibrationTable(Buffer.from(writtenByTensorRt))
const model = 'a'.repeat(64)
const origin: TableOrigin = {
  model: { sha256: model, name: 'x.onnx' },
  data: 'd1',
  preprocess: null,
  samples: 32,
  calibrator: { algorithm: 'entropy2', by: 'enginery', options: { range: { statistic: 'entropy' } } },
}
const fitting: TableExpectation = {
  model,
  data: 'd1',
  preprocess: null,
  algorithm: 'entropy2',
  major: 8,
  tensors: ['x', '/conv1/Conv_output_0', 'images:0', 'y'],
}

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-manifest-'))
  path = join(folder, 'x.calib')
})
afterEach(() => rm(folder, { recursive: true }))

describe('a manifest', () => {
  it('says what a table was made from, beside it', async () => {
    const manifest = await saveCalibrationTable(path, table, origin)
    expect(tableManifestPathOf(path)).toBe(`${path}.json`)
    expect(await readTableManifest(path)).toEqual(manifest)
    expect(manifest).toMatchObject({ ...origin, versions: { tensorrt: '8510' } })
    expect(await readFile(path, 'utf8')).toBe(writtenByTensorRt)
  })

  it('is null where there is none', async () => {
    expect(await readTableManifest(path)).toBeNull()
  })

  it.each([
    ['', 'it is empty'],
    ['{', 'it is no JSON'],
    ['null', 'it is no manifest of a calibration table'],
    ['{"kind":"enginery-engine"}', 'it is no manifest of a calibration table'],
    ['{"kind":"enginery-calibration-table","manifestVersion":2}', 'it has version 2'],
    ['{"kind":"enginery-calibration-table","manifestVersion":1}', 'createdAt'],
  ])('is refused where it is none: %j', (text, reason) => {
    expect(() => parseTableManifest(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_MANIFEST_INVALID', message: expect.stringContaining(reason) }),
    )
  })
})

describe('checking a table', () => {
  const kindsOf = async (expected: TableExpectation, bytes: Uint8Array = encodeCalibrationTable(table)) => {
    await saveCalibrationTable(path, table, origin)
    const { findings } = checkCalibrationTable(bytes, await readTableManifest(path), expected)
    return findings.map(({ kind, level }) => `${level} ${kind}`)
  }

  it('finds nothing wrong with one that fits, also where TensorRT named what is in no file', async () => {
    expect(await kindsOf(fitting)).toEqual([])
    expect(await kindsOf({ tensors: ['x', 'y'], others: new Set(['images:0', '/conv1/Conv_output_0']) })).toEqual([])
  })

  it('notes names that no tensor has', async () => {
    expect(await kindsOf({ tensors: ['x', 'y'] })).toEqual(['note unknown'])
  })

  it.each<[string, TableExpectation, string[]]>([
    ['another model', { model: 'b'.repeat(64) }, ['problem model']],
    ['other samples', { data: 'd2' }, ['problem data']],
    ['samples that nothing tells', { data: null }, ['problem data']],
    ['another preprocessing', { preprocess: 'p' }, ['problem preprocess']],
    ['another calibrator', { algorithm: 'minmax' }, ['problem algorithm']],
    ['another major', { major: 10 }, ['problem major']],
    ['a major without calibrators', { major: 11 }, ['problem major']],
    ['tensors without a scale', { tensors: ['x', 'z'] }, ['problem missing', 'note unknown']],
    ['no tensor of the model', { tensors: ['z'] }, ['problem missing', 'problem model', 'note unknown']],
  ])('finds %s', async (_, expected, kinds) => {
    expect(await kindsOf(expected)).toEqual(kinds)
  })

  it('finds bytes that are not those of the manifest', async () => {
    const other = encodeCalibrationTable({ ...table, scales: new Map([['x', 1]]) })
    expect(await kindsOf({}, other)).toEqual(['problem changed'])
  })

  it('says that nothing tells where there is no manifest', () => {
    const { findings } = checkCalibrationTable(encodeCalibrationTable(table), null, { model })
    expect(findings).toMatchObject([{ kind: 'unaccounted', level: 'note' }])
  })

  it('tells of a broken line once, not as missing too', () => {
    const bytes = Buffer.from('TRT-8510-EntropyCalibration2\nx: zz\ny: 3f800000\n')
    const { findings } = checkCalibrationTable(bytes, null, { tensors: ['x', 'y'] })
    expect(findings).toMatchObject([{ kind: 'not-hex', line: 2, tensors: ['x'] }])
  })
})

describe('choosing a table for a build', () => {
  const broken = 'TRT-8510-MinMaxCalibration\nx: zz\ny: 3f800000\n'
  const needed = { algorithm: 'entropy2', major: 10, version: '10.15.1', tensors: ['x', 'y'] } as const

  it('gives one that fits', async () => {
    await saveCalibrationTable(path, table, origin)
    const chosen = await chooseCalibrationTable(path, fitting)
    expect(encodeCalibrationTable(chosen.table as NonNullable<typeof chosen.table>).toString()).toBe(writtenByTensorRt)
  })

  it('refuses one that does not, and names all that is wrong', async () => {
    await writeFile(path, broken)
    await expect(chooseCalibrationTable(path, needed)).rejects.toMatchObject({
      code: 'CALIBRATION_TABLE_UNFIT',
      message: expect.stringMatching(
        /not-hex|hexadecimal digits[\s\S]*EntropyCalibration2 is needed[\s\S]*TensorRT 10 is needed/,
      ),
      details: { findings: [{ kind: 'not-hex' }, { kind: 'algorithm' }, { kind: 'major' }] },
    })
  })

  it('uses it where told: under the header that is needed, without the lines that hold no scale', async () => {
    await writeFile(path, broken)
    const { table, findings } = await chooseCalibrationTable(path, needed, { onUnfit: 'use' })
    expect(encodeCalibrationTable(table as NonNullable<typeof table>).toString()).toBe(
      'TRT-101501-EntropyCalibration2\ny: 3f800000\n',
    )
    expect(findings.map(({ kind }) => kind)).toEqual(['not-hex', 'algorithm', 'major'])
  })

  it('calibrates anew where told', async () => {
    await writeFile(path, broken)
    expect(await chooseCalibrationTable(path, needed, { onUnfit: 'recalibrate' })).toMatchObject({ table: null })
  })

  it('refuses what holds no scale at all, whatever was told', async () => {
    await writeFile(path, 'nothing')
    await expect(chooseCalibrationTable(path, needed, { onUnfit: 'use' })).rejects.toMatchObject({
      code: 'CALIBRATION_TABLE_UNFIT',
    })
  })
})
