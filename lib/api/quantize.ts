import type { CalibrationWarning } from '../calibration/calibration-warning.js'
import { type CollectedStatistics, collectStatistics } from '../calibration/collect-statistics.js'
import { engineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { findQuantization } from '../graph/find-quantization.js'
import { foldGraph } from '../graph/folding/fold-graph.js'
import type { Graph } from '../graph/graph.js'
import { graphFromOnnx } from '../graph/graph-from-onnx.js'
import { onnxFromGraph } from '../graph/onnx-from-graph.js'
import { raiseOpset } from '../graph/opset/raise-opset.js'
import { inferShapes } from '../graph/shapes/infer-shapes.js'
import { encodeOnnxModel, type LoadedModel, loadOnnxModel, saveOnnxModel } from '../model/onnx-file.js'
import { ignoredScopeSchema, resolveIgnoredScope } from '../quantization/ignored-scope.js'
import { quantizeGraph } from '../quantization/quantize-graph.js'
import { type QuantizeOptions, type QuantizeSettings, quantizeSchema } from '../quantization/quantize-options.js'
import type { SkippedNode } from '../quantization/quantizer.js'
import { targets } from '../quantization/targets/targets.js'
import { openCalibrationSource } from './calibration-source.js'
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

type Facts = Pick<QuantizeResult, 'operators' | 'float' | 'activations'> & { readonly collected: CollectedStatistics }

/** Observes the graph and quantizes it. */
async function calibrate(
  settings: QuantizeSettings,
  run: QuantizeRun,
  graph: Graph,
  ignored: ReturnType<typeof resolveIgnoredScope>,
): Promise<{ facts: Omit<Facts, 'collected'>; collected: CollectedStatistics }> {
  const { calibration, shapes, signal } = settings
  const inputs = graph.inputs.map((input) => ({
    name: input.name,
    elementType: input.elementType,
    shape: shapes?.[input.name] ?? input.shape,
  }))
  run.enter('samples')
  const source = await run.unlessAborted(openCalibrationSource(calibration, inputs, { signal }), (late) => late.close())
  try {
    const collected: CollectedStatistics[] = []
    const nodes = [...graph.nodes]
    const result = await quantizeGraph(
      graph,
      inferShapes(graph, shapes ? { inputs: shapes } : {}),
      {
        target: targets[settings.target],
        isSymmetric: isSymmetric(settings),
        estimator: settings.activations?.range ?? { statistic: 'minmax', aggregate: 'mean', outliers: 0.01 },
        biasCorrection: settings.biasCorrection,
        ignored,
      },
      async (points) => {
        run.enter('statistics')
        const found = await collectStatistics({
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
        run.enter('quantize')
        return found.statistics
      },
    )
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
    const [first] = collected as [CollectedStatistics]
    return { facts, collected: { ...first, warnings: [...first.warnings, ...warnings] } }
  } finally {
    await source.close()
  }
}

function isSymmetric({ preset, activations, target }: QuantizeSettings): boolean {
  if (activations?.mode !== undefined) return activations.mode === 'symmetric'
  if (preset !== undefined) return preset === 'performance'
  return !targets[target].allowsZeroPoint
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
      reused: false,
    },
    warnings: isPassed ? [] : facts.collected.warnings,
  }
  run.enter('done')
  return result
}
