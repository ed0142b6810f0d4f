import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { replaceFile } from '../../model/replace-file.js'
import { readPackageVersion } from '../../native/package-version.js'
import { type CalibrationTable, encodeCalibrationTable, writeCalibrationTable } from './calibration-table.js'
import { calibrationAlgorithmNames } from './table-header.js'

/** Raised whenever a manifest of before could be misread. */
export const tableManifestVersion = 1

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')

const originShape = {
  /** The float model, with all its files: `digestModel`. */
  model: z.object({ sha256: sha256Schema, name: z.string().nullable() }),
  /** Digest of the samples, or the name that the user gives them; null where nothing tells them. */
  data: z.string().nullable(),
  /** Digest of what was done to pictures; null where samples came as tensors. */
  preprocess: z.string().nullable(),
  /** That were observed; null where nobody counted. */
  samples: z.int().min(1).nullable(),
  calibrator: z.object({
    algorithm: z.enum(calibrationAlgorithmNames),
    /** Who found the ranges: `enginery`, or TensorRT itself. */
    by: z.string().min(1),
    /** How ranges were estimated, and what else decides them. */
    options: z.record(z.string(), z.json()),
  }),
}

const manifestSchema = z.object({
  kind: z.literal('enginery-calibration-table'),
  manifestVersion: z.literal(tableManifestVersion),
  createdAt: z.iso.datetime(),
  /** The table's own bytes, in the file beside this one. */
  table: z.object({ sha256: sha256Schema, bytes: z.int().min(0) }),
  ...originShape,
  /** `enginery`; `tensorrt` as the header of the table has it. */
  versions: z.record(z.string(), z.string()),
})

const originSchema = z.object(originShape)

/** What a table was made from. */
export type TableOrigin = Readonly<z.output<typeof originSchema>>
export type TableManifest = Readonly<z.output<typeof manifestSchema>>

/** Path of the manifest of a calibration table: `yolox.calib.json` of `yolox.calib`. */
export function tableManifestPathOf(path: string): string {
  return `${path}.json`
}

/**
 * Writes a table and, beside it, what it was made from. Each appears whole or not at all; the manifest knows the digest of
 * the table, so a pair of which only one was written is found out.
 *
 * @throws FILE_NOT_WRITTEN, CALIBRATION_TABLE_INVALID
 */
export async function saveCalibrationTable(path: string, table: CalibrationTable, origin: TableOrigin): Promise<TableManifest> {
  const bytes = encodeCalibrationTable(table, path)
  const manifest: TableManifest = {
    kind: 'enginery-calibration-table',
    manifestVersion: tableManifestVersion,
    createdAt: new Date().toISOString(),
    table: digestTable(bytes),
    ...originSchema.parse(origin),
    versions: { enginery: readPackageVersion(), tensorrt: table.version },
  }
  await writeCalibrationTable(path, table)
  await replaceFile(tableManifestPathOf(path), async (file) => {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
  })
  return manifest
}

export function digestTable(bytes: Uint8Array): TableManifest['table'] {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
}

/**
 * The manifest of a table; null where there is none.
 *
 * @throws CALIBRATION_MANIFEST_INVALID, FILE_NOT_READ
 */
export async function readTableManifest(path: string): Promise<TableManifest | null> {
  const manifestPath = tableManifestPathOf(path)
  let text: string
  try {
    text = await readFile(manifestPath, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw engineryError('FILE_NOT_READ', { path: manifestPath, reason: explainFileFailure(error) }, { cause: error })
  }
  return parseTableManifest(text, manifestPath)
}

/** @throws CALIBRATION_MANIFEST_INVALID with what is wrong and where */
export function parseTableManifest(text: string, path: string): TableManifest {
  const refuse = (reason: string, cause?: unknown) => engineryError('CALIBRATION_MANIFEST_INVALID', { path, reason }, { cause })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse(text.trim() === '' ? 'it is empty' : `it is no JSON: ${(error as Error).message}`, error)
  }
  const { kind, manifestVersion } = (json ?? {}) as { kind?: unknown; manifestVersion?: unknown }
  if (kind !== 'enginery-calibration-table') throw refuse('it is no manifest of a calibration table of enginery')
  if (manifestVersion !== tableManifestVersion) {
    throw refuse(`it has version ${JSON.stringify(manifestVersion)}, this enginery reads version ${tableManifestVersion}`)
  }
  const parsed = manifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`, parsed.error)
}
