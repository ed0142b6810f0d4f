import { stat } from 'node:fs/promises'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import {
  type CalibrationTable,
  encodeCalibrationTable,
  parseCalibrationTable,
} from '../../calibration/tensorrt/calibration-table.js'
import { chooseCalibrationTable } from '../../calibration/tensorrt/choose-table.js'
import type { CalibrationAlgorithm } from '../../calibration/tensorrt/table-header.js'
import { saveCalibrationTable } from '../../calibration/tensorrt/table-manifest.js'
import { BatchLayout, type CalibrationInput } from '../../engine/tensorrt/batch-layout.js'
import { CalibrationBatches } from '../../engine/tensorrt/calibration-batches.js'
import type { OpenedTensorRt } from '../../engine/tensorrt/open-library.js'
import { engineryError } from '../../errors/enginery-error.js'
import { type Logger, logSafely } from '../../logging/logger.js'
import type { CalibratorKind, NativeCalibration, NativeCalibrationResult } from '../../native/tensorrt-calibration.js'
import { type CalibrationSource, openCalibrationSource } from '../calibration/calibration-source.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

const algorithms: Record<CalibratorKind, CalibrationAlgorithm> = {
  entropy2: 'entropy2',
  entropy: 'entropy',
  minMax: 'minmax',
  legacy: 'legacy',
}

/** The calibration of one build by TensorRT's own calibrators. */
export interface NativeCalibrationRun {
  /** What is odd about the samples; complete when the build is over. */
  readonly warnings: readonly CalibrationWarning[]
  readonly request: NativeCalibration
  /** After a build that succeeded: keeps the table that TensorRT wrote. Answers its bytes; null where it wrote none. */
  finish(result: NativeCalibrationResult | undefined): Promise<Uint8Array | null>
  close(): Promise<void>
}

/**
 * Batches, a calibration table, or both for a calibrator of TensorRT 10. A table that does not fit is refused before the
 * builder sees it, unless `calibrator.onUnfit` says otherwise; without one, what TensorRT writes is kept.
 *
 * @param model SHA-256 of the model
 * @throws CALIBRATION_TABLE_UNFIT, CALIBRATION_MANIFEST_INVALID, OPTION_INVALID, and as reading calibration data does
 */
export async function openNativeCalibration(
  settings: BuildTensorRtSettings,
  library: OpenedTensorRt,
  model: string,
  inputs: readonly CalibrationInput[],
  logger: Logger,
): Promise<NativeCalibrationRun> {
  const { calibration, calibrator, signal } = settings
  const { kind = 'entropy2', cache: path, onUnfit } = calibrator ?? {}
  const source = calibration && (await openSource(calibration, inputs, signal))
  try {
    const expected = { model, algorithm: algorithms[kind], major: 10, version: library.version }
    let table: CalibrationTable | null = null
    if (path !== undefined && (await exists(path))) {
      // With samples at hand, a table of others is stale; without, nothing says which it should be of.
      const samples = source && { data: await source.identity(), preprocess: source.preprocess }
      table = (await chooseCalibrationTable(path, { ...expected, ...samples }, { onUnfit })).table
    }
    if (table === null && source === undefined) {
      const reason = 'expected samples to calibrate with, because there is no calibration table that can be used'
      throw engineryError('OPTION_INVALID', { caller: 'buildEngine', option: 'calibration', reason })
    }
    return startCalibration({ settings, model, inputs, logger, source, table })
  } catch (error) {
    await source?.close()
    throw error
  }
}

interface Calibrated {
  readonly settings: BuildTensorRtSettings
  readonly model: string
  readonly inputs: readonly CalibrationInput[]
  readonly logger: Logger
  readonly source: CalibrationSource | undefined
  readonly table: CalibrationTable | null
}

function startCalibration({ settings, model, inputs, logger, source, table }: Calibrated): NativeCalibrationRun {
  const { calibration, calibrator, signal } = settings
  const { kind = 'entropy2', cache: path } = calibrator ?? {}
  const batches = new CalibrationBatches({
    source: source ? source.samples : [],
    inputs,
    ...(calibration?.samples !== undefined && { maxSamples: calibration.samples }),
    signal,
  })
  const request: NativeCalibration = {
    kind,
    batchSize: batches.layout.batchSize,
    inputs: batches.layout.nativeInputs(),
    fillBatch: batches.fillBatch,
    ...(table && { cache: encodeCalibrationTable(table) }),
    ...(calibrator?.quantile !== undefined && { quantile: calibrator.quantile }),
    ...(calibrator?.regressionCutoff !== undefined && { regressionCutoff: calibrator.regressionCutoff }),
  }
  return {
    request,
    warnings: batches.warnings,
    async finish(result) {
      for (const { message } of batches.warnings) logSafely(logger, 'warn', message)
      if (!result?.cache) return table && encodeCalibrationTable(table)
      const bytes = new Uint8Array(result.cache)
      if (path !== undefined) await keep(path, parseCalibrationTable(bytes, path), model, kind, source, batches.used)
      return bytes
    },
    async close() {
      await batches.close()
      await source?.close()
    },
  }
}

async function openSource(
  calibration: NonNullable<BuildTensorRtSettings['calibration']>,
  inputs: readonly CalibrationInput[],
  signal: AbortSignal | undefined,
): Promise<CalibrationSource> {
  // Open where any number of samples does: an input may have no axis that counts them.
  const { expected } = new BatchLayout(inputs)
  return await openCalibrationSource(calibration, expected, { signal })
}

async function keep(
  path: string,
  table: CalibrationTable,
  model: string,
  kind: CalibratorKind,
  source: CalibrationSource | undefined,
  samples: number,
): Promise<void> {
  await saveCalibrationTable(path, table, {
    model: { sha256: model, name: null },
    data: (await source?.identity()) ?? null,
    preprocess: source?.preprocess ?? null,
    samples: samples > 0 ? samples : null,
    calibrator: { algorithm: algorithms[kind], by: 'tensorrt', options: {} },
  })
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
