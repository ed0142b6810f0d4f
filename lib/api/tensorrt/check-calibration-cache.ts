import { z } from 'zod'
import { readTableBytes } from '../../calibration/tensorrt/calibration-table.js'
import { type CheckedTable, checkCalibrationTable } from '../../calibration/tensorrt/check-table.js'
import { calibrationAlgorithmNames } from '../../calibration/tensorrt/table-header.js'
import { readTableManifest, type TableManifest } from '../../calibration/tensorrt/table-manifest.js'
import { listTableTensors } from '../../calibration/tensorrt/table-tensors.js'
import { parseOptions } from '../../errors/parse-options.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import { digestModel } from '../../model/model-digest.js'
import { loadOnnxModel } from '../../model/onnx-file.js'

const checkCalibrationCacheSchema = z.strictObject({
  model: z.string().min(1).optional().describe('float ONNX model that an engine is to be built of'),
  data: z.string().nullable().optional().describe('digest of the samples, or their name, as the manifest has it'),
  preprocess: z.string().nullable().optional().describe('digest of what is done to pictures, as the manifest has it'),
  calibrator: z.enum(calibrationAlgorithmNames).optional(),
  tensorrt: z
    .string()
    .refine((version) => majorOf(version) !== null, 'expected a version such as 10 or 10.15.1')
    .optional()
    .describe('version of the TensorRT that will read it'),
  signal: z.instanceof(AbortSignal).optional(),
})

export type CheckCalibrationCacheOptions = z.input<typeof checkCalibrationCacheSchema>

export interface CheckedCalibrationCache extends CheckedTable {
  /** Null where there is none beside the file. */
  readonly manifest: TableManifest | null
}

/**
 * Reads a calibration cache of TensorRT with its manifest, and holds it against what it is needed for. What does not fit is
 * in `findings`, it is no error.
 *
 * @throws OPTION_INVALID; FILE_NOT_FOUND, FILE_NOT_READ; CALIBRATION_MANIFEST_INVALID; the MODEL_ and EXTERNAL_DATA_ codes
 * @example
 * const { findings } = await checkCalibrationCache('yolox.calib', { model: 'yolox.onnx', tensorrt: '10.15' })
 */
export async function checkCalibrationCache(
  path: string,
  options: CheckCalibrationCacheOptions = {},
): Promise<CheckedCalibrationCache> {
  const { model, data, preprocess, calibrator, tensorrt, signal } = parseOptions(
    checkCalibrationCacheSchema,
    options,
    checkCalibrationCache,
  )
  const [bytes, manifest] = [await readTableBytes(path), await readTableManifest(path)]
  const expectedModel = model === undefined ? {} : await describeModel(model, signal)
  const checked = checkCalibrationTable(bytes, manifest, {
    ...expectedModel,
    data,
    preprocess,
    algorithm: calibrator,
    major: tensorrt === undefined ? undefined : (majorOf(tensorrt) ?? undefined),
  })
  return { ...checked, manifest }
}

async function describeModel(path: string, signal: AbortSignal | undefined) {
  const graph = graphFromOnnx(await loadOnnxModel(path, { weights: 'in-file' }), path)
  const { sha256 } = await digestModel(path, { signal })
  // From 10 on, constants and what the parser adds to a node are called after them.
  const stems = [...graph.tensors.keys(), ...[...graph.nodes].map(({ name }) => name)]
  const others = new Set(stems.map((name) => `${name}_output`))
  return { model: sha256, tensors: listTableTensors(graph), others }
}

function majorOf(version: string): number | null {
  // Also of versions that have no tables: to be told so is an answer.
  return /^\d{1,2}(\.\d{1,2}){0,2}(\.\d+)*$/.test(version) ? Number.parseInt(version, 10) : null
}
