import { engineryError } from '../../errors/enginery-error.js'
import { requireObject, requireText } from '../../errors/require-argument.js'
import { type CalibrationTable, readTableBytes } from './calibration-table.js'
import { checkCalibrationTable, isProblem, type TableExpectation, type TableFinding } from './check-table.js'
import { headerVersionOf } from './table-header.js'
import { readTableManifest } from './table-manifest.js'

/**
 * What to do with a table that does not fit what is built.
 *
 * - `refuse`: an error that names all that does not fit
 * - `use`: its scales are taken nevertheless, under the header that is needed; lines that hold no scale are left out
 * - `recalibrate`: as if there were none
 */
export type UnfitTablePolicy = 'refuse' | 'use' | 'recalibrate'

export interface ChosenTable {
  /** What the builder may see; null: calibrate. */
  readonly table: CalibrationTable | null
  readonly findings: readonly TableFinding[]
}

/**
 * Reads a calibration table for a build, and decides whether it is used.
 *
 * @param expected with `version`, such as `10.15.1`, the header that `use` writes where the file's does not fit
 * @throws CALIBRATION_TABLE_UNFIT, with `details.findings`; FILE_NOT_FOUND where it must be there (`refuse`), FILE_NOT_READ,
 * CALIBRATION_MANIFEST_INVALID
 */
export async function chooseCalibrationTable(
  path: string,
  expected: TableExpectation & { readonly version?: string | undefined },
  { onUnfit = 'refuse' }: { readonly onUnfit?: UnfitTablePolicy | undefined } = {},
): Promise<ChosenTable> {
  requireText(path, 'the path of a calibration table', 'path', chooseCalibrationTable)
  requireObject(expected, 'an object with what the table is for', 'expected', chooseCalibrationTable)
  const bytes = await readTableBytes(path)
  const manifest = await readTableManifest(path)
  const { table, findings } = checkCalibrationTable(bytes, manifest, expected)
  const problems = findings.filter(isProblem)
  if (problems.length === 0) return { table, findings }
  if (onUnfit === 'recalibrate') return { table: null, findings }
  if (onUnfit === 'use' && table !== null && table.scales.size > 0) return { table: adapt(table, expected), findings }
  throw unfitError(path, problems)
}

/** The error for a table that does not fit, with every problem. */
export function unfitError(path: string, problems: readonly TableFinding[]): Error {
  const lines = problems.map(({ text }) => `  - ${text}`).join('\n')
  return engineryError('CALIBRATION_TABLE_UNFIT', { path, problems: lines }, { details: { findings: problems } })
}

function adapt(
  table: CalibrationTable,
  expected: TableExpectation & { readonly version?: string | undefined },
): CalibrationTable {
  const { algorithm = table.algorithm, major, version } = expected
  if (major === undefined || table.major === major) return { ...table, algorithm }
  return { ...table, algorithm, major, version: headerVersionOf(version ?? `${major}.0`) ?? table.version }
}
