import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import type { InferredShapes } from '../graph/shapes/infer-shapes.js'
import type { Tensor } from '../tensor/tensor.js'
import { ReductionAccumulator } from './accumulate-reductions.js'
import type { NamedTensors, OpenModel } from './calibration-runner.js'
import type { InferenceWitness } from './inference-witness.js'
import { type InstrumentedModel, instrumentGraph } from './instrument-graph.js'
import { ExposedObserver } from './observe-exposed.js'
import type { Pass } from './plan-passes.js'
import { planReductions, type SkippedPoint } from './plan-reductions.js'
import type { SampleStream } from './sample-stream.js'
import { releaseSpare } from './spare-tensors.js'
import type { TensorStatistics } from './statistic-points.js'

export interface PassOptions {
  readonly graph: Graph
  readonly shapes: InferredShapes
  readonly openModel: OpenModel
  readonly onNotFinite: 'error' | 'skip'
  readonly witness?: InferenceWitness | undefined
  readonly signal: AbortSignal | undefined
  /** Told how many samples are done. */
  readonly onSamples: (done: number) => void
}

export interface PassResult {
  readonly statistics: Map<string, TensorStatistics>
  readonly skipped: readonly SkippedPoint[]
  /** Inferences whose results are not in the statistics, by their place. */
  readonly notFinite: readonly number[]
  readonly inferences: number
}

/** Runs all samples once. */
export async function runPass(pass: Pass, stream: SampleStream, options: PassOptions): Promise<PassResult> {
  const { graph, shapes, openModel, onNotFinite, witness, signal, onSamples } = options
  const exposed = pass.exposed.map(({ tensor }) => tensor)
  const plan = planReductions(graph, pass.reduced, shapes, exposed)
  const model = instrumentGraph(graph, shapes, plan.reductions, exposed, { keepsOutputs: witness?.wantsOutputs ?? false })
  const accumulator = new ReductionAccumulator(plan, model)
  const observer = new ExposedObserver(pass.exposed)
  const notFinite: number[] = []
  const running: NamedTensors[] = []
  let inferences = 0
  const inputs = new Set(model.inputs)
  const lengths = stream.shapes === null ? undefined : pick(stream.shapes, inputs)
  const runner = await openModel(model.model, { shapes: lengths, outputs: model.outputs, signal })
  try {
    for await (const outputs of runner.infer(pickEach(stream.inferences(), inputs, witness, running), { signal })) {
      releaseSpare(running.shift() ?? {})
      const vector = vectorOf(outputs, model)
      const broken = accumulator.findNotFinite(vector)
      if (broken === null) {
        accumulator.add(vector)
        await observer.add(tensorsOf(outputs, model), inferences * stream.batch)
      } else if (onNotFinite === 'skip') notFinite.push(inferences)
      else throw engineryError('CALIBRATION_NOT_FINITE', { sample: inferences * stream.batch, tensor: broken })
      if (witness?.wantsOutputs) witness.seeOutputs(inferences, ownOutputs(outputs, model))
      for (const output of Object.values(outputs)) output.release()
      inferences++
      onSamples(inferences * stream.batch)
    }
  } finally {
    await runner.close()
  }
  const statistics = accumulator.finish()
  for (const [tensor, found] of observer.finish()) statistics.set(tensor, { ...statistics.get(tensor), ...found })
  return { statistics, skipped: plan.skipped, notFinite, inferences }
}

function pick<T>(named: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).filter(([name]) => names.has(name)))
}

async function* pickEach(
  inferences: AsyncIterable<NamedTensors>,
  names: ReadonlySet<string>,
  witness: InferenceWitness | undefined,
  running: NamedTensors[],
): AsyncGenerator<NamedTensors> {
  let inference = 0
  for await (const tensors of inferences) {
    witness?.seeInputs(inference++, tensors)
    running.push(tensors)
    yield pick(tensors, names)
  }
}

function ownOutputs(outputs: NamedTensors, { own }: InstrumentedModel): NamedTensors {
  return Object.fromEntries([...own].map(([name, shown]) => [name, outputs[shown] as Tensor]))
}

function vectorOf(outputs: NamedTensors, { vector, vectorLength }: InstrumentedModel): Float32Array {
  if (vector === null) return new Float32Array(0)
  const { data } = outputs[vector] as Tensor<'f32'>
  if (data.length === vectorLength) return data
  throw engineryError('BUG', { reason: `statistics of ${data.length} numbers came, ${vectorLength} were expected` })
}

function tensorsOf(outputs: NamedTensors, { exposed }: InstrumentedModel): NamedTensors {
  return Object.fromEntries([...exposed].map(([tensor, output]) => [tensor, outputs[output] as Tensor]))
}
