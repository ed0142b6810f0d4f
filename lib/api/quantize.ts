import type { NamedTensors } from '../calibration/calibration-runner.js'
import type { CalibrationWarning } from '../calibration/calibration-warning.js'
import { rangeEstimatorSchema } from '../calibration/range-estimator-options.js'
import type { ReusedStatistics } from '../calibration/reuse-statistics.js'
import { engineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { findQuantization } from '../graph/find-quantization.js'
import { foldGraph } from '../graph/folding/fold-graph.js'
import { graphFromOnnx } from '../graph/graph-from-onnx.js'
import type { GraphNode } from '../graph/graph-node.js'
import { onnxFromGraph } from '../graph/onnx-from-graph.js'
import { raiseOpset } from '../graph/opset/raise-opset.js'
import { type LoadedModel, loadOnnxModel, saveOnnxModel } from '../model/onnx-file.js'
import { ignoredScopeSchema, resolveIgnoredScope } from '../quantization/ignored-scope.js'
import type { QuantizationResult, QuantizationSettings } from '../quantization/quantize-graph.js'
import { type QuantizeOptions, type QuantizeSettings, quantizeSchema } from '../quantization/quantize-options.js'
import type { SkippedNode } from '../quantization/quantizer.js'
import { findRecipes, leaveFloat } from '../quantization/recipes/recipes.js'
import type { Target } from '../quantization/targets/target.js'
import { targets } from '../quantization/targets/targets.js'
import { describeQuantization } from './describe-quantization.js'
import { encodeWhenAsked, withModel } from './encode-when-asked.js'
import { type MeasuredSpeed, measureSpeed, warnOfCpu, warnOfSpeed } from './measure-speed.js'
import { quantizeObserved } from './quantize-observed.js'
import { QuantizeRun } from './quantize-run.js'

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
  /** With the option `measure`: whether INT8 pays on this CPU. */
  readonly speed: MeasuredSpeed | null
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
  const loaded = await loadOnnxModel(settings.model, { weights: 'in-file' })
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
  const scope = resolveIgnoredScope({ original, graph, steps }, ignoredScopeSchema.parse(settings.ignored ?? {}))
  const ignored = leaveFloat(scope, findRecipes(graph, settings.recipes))
  const nodes = [...graph.nodes]
  const estimator = settings.activations?.range ?? rangeEstimatorSchema.parse(targets[settings.target].estimator)
  const { result, collected, example } = await quantizeObserved(settings, run, graph, {
    target: targetOf(settings),
    isSymmetric: isSymmetric(settings),
    estimator,
    biasCorrection: settings.biasCorrection,
    channelAlignment: settings.channelAlignment,
    smoothQuant: smoothQuantOf(settings),
    perChannel: settings.weights?.perChannel ?? true,
    ignored,
  })
  run.enter('quantize')
  const quantized = findQuantized(result)
  const float = result.placement.skipped
  const operators = countOperators(
    nodes.filter((node) => quantized.has(node)).map((node) => node.operator),
    float.map(({ operator }) => operator),
  )
  const model = describeQuantization(onnxFromGraph(graph), {
    target: settings.target,
    preset: isSymmetric(settings) ? 'performance' : 'mixed',
    estimator,
    samples: collected.sampleCount,
    ...(collected.shapes && { shapes: collected.shapes }),
  })
  const facts = { operators, float, activations: result.placement.activations.length, collected, example }
  return await finish(settings, run, model, facts)
}

interface Facts extends Pick<QuantizeResult, 'operators' | 'float' | 'activations'> {
  readonly collected: ReusedStatistics
  readonly example: NamedTensors | null
}

/** Nodes that compute on integers. */
function findQuantized({ placement }: QuantizationResult): Set<GraphNode> {
  const found = new Set(placement.weights.map(({ use }) => use.node))
  for (const { uses } of placement.activations) {
    for (const { node } of uses) if (node.is('Conv', 'ConvTranspose', 'Gemm', 'MatMul')) found.add(node)
  }
  return found
}

function targetOf({ target, weights }: QuantizeSettings): Target {
  const { addsPairsIn16Bits } = targets[target]
  return { ...targets[target], addsPairsIn16Bits: weights?.overflowSafe ?? addsPairsIn16Bits }
}

function smoothQuantOf({ smoothQuant }: QuantizeSettings): QuantizationSettings['smoothQuant'] {
  if (typeof smoothQuant === 'boolean') return smoothQuant && { alpha: null, convolutions: false }
  return { alpha: smoothQuant.alpha ?? null, convolutions: smoothQuant.convolutions }
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
  const isPassed = 'isPassed' in facts
  const encode = encodeWhenAsked(model, output === undefined)
  const speed = isPassed ? null : await measure(settings, run, encode, facts.example)
  run.enter('write')
  if (output !== undefined) await saveOnnxModel(output, model)
  const common = {
    output: output ?? null,
    target,
    preset: isSymmetric(settings) ? 'performance' : 'mixed',
    isPassed,
    speed,
  } as const
  run.enter('done')
  if (isPassed) {
    const calibration = { samples: 0, shapes: {}, reused: false }
    return withModel({ ...common, operators: [], float: [], activations: 0, calibration, warnings: [] }, encode)
  }
  const { operators, float, activations, collected } = facts
  const calibration = { samples: collected.sampleCount, shapes: collected.shapes, reused: collected.passes === 0 }
  const warnings = [...collected.warnings, ...(speed === null ? warnOfCpu(target) : warnOfSpeed(speed))]
  return withModel({ ...common, operators, float, activations, calibration, warnings }, encode)
}

async function measure(
  settings: QuantizeSettings,
  run: QuantizeRun,
  encode: () => Uint8Array,
  example: NamedTensors | null,
): Promise<MeasuredSpeed | null> {
  if (!settings.measure || example === null) return null
  run.enter('measure')
  return await measureSpeed({ float: settings.model, quantized: encode() }, example, settings.signal)
}
