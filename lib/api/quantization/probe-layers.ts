import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { onnxFromGraph } from '../../graph/onnx-from-graph.js'
import { measureOutputNoise } from '../../quantization/sensitivity/output-noise.js'
import type { LayerSensitivity } from '../../quantization/sensitivity/rank-layers.js'
import { switchLayers } from '../../quantization/sensitivity/switched-graph.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { type FloatOutputs, keepOutputs } from '../../quantization/verification/reference-outputs.js'
import { Tensor } from '../../tensor/tensor.js'
import type { ObservedModel } from './observed-model.js'
import type { QuantizedAttempt } from './quantize-observed.js'
import { openCalibrationModel } from './run-calibration-model.js'

/** A model of which any layers can be quantized, compiled once. */
export interface LayerProbe {
  /** Nodes of the observed graph, in the order of the computation. */
  readonly layers: readonly GraphNode[]
  /** What each layer alone does to the outputs, in the first of the inferences. */
  measureEach(inferences: number, onLayer?: (done: number) => void): Promise<LayerSensitivity[]>
  /** Outputs with these layers float and all others quantized. */
  runWithout(float: ReadonlySet<GraphNode>): Promise<FloatOutputs[]>
  close(): Promise<void>
}

/**
 * Compiles the probe.
 *
 * @throws the ENGINE_ codes, ABORTED
 */
export async function openProbe(
  observed: ObservedModel,
  attempt: QuantizedAttempt,
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<LayerProbe> {
  const switched = switchLayers(observed.graph, attempt.graph, attempt.nodes)
  const { layers, switches } = switched
  const shapes = Object.fromEntries(Object.entries(kept[0]?.inputs ?? {}).map(([name, { shape }]) => [name, shape]))
  const isAlike = kept.every(({ inputs }) =>
    Object.entries(inputs).every(([name, { shape }]) => String(shape) === String(shapes[name])),
  )
  const names = [...switched.outputs.values()]
  const runner = await openCalibrationModel(onnxFromGraph(switched.graph), {
    shapes: isAlike ? { ...shapes, [switches]: [layers.length] } : undefined,
    outputs: names,
    signal,
  })
  async function* inputsFor(patterns: readonly Float32Array[], some: readonly KeptInference[]): AsyncGenerator<NamedTensors> {
    for (const pattern of patterns) {
      const tensor = Tensor.from(pattern, [pattern.length])
      for (const { inputs } of some) yield { ...inputs, [switches]: tensor }
    }
  }
  async function* run(patterns: readonly Float32Array[], some: readonly KeptInference[]): AsyncGenerator<FloatOutputs[]> {
    let outputs: FloatOutputs[] = []
    for await (const result of runner.infer(inputsFor(patterns, some), { signal })) {
      const own = [...switched.outputs].map(([name, shown]) => [name, result[shown] as Tensor] as const)
      outputs.push(keepOutputs(Object.fromEntries(own)))
      for (const output of Object.values(result)) output.release()
      if (outputs.length < some.length) continue
      yield outputs
      outputs = []
    }
  }
  return {
    layers,
    async measureEach(inferences, onLayer) {
      const some = kept.slice(0, inferences)
      const float = some.map((each) => each.float)
      const batch = Object.values(some[0]?.inputs ?? {})[0]?.shape[0] ?? 1
      const patterns = layers.map((_, layer) => new Float32Array(layers.length).fill(1, layer, layer + 1))
      const found: LayerSensitivity[] = []
      for await (const outputs of run(patterns, some)) {
        const { label, operator } = layers[found.length] as GraphNode
        found.push({ layer: label, operator, noise: measureOutputNoise(float, outputs, batch) })
        onLayer?.(found.length)
      }
      return found
    },
    async runWithout(without) {
      const pattern = Float32Array.from(layers, (layer) => (without.has(layer) ? 0 : 1))
      for await (const outputs of run([pattern], kept)) return outputs
      return []
    },
    close: () => runner.close(),
  }
}
