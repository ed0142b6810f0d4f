import { z } from 'zod'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { SkippedPoint } from '../../calibration/plan-reductions.js'
import { kindsNeededBy, type RangeEstimator, rangeEstimatorSchema } from '../../calibration/range-estimator-options.js'
import { type ReuseOptions, reuseStatistics } from '../../calibration/reuse-statistics.js'
import type { StatisticPoint } from '../../calibration/statistic-points.js'
import { StatisticsCache } from '../../calibration/statistics-cache.js'
import type { CalibrationTable } from '../../calibration/tensorrt/calibration-table.js'
import { scaleConstants } from '../../calibration/tensorrt/constant-scales.js'
import { estimatorOf, type TableTensor, tableFromStatistics } from '../../calibration/tensorrt/table-from-statistics.js'
import { expectedVersion, headerVersionOf, writableAlgorithms } from '../../calibration/tensorrt/table-header.js'
import { saveCalibrationTable, type TableManifest, type TableOrigin } from '../../calibration/tensorrt/table-manifest.js'
import { listInputCopies, listSameElements, listTableTensors } from '../../calibration/tensorrt/table-tensors.js'
import { engineryError } from '../../errors/enginery-error.js'
import { bytesSchema, callbackSchema } from '../../errors/option-schemas.js'
import { parseOptions } from '../../errors/parse-options.js'
import { reportProgress } from '../../errors/report-progress.js'
import { unlessAborted } from '../../errors/unless-aborted.js'
import { cloneGraph } from '../../graph/clone-graph.js'
import { findQuantization } from '../../graph/find-quantization.js'
import { removeIdentities } from '../../graph/folding/remove-identities.js'
import type { Graph } from '../../graph/graph.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { raiseOpset } from '../../graph/opset/raise-opset.js'
import { type Logger, logSafely, silentLogger } from '../../logging/logger.js'
import { digestModel } from '../../model/model-digest.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import { calibrationSchema } from '../../quantization/quantize-options.js'
import { type CalibrationSource, openCalibrationSource } from '../calibration/calibration-source.js'
import { openCalibrationModel } from '../quantization/run-calibration-model.js'

/** Histograms of all tensors at once would take gigabytes; then the samples are read more than once. */
const usualMemoryLimit = 2 ** 30

const createCalibrationTableSchema = z.strictObject({
  model: z.union([z.string().min(1), bytesSchema]).describe('the float ONNX model that TensorRT will get'),
  calibration: calibrationSchema,
  output: z.string().min(1).optional().describe('file for the table; its manifest is written beside it'),
  calibrator: z
    .enum(writableAlgorithms)
    .default('entropy2')
    .describe('calibrator that the table is for: TensorRT refuses those of another'),
  range: rangeEstimatorSchema
    .optional()
    .describe('how observed values become a range; default: as that calibrator does, of inputs the whole range'),
  tensorrt: z
    .string()
    .refine((version) => headerVersionOf(version) !== null, expectedVersion)
    .default('10.15.1')
    .describe('version for the header; TensorRT takes tables of its own major'),
  shapes: z
    .record(z.string(), z.array(z.int().min(1)))
    .optional()
    .describe('of inputs that the model leaves open'),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: TableProgress) => void>().optional(),
  logger: z.custom<Logger>((value) => typeof value === 'object' && value !== null, 'expected a logger').optional(),
})

export type CreateCalibrationTableOptions = z.input<typeof createCalibrationTableSchema>
type Settings = z.output<typeof createCalibrationTableSchema>

export interface TableProgress {
  /** 0 to 1. */
  readonly fraction: number
  /** Samples done in this pass over them, and of how many where somebody knows. */
  readonly done: number
  readonly total?: number
  readonly pass: number
  readonly passes: number
}

export interface CreatedCalibrationTable {
  readonly table: CalibrationTable
  /** What the table was made from; beside the file where one was written. */
  readonly origin: TableOrigin
  readonly manifest: TableManifest | null
  readonly output: string | null
  readonly samples: number
  /** Tensors that TensorRT will want a scale for and the table has none, with the reason. */
  readonly missing: readonly { readonly tensor: string; readonly reason: string }[]
  readonly warnings: readonly CalibrationWarning[]
}

/**
 * Makes a calibration table for TensorRT 8 to 10 without a GPU and without TensorRT: the float model runs on OpenVINO, and
 * each tensor of the file gets the scale of its observed range. TensorRT, trtexec (`--calib`) and Polygraphy read it.
 *
 * The model is observed as it is in the file, nothing folded, since TensorRT asks by the names there.
 *
 * @throws OPTION_INVALID; the MODEL_, EXTERNAL_DATA_ and OPSET_ codes, OPERATORS_NOT_RAISED; MODEL_QUANTIZED; the CALIBRATION_,
 * DATASET_, NPY_, NPZ_ and PREPROCESS_ codes; FILE_NOT_WRITTEN; CALLBACK_FAILED; ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED
 * @example
 * await createCalibrationTable({ model: 'yolox.onnx', calibration: { data: 'calib.npy' }, output: 'yolox.calib' })
 */
export async function createCalibrationTable(options: CreateCalibrationTableOptions): Promise<CreatedCalibrationTable> {
  const settings = parseOptions(createCalibrationTableSchema, options, createCalibrationTable)
  const { model, calibration, calibrator: algorithm, output, signal } = settings
  const abortable = <T>(promise: Promise<T>, discard?: (late: T) => unknown) =>
    unlessAborted(promise, signal, 'Creating a calibration table', discard)
  const name = typeof model === 'string' ? model : `The model of ${model.length} bytes`
  const graph = await readFloatGraph(model, name)
  const estimator = settings.range ?? estimatorOf(algorithm)
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({
    name,
    elementType,
    shape: settings.shapes?.[name] ?? shape,
  }))
  const source = await abortable(openCalibrationSource(calibration, inputs, { signal }), (late) => late.close())
  try {
    const data = await abortable(source.identity())
    const observed = prepareObserved(graph, name)
    const tensors = planTable(graph, observed, { estimator, isChosen: settings.range !== undefined })
    const points = new Map<string, StatisticPoint>()
    for (const { source, estimator } of tensors) {
      for (const kind of kindsNeededBy(estimator)) points.set(`${kind.kind} ${source}`, { tensor: source, ...kind })
    }
    const collected = await reuseStatistics({
      ...collecting(settings, source, data),
      graph: observed,
      points: [...points.values()],
    })
    const version = headerVersionOf(settings.tensorrt) as string
    const table = addConstants(tableFromStatistics(collected.statistics, tensors, { algorithm, version }), graph)
    const digest = await abortable(digestModel(typeof model === 'string' ? model : { bytes: model }, { signal }))
    const origin: TableOrigin = {
      model: { sha256: digest.sha256, name: typeof model === 'string' ? (model.split(/[\\/]/).at(-1) ?? null) : null },
      data,
      preprocess: source.preprocess,
      samples: collected.sampleCount,
      calibrator: { algorithm, by: 'enginery', options: { range: estimator } },
    }
    const manifest = output === undefined ? null : await saveCalibrationTable(output, table, origin)
    const broken = source.broken.map(({ id, reason }) => ({
      code: 'PICTURE_BROKEN',
      message: `${id} could not be read: ${reason}`,
      why: 'The ranges are of the others alone.',
    }))
    return {
      table,
      origin,
      manifest,
      output: output ?? null,
      samples: collected.sampleCount,
      missing: listMissing(tensors, table, collected.skipped),
      warnings: [...collected.warnings, ...broken],
    }
  } finally {
    await source.close()
  }
}

async function readFloatGraph(model: string | Uint8Array, name: string): Promise<Graph> {
  const graph = graphFromOnnx(await loadOnnxModel(model, { weights: 'in-file' }), name)
  const before = findQuantization(graph)
  if (before !== null) throw engineryError('MODEL_QUANTIZED', { model: name, operators: Object.keys(before.operators) })
  return graph
}

/** The graph that runs: as the file has it, but for nodes that do nothing, which engines take out together with names. */
function prepareObserved(graph: Graph, name: string): Graph {
  const observed = cloneGraph(raiseOpset(graph, name).graph)
  removeIdentities.apply(observed)
  return observed
}

/** What is observed for each tensor of the table: of all with the same elements, the one that computes them. */
function planTable(
  graph: Graph,
  observed: Graph,
  { estimator, isChosen }: { readonly estimator: RangeEstimator; readonly isChosen: boolean },
): TableTensor[] {
  const copies = isChosen ? new Set<string>() : listInputCopies(graph)
  const whole = estimatorOf('minmax')
  return listTableTensors(graph).map((tensor) => {
    const same = listSameElements(graph.tensors.get(tensor) as GraphTensor)
    const source = same.find(({ name }) => observed.tensors.has(name))?.name ?? tensor
    return { tensor, source, estimator: copies.has(tensor) ? whole : estimator }
  })
}

/** From 10 on, constants have names that the file tells. */
function addConstants(table: CalibrationTable, graph: Graph): CalibrationTable {
  if ((table.major ?? 0) < 10) return table
  const scales = new Map(table.scales)
  for (const [tensor, scale] of scaleConstants(graph)) if (!scales.has(tensor)) scales.set(tensor, scale)
  return { ...table, scales }
}

function collecting(
  { calibration, shapes, signal, onProgress, logger = silentLogger }: Settings,
  source: CalibrationSource,
  data: string | null,
): Omit<ReuseOptions, 'graph' | 'points'> {
  const { stats, cache, dynamic, onNotFinite, memoryLimit } = calibration
  const isKept = stats !== undefined || (cache !== undefined && cache !== false)
  if (isKept && data === null) {
    logSafely(logger, 'warn', 'statistics are not kept: no file holds the samples, and calibration.id does not name them')
  }
  const total = source.count ?? undefined
  return {
    data: data ?? '',
    preprocess: source.preprocess,
    ...(data !== null && stats !== undefined && { path: stats }),
    ...(data !== null && stats === undefined && cache && { cache: new StatisticsCache({ dir: cache, logger }) }),
    samples: source.isRepeatable ? source.samples : source.samples(),
    openModel: openCalibrationModel,
    shapes,
    isDynamic: dynamic,
    onNotFinite,
    // What can be read once alone must fit at once.
    memoryLimit: memoryLimit ?? (source.isRepeatable ? usualMemoryLimit : undefined),
    signal,
    onProgress: ({ pass, passes, samples }) => {
      if (onProgress === undefined) return
      const part = total === undefined ? 0 : Math.min(samples / total, 1)
      const progress = { fraction: (pass + part) / passes, done: samples, pass, passes }
      reportProgress(onProgress, { ...progress, ...(total !== undefined && { total }) })
    },
  }
}

function listMissing(
  tensors: readonly TableTensor[],
  table: CalibrationTable,
  skipped: readonly SkippedPoint[],
): { tensor: string; reason: string }[] {
  const reasons = new Map(skipped.map(({ point, reason }) => [point.tensor, reason]))
  return tensors
    .filter(({ tensor }) => !table.scales.has(tensor))
    .map(({ tensor, source }) => ({ tensor, reason: reasons.get(source) ?? 'nothing was observed of it' }))
}
