import { instrumentGraph } from '../calibration/instrument-graph.js'
import type { Tensor } from '../tensor/tensor.js'
import type { KeptInference } from './check-quantized.js'
import type { ObservedModel } from './observed-model.js'
import { openCalibrationModel } from './run-calibration-model.js'

export interface SeenTensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** What tensors of the float model hold in some inferences, by name. */
export async function observeTensors(
  observed: ObservedModel,
  names: readonly string[],
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<Map<string, SeenTensor[]>> {
  const { graph } = observed
  const model = instrumentGraph(graph, observed.inferShapes(graph), [], names)
  const pick = (inputs: KeptInference['inputs']) =>
    Object.fromEntries(Object.entries(inputs).filter(([name]) => model.inputs.includes(name)))
  const fixed = Object.entries(pick(kept[0]?.inputs ?? {})).map(([name, { shape }]) => [name, shape])
  const isAlike = kept.every(({ inputs }) =>
    fixed.every(([name, shape]) => String(inputs[name as string]?.shape) === String(shape)),
  )
  const runner = await openCalibrationModel(model.model, {
    shapes: isAlike ? Object.fromEntries(fixed) : undefined,
    outputs: model.outputs,
    signal,
  })
  const seen = new Map<string, SeenTensor[]>()
  try {
    async function* inputs() {
      for (const each of kept) yield pick(each.inputs)
    }
    for await (const outputs of runner.infer(inputs(), { signal })) {
      for (const [name, shown] of model.exposed) {
        const tensor = outputs[shown] as Tensor<'f32'>
        seen.set(name, [...(seen.get(name) ?? []), { shape: tensor.shape, values: tensor.data.slice() }])
        tensor.release()
      }
    }
  } finally {
    await runner.close()
  }
  return seen
}
