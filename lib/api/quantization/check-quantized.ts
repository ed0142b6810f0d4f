import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { isEngineryError } from '../../errors/enginery-error.js'
import type { Graph } from '../../graph/graph.js'
import { onnxFromGraph } from '../../graph/onnx-from-graph.js'
import type { Engine } from '../../inference/engine.js'
import type { LoadedModel } from '../../model/onnx-file.js'
import { loadKernels } from '../../native/load-addon.js'
import type { QuantizeSettings } from '../../quantization/quantize-options.js'
import type { TargetName } from '../../quantization/targets/target.js'
import { OutputComparison } from '../../quantization/verification/compare-outputs.js'
import { judgeOutputs, type Verdict } from '../../quantization/verification/judge-outputs.js'
import { type KeptInference, referenceOf } from '../../quantization/verification/kept-inferences.js'
import type { OutputMeasures } from '../../quantization/verification/output-measures.js'
import { keepOutputs } from '../../quantization/verification/reference-outputs.js'
import { simulateQuantizers } from '../../quantization/verification/simulate-quantizers.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type CompileSettings, compileTransientEngine } from '../engines/compile-engine.js'
import { lendModel } from '../engines/lend-model.js'

/** How the quantized model was compared with the float one. */
export interface AccuracyCheck extends Omit<Verdict, 'score'> {
  /** Calibration samples compared; batches where the model takes several at once. */
  readonly inferences: number
  /**
   * `engine`: OpenVINO on this machine, with the file as it is; `simulation`: OpenVINO too, with quantizers as float
   * arithmetic, because the target computes otherwise than this machine.
   */
  readonly on: 'engine' | 'simulation'
  /** Of inputs, as the engine was compiled; null: as open as the file leaves them. */
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  readonly outputs: readonly OutputMeasures[]
  /** Why the engine could not be built at all; null where it was. */
  readonly failure: string | null
}

/** An engine that the model is for, where that is known. */
export type EngineOptions = Omit<CompileSettings, 'model' | 'cache' | 'signal' | 'onProgress'>

export interface CheckOptions {
  readonly target: TargetName
  readonly signal: AbortSignal | undefined
  /** Fixed for the engine; null: as the file has them. */
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  readonly engine: EngineOptions | undefined
}

/**
 * Runs a quantized model on inferences of the float one, compiled as its user will compile it.
 *
 * @throws the ENGINE_ codes, ABORTED
 */
export async function checkQuantized(
  { graph, model }: { readonly graph: Graph; readonly model: LoadedModel },
  kept: readonly KeptInference[],
  options: CheckOptions,
): Promise<AccuracyCheck & Verdict> {
  const { target, signal, shapes } = options
  const on = computesOtherwise(target) ? 'simulation' : 'engine'
  const checked = on === 'simulation' ? onnxFromGraph(simulateQuantizers(graph)) : model
  const comparison = new OutputComparison(referenceOf(kept))
  const facts = { inferences: kept.length, on, shapes } as const
  let engine: Engine
  try {
    engine = await compileChecked(checked, options)
  } catch (error) {
    if (!isEngineryError(error, 'ENGINE_BUILD_FAILED')) throw error
    // A file that its engine does not take is as wrong as can be, and there may be a way around.
    const problem = { output: graph.outputs[0]?.name ?? '', measure: 'built', value: 0, limit: 1 } as const
    return { ...facts, outputs: [], failure: error.message, isAccurate: false, problems: [problem], score: 0 }
  }
  try {
    const names = new Set(engine.inputs.flatMap(({ names }) => names))
    let inference = 0
    const inputs = kept.map((each) => pickInputs(each.inputs, names))
    for await (const result of engine.inferMany(inputs, { signal })) {
      const named: Record<string, Tensor> = {}
      // A tensor may have several names, of which the engine uses the first.
      for (const port of engine.outputs) for (const name of port.names) named[name] = result[port.name] as Tensor
      comparison.add(inference++, keepOutputs(named))
      for (const output of Object.values(result)) output.release()
    }
  } finally {
    await engine.close()
  }
  const outputs = comparison.finish()
  return { ...facts, outputs, failure: null, ...judgeOutputs(outputs) }
}

async function compileChecked(model: LoadedModel, { engine, shapes, signal }: CheckOptions): Promise<Engine> {
  return await lendModel(model, (lent) =>
    compileTransientEngine({
      backend: 'openvino',
      device: 'CPU',
      precision: 'fp32',
      hints: { performance: 'throughput' },
      ...engine,
      shapes: engine ? engine.shapes : shapes === null ? 'dynamic' : copyShapes(shapes),
      model: lent,
      signal,
    } as CompileSettings),
  )
}

/** True where this machine's kernels, or OpenVINO's, give other numbers than what the file is for. */
function computesOtherwise(target: TargetName): boolean {
  // Signed integers that are moved before they are multiplied come out as nonsense in OpenVINO.
  if (target === 'tensorrt') return true
  if (target !== 'openvino-cpu-vnni' && target !== 'openvino-gpu') return false
  const { avxVnni, avx512Vnni, amxInt8 } = loadKernels().cpuFeatures()
  // Weights of the whole range, of which such a processor cuts off sums.
  return !avxVnni && !avx512Vnni && !amxInt8
}

function copyShapes(shapes: Readonly<Record<string, readonly number[]>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]))
}

// Engines drop inputs that nothing needs, and then refuse them.
function pickInputs(inputs: NamedTensors, names: ReadonlySet<string>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => names.has(name)))
}

/** What the check asks of the settings. */
export function keptFor({ check, effort }: Pick<QuantizeSettings, 'check' | 'effort'>): number {
  if (!check) return 0
  return effort === 'fast' ? 8 : 32
}
