import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import { type ConvergenceStage, reportConvergence } from '../../calibration/measure-convergence.js'
import { rangeEstimatorSchema } from '../../calibration/range-estimator-options.js'
import type { ReusedStatistics } from '../../calibration/reuse-statistics.js'
import { engineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import { findQuantization } from '../../graph/find-quantization.js'
import { foldGraph } from '../../graph/folding/fold-graph.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { raiseOpset } from '../../graph/opset/raise-opset.js'
import { type LoadedModel, loadOnnxModel, saveOnnxModel } from '../../model/onnx-file.js'
import type { CureReport } from '../../quantization/cure/cure-report.js'
import { effortBudgets } from '../../quantization/cure/effort-budget.js'
import { refuseInaccurate, warnOfInaccuracy } from '../../quantization/cure/refuse-inaccurate.js'
import { ignoredScopeSchema, resolveIgnoredScope } from '../../quantization/ignored-scope.js'
import type { QuantizationResult, QuantizationSettings } from '../../quantization/quantize-graph.js'
import { type QuantizeOptions, type QuantizeSettings, quantizeSchema } from '../../quantization/quantize-options.js'
import type { SkippedNode } from '../../quantization/quantizer.js'
import { findRecipes, leaveFloat } from '../../quantization/recipes/recipes.js'
import { refuseCombinations } from '../../quantization/refuse-combinations.js'
import type { LayerSensitivity } from '../../quantization/sensitivity/rank-layers.js'
import type { Target } from '../../quantization/targets/target.js'
import { targets } from '../../quantization/targets/targets.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { readTrainedLayer, type TrainedLayer } from '../../quantization/verification/trained-statistics.js'
import { warmOpenVino } from '../engines/warm-openvino.js'
import type { AccuracyCheck, EngineOptions } from './check-quantized.js'
import { checkSampleScale } from './check-sample-scale.js'
import { CandidateCure, findDeadInputs, isAccurate } from './cure-quantized.js'
import { encodeWhenAsked, withModel } from './encode-when-asked.js'
import { type MeasuredSpeed, measureSpeed, warnOfCpu, warnOfSpeed } from './measure-speed.js'
import { ObservedModel } from './observed-model.js'
import { QuantizeRun } from './quantize-run.js'
import { type Candidate, CandidateMaker, isNoisy, nameOfEstimator } from './quantized-candidate.js'
import { refuseOtherFormats } from './refuse-other-formats.js'
import { warnOfNothing, warnOfSize } from './warn-of-little-gain.js'

export interface QuantizedOperator {
  readonly operator: string
  /** Nodes that compute on integers. */
  readonly quantized: number
  /** Layers that compute in float. */
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
    /** How ranges of activations were found: a name of `activations.range`, or the statistic of options in full. */
    readonly range: string | null
    /** Of inputs; null where they differed. */
    readonly shapes: Readonly<Record<string, readonly number[]>> | null
    /** true where statistics of before were used. */
    readonly reused: boolean
    /** How far ranges still moved after half and three quarters of the samples; empty where that is not known. */
    readonly convergence: readonly ConvergenceStage[]
  }
  /** How the quantized model compares with the float one on samples; null where that was not checked. */
  readonly check: AccuracyCheck | null
  /** What was done about accuracy that was lost; null where nothing was. */
  readonly cure: CureReport | null
  /** What each layer costs alone, most harmful first; null where layers were not probed. */
  readonly sensitivity: readonly LayerSensitivity[] | null
  /** `float` where `prefer` is fastest and INT8 does not pay on this CPU: then the float model is the result. */
  readonly kept: 'int8' | 'float'
  /** With the option `measure`, or where `prefer` is fastest: whether INT8 pays on this CPU. */
  readonly speed: MeasuredSpeed | null
  readonly warnings: readonly CalibrationWarning[]
}

/**
 * Makes an INT8 model of a float one: QuantizeLinear and DequantizeLinear around what the target computes on integers,
 * INT8 weights. The same call gives the same bytes.
 *
 * The result is compared with the float model on samples. What is lost is won back where it can be; a model that stays
 * inaccurate is an error, and no file is written.
 *
 * @throws OPTION_INVALID; QUANTIZATION_NOT_ONNX; the MODEL_, EXTERNAL_DATA_ and OPSET_ codes, OPERATORS_NOT_RAISED; MODEL_QUANTIZED;
 * QUANTIZATION_INACCURATE; IGNORED_SCOPE_UNMATCHED; the CALIBRATION_, DATASET_, NPY_, NPZ_ and PREPROCESS_ codes; FILE_NOT_WRITTEN; CALLBACK_FAILED;
 * ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED; OUT_OF_MEMORY
 * @example
 * await quantize({ model: 'yolox.onnx', calibration: { data: 'calib.npy', samples: 300 }, output: 'yolox.int8.onnx' })
 */
export async function quantize(options: QuantizeOptions): Promise<QuantizeResult> {
  return await quantizeFor(parseOptions(quantizeSchema, options, quantize))
}

/**
 * As {@link quantize}.
 *
 * @param engine that the model is for: the check compiles it the same way
 */
export async function quantizeFor(settings: QuantizeSettings, engine?: EngineOptions): Promise<QuantizeResult> {
  try {
    return await quantizeModel(settings, engine)
  } catch (error) {
    // Shapes in damaged files ask for any length.
    if (!(error instanceof RangeError) || !/allocation|length/i.test(error.message)) throw error
    throw engineryError('OUT_OF_MEMORY', { reason: `quantizing: ${error.message}` }, { cause: error })
  }
}

async function quantizeModel(settings: QuantizeSettings, engine: EngineOptions | undefined): Promise<QuantizeResult> {
  refuseCombinations(settings, targets[settings.target])
  const run = new QuantizeRun(settings.signal, settings.onProgress)
  run.enter('read')
  const name = typeof settings.model === 'string' ? settings.model : `The model of ${settings.model.length} bytes`
  await refuseOtherFormats(settings.model)
  warmOpenVino()
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
  // Read here, for folding takes it out.
  const trained = settings.check ? readTrainedLayer(raised.graph) : null
  const scope = resolveIgnoredScope({ original, graph, steps }, ignoredScopeSchema.parse(settings.ignored ?? {}))
  const ignored = leaveFloat(scope, findRecipes(graph, settings.recipes))
  const how: QuantizationSettings = {
    target: targetOf(settings),
    isSymmetric: isSymmetric(settings),
    estimator: settings.activations?.range ?? rangeEstimatorSchema.parse(targets[settings.target].estimator),
    biasCorrection: settings.biasCorrection,
    channelAlignment: settings.channelAlignment,
    smoothQuant: smoothQuantOf(settings),
    perChannel: settings.weights?.perChannel ?? true,
    weights: { isNarrow: settings.weights?.narrowRange ?? true, range: settings.weights?.range ?? 'minmax' },
    ignored,
    exact: new Set(scope.keys()),
  }
  const budget = effortBudgets[settings.effort]
  const wantsProbe = settings.sensitivity
  const observed = await ObservedModel.open(settings, run, graph, settings.check || wantsProbe ? budget.inferences : 0)
  try {
    const maker = new CandidateMaker(settings, observed, engine)
    const made = await maker.make(how, null, [])
    run.enter('quantize')
    const kept = await observed.listKept()
    if (settings.check) run.enter('check')
    const { first, scale } = settings.check ? await checkFirst(maker, made, kept, trained) : { first: made, scale: [] }
    const needsCure = settings.check && (!isAccurate(first) || budget.comparesAll || findDeadInputs(first.attempt).size > 0)
    const comparesAll = budget.comparesAll && settings.check
    const probed = { ...budget, comparesAll, probed: wantsProbe ? Math.max(1, budget.probed) : budget.probed }
    const isTried = needsCure || wantsProbe || isNoisy(first)
    const cured = isTried ? await new CandidateCure(maker, run, kept, probed, first).cure() : null
    const best = cured?.best ?? first
    const report =
      cured !== null && (needsCure || cured.report.steps.length > 0 || cured.report.reasons.length > 0) ? cured.report : null
    if (!isAccurate(best) && settings.onInaccurate === 'error') throw refuseInaccurate(best.check, report, scale)
    return await finish(settings, run, best.model, {
      ...describeCandidate(best),
      candidate: best,
      cure: report,
      sensitivity: cured?.sensitivity ?? null,
      collected: { ...observed.collected, warnings: [...observed.collected.warnings, ...scale] },
      example: observed.example,
      float: loaded,
    })
  } finally {
    await observed.close()
  }
}

/** The samples are looked at while the engine compiles, which takes longer. */
async function checkFirst(maker: CandidateMaker, made: Candidate, kept: readonly KeptInference[], trained: TrainedLayer | null) {
  const checking = maker.check(made, kept)
  // It may fail while the samples are looked at, before anybody waits for it; that is told below.
  checking.catch(() => {})
  try {
    const scale = await checkSampleScale(maker.observed, kept, trained, maker.settings.signal)
    return { first: await checking, scale }
  } finally {
    // Nothing goes on behind an error.
    await Promise.allSettled([checking])
  }
}

interface Facts extends Pick<QuantizeResult, 'operators' | 'activations' | 'cure' | 'sensitivity'> {
  readonly skipped: readonly SkippedNode[]
  readonly candidate: Candidate
  readonly collected: ReusedStatistics
  readonly example: NamedTensors | null
  /** The model as it came. */
  readonly float: LoadedModel
}

function describeCandidate({ attempt: { result, nodes } }: Candidate) {
  const quantized = findQuantized(result, nodes)
  const { skipped, activations } = result.placement
  const operators = countOperators(
    nodes.filter((node) => quantized.has(node)).map((node) => node.operator),
    skipped.map(({ operator }) => operator),
  )
  return { operators, skipped, activations: activations.length }
}

/** Nodes that compute on integers; those with two activations may read them through what only moves elements. */
function findQuantized({ placement }: QuantizationResult, nodes: readonly GraphNode[]): Set<GraphNode> {
  const found = new Set(placement.weights.map(({ use }) => use.node))
  const consumers = new Set(placement.activations.flatMap(({ consumers }) => consumers))
  for (const node of nodes) {
    const isProduct = node.is('MatMul', 'Gemm') && node.inputs.every((input) => !input?.constant)
    if (isProduct && consumers.has(node.label)) found.add(node)
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
  const keepsFloat = !isPassed && settings.prefer === 'fastest' && speed !== null && speed.ratio < 1
  const chosen = keepsFloat ? facts.float : model
  const encodeChosen = keepsFloat ? encodeWhenAsked(chosen, output === undefined) : encode
  run.enter('write')
  if (output !== undefined) await saveOnnxModel(output, chosen)
  const common = {
    output: output ?? null,
    target,
    preset: isSymmetric(settings) ? 'performance' : 'mixed',
    isPassed,
    speed,
    kept: keepsFloat ? 'float' : 'int8',
  } as const
  run.enter('done')
  if (isPassed) {
    const calibration = { samples: 0, range: null, shapes: {}, reused: false, convergence: [] }
    const nothing = { operators: [], float: [], activations: 0, check: null, cure: null, sensitivity: null, warnings: [] }
    return withModel({ ...common, ...nothing, calibration }, encode)
  }
  const { operators, skipped, activations, collected, candidate, cure, sensitivity } = facts
  const calibration = {
    samples: collected.sampleCount,
    range: nameOfEstimator(candidate.attempt.how.estimator),
    shapes: collected.shapes,
    reused: collected.passes === 0,
    convergence: reportConvergence(collected.statistics),
  }
  const warnings = [
    ...collected.warnings,
    ...warnOfNothing(operators, skipped),
    ...(keepsFloat ? [] : warnOfSize(facts.float, model, candidate.attempt.graph)),
    ...warnOfInaccuracy(candidate.check, cure),
    ...(speed === null ? warnOfCpu(target) : warnOfSpeed(speed)),
  ]
  const check = candidate.check === null ? null : withoutScore(candidate.check)
  const told = { operators, float: skipped, activations, check, cure, sensitivity, calibration, warnings }
  return withModel({ ...common, ...told }, encodeChosen)
}

function withoutScore({ score: _, ...check }: NonNullable<Candidate['check']>): AccuracyCheck {
  return check
}

async function measure(
  settings: QuantizeSettings,
  run: QuantizeRun,
  encode: () => Uint8Array,
  example: NamedTensors | null,
): Promise<MeasuredSpeed | null> {
  const isWanted = settings.measure || settings.prefer === 'fastest'
  if (!isWanted || example === null) return null
  run.enter('measure')
  return await measureSpeed({ float: settings.model, quantized: encode() }, example, settings.signal)
}
