import { extname } from 'node:path'
import { z } from 'zod'
import { rangeEstimatorSchema } from '../../calibration/range-estimator-options.js'
import { decodeStatistics, isStatisticsFile } from '../../calibration/stats-file.js'
import {
  type CalibrationTable,
  parseCalibrationTable,
  readTableBytes,
  writeCalibrationTable,
} from '../../calibration/tensorrt/calibration-table.js'
import { rangesFromTable, scalesFromJson } from '../../calibration/tensorrt/json-ranges.js'
import { canEstimate, estimatorOf, tableFromStatistics } from '../../calibration/tensorrt/table-from-statistics.js'
import {
  expectedVersion,
  formatTableHeader,
  headerVersionOf,
  parseTableHeader,
  type TableHeader,
  writableAlgorithms,
} from '../../calibration/tensorrt/table-header.js'
import { digestTable, readTableManifest, saveCalibrationTable } from '../../calibration/tensorrt/table-manifest.js'
import { engineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import { replaceFile } from '../../model/replace-file.js'

const convertCalibrationCacheSchema = z.strictObject({
  output: z.string().min(1).optional().describe('.json: ranges; any other name: a table of TensorRT'),
  calibrator: z.enum(writableAlgorithms).optional().describe('for the header; default: as the input has it, else entropy2'),
  tensorrt: z
    .string()
    .refine((version) => headerVersionOf(version) !== null, expectedVersion)
    .optional()
    .describe('for the header; default: as the input has it, else 10.15.1'),
  range: rangeEstimatorSchema.optional().describe('how observed values become a range, where the input is statistics'),
})

export type ConvertCalibrationCacheOptions = z.input<typeof convertCalibrationCacheSchema>

export interface ConvertedCalibrationCache {
  readonly table: CalibrationTable
  readonly from: 'table' | 'ranges' | 'statistics'
  readonly output: string | null
}

const newestVersion = '10.15.1'

/**
 * Makes a calibration table, or a document of ranges, of another: tables of other versions, JSON ranges (ours, onnxruntime's
 * `calibration.json`, or plain ones), statistics (`.stats`) that `quantize` kept. A manifest goes with a table where the input
 * has one that fits it.
 *
 * Statistics are of the folded model: they have no scale for tensors that were folded away, which TensorRT then leaves float.
 *
 * @throws OPTION_INVALID; FILE_NOT_FOUND, FILE_NOT_READ, FILE_NOT_WRITTEN; CALIBRATION_TABLE_INVALID, RANGES_INVALID,
 * STATISTICS_INVALID, CALIBRATION_MANIFEST_INVALID
 * @example
 * await convertCalibrationCache('yolox.calib', { output: 'yolox.ranges.json' })
 */
export async function convertCalibrationCache(
  path: string,
  options: ConvertCalibrationCacheOptions = {},
): Promise<ConvertedCalibrationCache> {
  const settings = parseOptions(convertCalibrationCacheSchema, options, convertCalibrationCache)
  const bytes = await readTableBytes(path)
  const { table, from } = readAny(bytes, path, settings)
  const { output } = settings
  if (output === undefined) return { table, from, output: null }
  if (extname(output).toLowerCase() === '.json') {
    const text = `${JSON.stringify(rangesFromTable(table), null, 2)}\n`
    await replaceFile(output, async (file) => {
      await file.writeFile(text)
    })
    return { table, from, output }
  }
  const manifest = from === 'table' ? await readTableManifest(path) : null
  if (manifest === null || manifest.table.sha256 !== digestTable(bytes).sha256) await writeCalibrationTable(output, table)
  else {
    const { model, data, preprocess, samples, calibrator } = manifest
    await saveCalibrationTable(output, table, {
      model,
      data,
      preprocess,
      samples,
      calibrator: { ...calibrator, algorithm: table.algorithm },
    })
  }
  return { table, from, output }
}

type Settings = z.output<typeof convertCalibrationCacheSchema>

function readAny(bytes: Buffer, path: string, settings: Settings): Pick<ConvertedCalibrationCache, 'table' | 'from'> {
  if (isStatisticsFile(bytes)) return { table: tableOfStatistics(bytes, path, settings), from: 'statistics' }
  if (/^\s*[{[]/.test(bytes.toString('latin1', 0, 64))) {
    const { header, scales } = scalesFromJson(bytes.toString('utf8'), path)
    return { table: { ...headerFor(settings, header), scales }, from: 'ranges' }
  }
  const table = parseCalibrationTable(bytes, path)
  return { table: { ...table, ...headerFor(settings, table) }, from: 'table' }
}

function tableOfStatistics(bytes: Buffer, path: string, settings: Settings): CalibrationTable {
  const { statistics } = decodeStatistics(bytes, path)
  const header = headerFor(settings, null)
  const estimator = settings.range ?? estimatorOf(header.algorithm)
  const usable = [...statistics].filter(([, found]) => canEstimate(found, estimator)).map(([tensor]) => tensor)
  if (usable.length === 0) {
    const held = [...new Set([...statistics.values()].flatMap((found) => Object.keys(found)))].join(', ')
    const reason = `${estimator.statistic} needs other statistics than it holds (${held || 'none'}): try another range estimator`
    throw engineryError('STATISTICS_INVALID', { path, reason })
  }
  return tableFromStatistics(
    statistics,
    usable.map((tensor) => ({ tensor, source: tensor, estimator })),
    header,
  )
}

function headerFor({ calibrator, tensorrt }: Settings, given: Pick<TableHeader, 'algorithm' | 'version'> | null): TableHeader {
  const version = tensorrt === undefined ? given?.version : headerVersionOf(tensorrt)
  const algorithm = calibrator ?? given?.algorithm ?? 'entropy2'
  const line = formatTableHeader({ version: version ?? (headerVersionOf(newestVersion) as string), algorithm })
  const header = parseTableHeader(line)
  if (typeof header !== 'string') return header
  throw engineryError('RANGES_INVALID', { path: 'The version of the ranges', reason: header })
}
