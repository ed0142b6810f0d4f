import type { CalibrationWarning } from '../calibration/calibration-warning.js'
import type { SkippedPoint } from '../calibration/plan-reductions.js'
import { rangeEstimatorSchema } from '../calibration/range-estimator-options.js'
import { type ReusedStatistics, type ReuseOptions, reuseStatistics } from '../calibration/reuse-statistics.js'
import type { StatisticPoint } from '../calibration/statistic-points.js'
import { StatisticsCache } from '../calibration/statistics-cache.js'
import { engineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { findQuantization } from '../graph/find-quantization.js'
import { foldGraph } from '../graph/folding/fold-graph.js'
import type { Graph } from '../graph/graph.js'
import { graphFromOnnx } from '../graph/graph-from-onnx.js'
import type { GraphNode } from '../graph/graph-node.js'
import { onnxFromGraph } from '../graph/onnx-from-graph.js'
import { raiseOpset } from '../graph/opset/raise-opset.js'
import { type InferredShapes, inferShapes } from '../graph/shapes/infer-shapes.js'
import { logSafely, silentLogger } from '../logging/logger.js'
import { encodeOnnxModel, type LoadedModel, loadOnnxModel, saveOnnxModel } from '../model/onnx-file.js'
import { ignoredScopeSchema, resolveIgnoredScope } from '../quantization/ignored-scope.js'
import { type QuantizationResult, type QuantizationSettings, quantizeGraph } from '../quantization/quantize-graph.js'
import { type QuantizeOptions, type QuantizeSettings, quantizeSchema } from '../quantization/quantize-options.js'
import type { SkippedNode } from '../quantization/quantizer.js'
import type { Target } from '../quantization/targets/target.js'
import { targets } from '../quantization/targets/targets.js'
import { type CalibrationSource, openCalibrationSource } from './calibration-source.js'
import { QuantizeRun } from './quantize-run.js'
import { openCalibrationModel } from './run-calibration-model.js'

export interface QuantizedOperator {
  readonly operator: string
  /** Nodes that compute on integers. */
  readonly quantized: number
  /** Nodes that could, and do not. */
  readonly float: number
}

export interface QuantizeResult {
  /** The quantized ONNX model. */
  readonly model: Uint8Array
  /** Where it was written. */
  readonly output: string | null
  readonly target: string
  readonly preset: 'performance' | 'mixed'
  /** true where the model was quantized already and is what came in. */
  readonly isPassed: boolean
  /** Most frequent first. */
  readonly operators: readonly QuantizedOperator[]
  /** Nodes left float, with the reason. */
  readonly float: readonly SkippedNode[]
  /** Tensors with a quantizer. */
  readonly activations: number
  readonly calibration: {
    readonly samples: number
    /** Of inputs; null where they differed. */
    readonly shapes: Readonly<Record<string, readonly number[]>> | null
    /** true where statistics of before were used. */
    readonly reused: boolean
  }
  readonly warnings: readonly CalibrationWarning[]
}

/**
 * Makes an INT8 model of a float one: QuantizeLinear and DequantizeLinear around what the target computes on integers,
 * INT8 weights. The same call gives the same bytes.
 *
 * @throws OPTION_INVALID; the MODEL_, EXTERNAL_DATA_ and OPSET_ codes, OPERATORS_NOT_RAISED; MODEL_QUANTIZED;
 * IGNORED_SCOPE_UNMATCHED; the CALIBRATION_, DATASET_, NPY_, NPZ_ and PREPROCESS_ codes; FILE_NOT_WRITTEN; CALLBACK_FAILED;
 * ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED; OUT_OF_MEMORY
 * @example
 * await quantize({ model: 'yolox.onnx', calibration: { data: 'calib.npy', samples: 300 }, output: 'yolox.int8.onnx' })
 */
export async function quantize(options: QuantizeOptions): Promise<QuantizeResult> {
  const settings = parseOptions(quantizeSchema, options, quantize)
  try {
    return await quantizeModel(settings)
  } catch (error) {
    // Shapes in damaged files ask for any length.
    if (!(error instanceof RangeError) || !/allocation|length/i.test(error.message)) throw error
    throw engineryError('OUT_OF_MEMORY', { reason: `quantizing: ${error.message}` }, { cause: error })
  }
}

async function quantizeModel(settings: QuantizeSettings): Promise<QuantizeResult> {
  const run = new QuantizeRun(settings.signal, settings.onProgress)
  run.enter('read')
  const name = typeof settings.model === 'string' ? settings.model : `The model of ${settings.model.length} bytes`
  const loaded = await loadOnnxModel(settings.model)
  const original = graphFromOnnx(loaded, name)
  const before = findQuantization(original)
  if (before !== null) {
    if (settings.onQuantized === 'refuse')
      throw engineryError('MODEL_QUANTIZED', { model: name, operators: Object.keys(before.operators) })
    return await finish(settings, run, loaded, { isPassed: true })
  }
  run.enter('fold')
  const raised = raiseOpset(original, name)
  const { graph, steps } = foldGraph(raised.graph)
  const ignored = resolveIgnoredScope({ original, graph, steps }, ignoredScopeSchema.parse(settings.ignored ?? {}))
  const { facts, collected } = await calibrate(settings, run, graph, ignored)
  run.enter('write')
  return await finish(settings, run, onnxFromGraph(graph), { ...facts, collected })
}

type Facts = Pick<QuantizeResult, 'operators' | 'float' | 'activations'> & { readonly collected: ReusedStatistics }

/** Observes the graph and quantizes it. */
async function calibrate(
  settings: QuantizeSettings,
  run: QuantizeRun,
  graph: Graph,
  ignored: ReturnType<typeof resolveIgnoredScope>,
): Promise<{ facts: Omit<Facts, 'collected'>; collected: ReusedStatistics }> {
  const { calibration, shapes, signal } = settings
  const inputs = graph.inputs.map((input) => ({
    name: input.name,
    elementType: input.elementType,
    shape: shapes?.[input.name] ?? input.shape,
  }))
  run.enter('samples')
  const source = await run.unlessAborted(openCalibrationSource(calibration, inputs, { signal }), (late) => late.close())
  try {
    const kept = await run.unlessAborted(keepStatistics(settings, source))
    const collected: ReusedStatistics[] = []
    const nodes = [...graph.nodes]
    const collect = async (points: readonly StatisticPoint[]) => {
      run.enter('statistics')
      const found = await reuseStatistics({
        ...kept,
        graph,
        points,
        samples: source.isRepeatable ? source.samples : source.samples(),
        openModel: openCalibrationModel,
        shapes,
        isDynamic: calibration.dynamic,
        onNotFinite: calibration.onNotFinite,
        memoryLimit: calibration.memoryLimit,
        signal,
        onProgress: ({ pass, passes, samples }) => {
          const total = source.count ?? undefined
          const part = total === undefined ? 0 : (pass + samples / total) / passes
          run.enter('statistics', part, { done: samples, ...(total !== undefined && { total }) })
        },
      })
      collected.push(found)
      return found
    }
    const how = {
      target: targetOf(settings),
      isSymmetric: isSymmetric(settings),
      estimator: settings.activations?.range ?? rangeEstimatorSchema.parse(targets[settings.target].estimator),
      biasCorrection: settings.biasCorrection,
      channelAlignment: settings.channelAlignment,
      perChannel: settings.weights?.perChannel ?? true,
    }
    const result = await quantizeObservable(graph, inferShapes(graph, shapes ? { inputs: shapes } : {}), how, {
      ignored,
      isRepeatable: source.isRepeatable,
      collect,
    })
    run.enter('quantize')
    const quantized = new Set(result.placement.weights.map(({ use }) => use.node))
    for (const { uses } of result.placement.activations) {
      for (const { node } of uses) if (node.is('Conv', 'ConvTranspose', 'Gemm', 'MatMul')) quantized.add(node)
    }
    const float = result.placement.skipped
    const facts = {
      operators: countOperators(
        nodes.filter((node) => quantized.has(node)).map((node) => node.operator),
        float.map(({ operator }) => operator),
      ),
      float,
      activations: result.placement.activations.length,
    }
    const warnings = source.broken.map(({ id, reason }) => ({
      code: 'PICTURE_BROKEN',
      message: `${id} could not be read: ${reason}`,
      why: 'The ranges are of the others alone.',
    }))
    const last = collected.at(-1) as ReusedStatistics
    return { facts, collected: { ...last, warnings: [...last.warnings, ...warnings] } }
  } finally {
    await source.close()
  }
}

/** Tensors that turned out not to be observable, while nothing was changed yet. */
class UnobservableError extends Error {
  constructor(readonly skipped: readonly SkippedPoint[]) {
    super('some tensors cannot be observed')
  }
}

// Each leaves out what reads a tensor, so that quantizers may move to the next one.
const mostAttempts = 8

/**
 * Quantizes, and leaves nodes float whose inputs cannot be observed: then statistics are collected anew.
 *
 * @throws CALIBRATION_POINT_INVALID where samples cannot be read again
 */
async function quantizeObservable(
  graph: Graph,
  shapes: InferredShapes,
  how: Omit<QuantizationSettings, 'ignored'>,
  observing: {
    readonly ignored: ReadonlyMap<GraphNode, string>
    readonly isRepeatable: boolean
    readonly collect: (points: readonly StatisticPoint[]) => Promise<ReusedStatistics>
  },
): Promise<QuantizationResult> {
  const ignored = new Map(observing.ignored)
  for (let attempt = 1; ; attempt++) {
    try {
      return await quantizeGraph(graph, shapes, { ...how, ignored }, async (points) => {
        const found = await observing.collect(points)
        // A mean that is missing corrects no bias, and that is all.
        const skipped = found.skipped.filter(({ point }) => point.kind !== 'channel-mean')
        if (skipped.length > 0) throw new UnobservableError(skipped)
        return found.statistics
      })
    } catch (error) {
      if (!(error instanceof UnobservableError)) throw error
      for (const { point, reason } of error.skipped) {
        const { tensor } = point
        if (!observing.isRepeatable || attempt === mostAttempts)
          throw engineryError('CALIBRATION_POINT_INVALID', { tensor, reason })
        for (const node of graph.tensors.get(tensor)?.consumers ?? [])
          ignored.set(node, `its input ${tensor} cannot be observed: ${reason}`)
      }
    }
  }
}

/** Where statistics are kept, and what tells their data; reading that takes time, and is left out where nothing is kept. */
async function keepStatistics(
  { calibration, logger = silentLogger }: QuantizeSettings,
  source: CalibrationSource,
): Promise<Pick<ReuseOptions, 'data' | 'preprocess' | 'path' | 'cache'>> {
  const { preprocess } = source
  const { stats, cache } = calibration
  if (stats === undefined && !cache) return { data: '', preprocess }
  const data = await source.identity()
  if (data === null && stats === undefined) {
    logSafely(logger, 'warn', 'statistics are not kept: no file holds the samples, and calibration.id does not name them')
    return { data: '', preprocess }
  }
  if (data === null) {
    const reason = 'expected a name for samples that no file holds, so that their statistics can be told from others'
    throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.id', reason })
  }
  return {
    data,
    preprocess,
    ...(stats !== undefined ? { path: stats } : { cache: new StatisticsCache({ dir: cache as string, logger }) }),
  }
}

function targetOf({ target, weights }: QuantizeSettings): Target {
  const { addsPairsIn16Bits } = targets[target]
  return { ...targets[target], addsPairsIn16Bits: weights?.overflowSafe ?? addsPairsIn16Bits }
}

function isSymmetric({ preset, activations, target }: QuantizeSettings): boolean {
  if (activations?.mode !== undefined) return activations.mode === 'symmetric'
  if (preset !== undefined) return preset === 'performance'
  return targets[target].activationType === 'i8'
}

function countOperators(quantized: readonly string[], float: readonly string[]): QuantizedOperator[] {
  const counts = new Map<string, { operator: string; quantized: number; float: number }>()
  const countOf = (operator: string) => {
    const count = counts.get(operator) ?? { operator, quantized: 0, float: 0 }
    counts.set(operator, count)
    return count
  }
  for (const operator of quantized) countOf(operator).quantized++
  for (const operator of float) countOf(operator).float++
  return [...counts.values()].sort((a, b) => b.quantized + b.float - a.quantized - a.float || (a.operator < b.operator ? -1 : 1))
}

async function finish(
  settings: QuantizeSettings,
  run: QuantizeRun,
  model: LoadedModel,
  facts: Facts | { readonly isPassed: true },
): Promise<QuantizeResult> {
  const { output, target } = settings
  run.refuseAborted()
  if (output !== undefined) await saveOnnxModel(output, model)
  const isPassed = 'isPassed' in facts
  const nothing = { operators: [], float: [], activations: 0 }
  const result: QuantizeResult = {
    model: encodeOnnxModel(model),
    output: output ?? null,
    target,
    preset: isSymmetric(settings) ? 'performance' : 'mixed',
    isPassed,
    ...(isPassed ? nothing : { operators: facts.operators, float: facts.float, activations: facts.activations }),
    calibration: {
      samples: isPassed ? 0 : facts.collected.sampleCount,
      shapes: isPassed ? {} : facts.collected.shapes,
      reused: !isPassed && facts.collected.passes === 0,
    },
    warnings: isPassed ? [] : facts.collected.warnings,
  }
  run.enter('done')
  return result
}
