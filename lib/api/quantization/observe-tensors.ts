import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { type InstrumentedModel, instrumentGraph } from '../../calibration/instrument-graph.js'
import type { Reduction } from '../../calibration/plan-reductions.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ObservedModel } from './observed-model.js'
import { openCalibrationModel } from './run-calibration-model.js'

export interface SeenTensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Of a tensor, by kind: a number for each channel, over all inferences. */
export type ReducedTensors = ReadonlyMap<string, Partial<Record<Reduction['kind'], number[]>>>

/** What tensors of the float model hold in some inferences, by name. */
export async function observeTensors(
  observed: ObservedModel,
  names: readonly string[],
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<Map<string, SeenTensor[]>> {
  const model = instrumentGraph(observed.graph, observed.inferShapes(observed.graph), [], names)
  const seen = new Map<string, SeenTensor[]>()
  for await (const outputs of runOn(model, kept, signal)) {
    for (const [name, shown] of model.exposed) {
      const tensor = outputs[shown] as Tensor<'f32'>
      seen.set(name, [...(seen.get(name) ?? []), { shape: tensor.shape, values: tensor.data.slice() }])
      tensor.release()
    }
  }
  return seen
}

/** Numbers that the float model computes of its tensors itself, in some inferences. Those of tensors of unknown rank are missing. */
export async function reduceTensors(
  observed: ObservedModel,
  reductions: readonly Reduction[],
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<ReducedTensors> {
  const { graph } = observed
  const shapes = observed.inferShapes(graph)
  const wanted = new Map<string, Reduction>()
  for (const reduction of reductions) {
    const tensor = graph.tensors.get(reduction.tensor)
    const shape = tensor === undefined ? null : (shapes.get(tensor)?.shape ?? null)
    if (shape !== null) wanted.set(`${reduction.kind} ${reduction.tensor}`, reduction)
  }
  const found = new Map<string, Partial<Record<Reduction['kind'], number[]>>>()
  if (wanted.size === 0) return found
  const model = instrumentGraph(graph, shapes, [...wanted.values()], [])
  for await (const outputs of runOn(model, kept, signal)) {
    const vector = outputs[model.vector as string] as Tensor<'f32'>
    for (const reduction of wanted.values()) {
      const begin = model.offsets.get(reduction) as number
      const values = [...vector.data.subarray(begin, begin + reduction.length)]
      const own = found.get(reduction.tensor) ?? {}
      own[reduction.kind] = own[reduction.kind]?.map((value, at) => join(reduction.kind, value, values[at] as number)) ?? values
      found.set(reduction.tensor, own)
    }
    vector.release()
  }
  for (const { tensor, kind } of wanted.values()) {
    const own = found.get(tensor)
    const sums = own?.[kind]
    if (own && sums && (kind === 'mean' || kind === 'square')) own[kind] = sums.map((sum) => sum / kept.length)
  }
  return found
}

function join(kind: Reduction['kind'], one: number, other: number): number {
  if (kind === 'min') return Math.min(one, other)
  return kind === 'max' ? Math.max(one, other) : one + other
}

async function* runOn(
  model: InstrumentedModel,
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): AsyncGenerator<NamedTensors> {
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
  try {
    async function* inputs() {
      for (const each of kept) yield pick(each.inputs)
    }
    yield* runner.infer(inputs(), { signal })
  } finally {
    await runner.close()
  }
}
