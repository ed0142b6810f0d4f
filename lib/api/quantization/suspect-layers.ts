import type { Reduction } from '../../calibration/plan-reductions.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { LossReason } from '../../quantization/cure/cure-report.js'
import { channelAxis, describeOddity } from '../../quantization/cure/describe-layer-loss.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { observeTensors, type ReducedTensors, reduceTensors } from './observe-tensors.js'
import type { ObservedModel } from './observed-model.js'
import type { QuantizedAttempt } from './quantize-observed.js'

/** Inferences that are looked at, and those of them in which tensors are looked at whole. */
const mostInferences = 8
const mostWhole = 4
/** Inputs of layers that are looked at closely: those that rounding costs most. */
const mostInputs = 4

/** What a layer reads, and the range that it is rounded in. */
interface RoundedInput {
  readonly node: GraphNode
  readonly tensor: string
  readonly axis: number
  readonly length: number
  readonly width: number
}

/**
 * Layers that read what rounding costs most, where something about that is odd. A guess from ranges and channels alone, in two
 * short runs; what each layer costs the outputs is not known.
 */
export async function suspectLayers(
  observed: ObservedModel,
  attempt: QuantizedAttempt,
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<LossReason[]> {
  const some = kept.slice(0, mostInferences)
  const inputs = listRoundedInputs(observed, attempt)
  const wanted = inputs.flatMap(({ tensor, axis, length }): Reduction[] => [
    { tensor, kind: 'mean', axis, length },
    { tensor, kind: 'square', axis, length },
  ])
  const reduced = await reduceTensors(observed, wanted, some, signal)
  const suspects = inputs
    .map((input, index) => ({ ...input, index, noise: estimateNoise(input.width, reduced.get(input.tensor)) }))
    .sort((a, b) => b.noise - a.noise || a.index - b.index)
    .slice(0, mostInputs)
  const names = [...new Set(suspects.map(({ tensor }) => tensor))]
  const seen = await observeTensors(observed, names, some.slice(0, mostWhole), signal)
  const layers = new Set(suspects.map(({ node }) => node))
  const reasons = [...layers].flatMap((node) => describeOddity(node, seen) ?? [])
  if (reasons.length > 0) return reasons
  const detail = 'nothing about what the layers read is odd; effort balanced finds those that cost most'
  return [{ kind: 'unknown', layer: null, detail }]
}

/** Of layers with quantizers, as far as channels are known. What is joined or moved behind a quantizer has its range. */
function listRoundedInputs(observed: ObservedModel, { result }: QuantizedAttempt): RoundedInput[] {
  const { graph } = observed
  const shapes = observed.inferShapes(graph)
  const nodes = new Map([...graph.nodes].map((node) => [node.label, node]))
  return result.placement.activations.flatMap(({ tensor, consumers }) => {
    const range = result.ranges.get(tensor)
    if (range === undefined) return []
    const width = Math.max(range.max, 0) - Math.min(range.min, 0)
    return consumers.flatMap((label) => {
      const node = nodes.get(label)
      const read = (node?.inputs ?? []).filter((input) => input !== null && input.constant === null) as GraphTensor[]
      const own = read.filter(({ name }) => name === tensor)
      return (own.length > 0 ? own : read).flatMap((input) => {
        const shape = shapes.get(input)?.shape ?? []
        if (node === undefined || shape.length < 2) return []
        const axis = channelAxis(node, shape.length)
        const length = shape[axis]
        if (typeof length !== 'number') return []
        return [{ node, tensor: input.name, axis, length, width }]
      })
    })
  })
}

function estimateNoise(width: number, channels: ReturnType<ReducedTensors['get']>): number {
  const { mean, square } = channels ?? {}
  if (mean === undefined || square === undefined) return 0
  const rounding = (width / 255) ** 2 / 12
  const variances = mean
    // What lies closer together than this, floats of 32 bits cannot tell from nothing.
    .map((value, at) => Math.max((square[at] as number) * 1e-7, (square[at] as number) - value * value))
    .filter((variance) => variance > 0)
    .sort((a, b) => a - b)
  // Half of the channels may be of the kind that takes the range.
  const usual = variances[Math.floor(variances.length / 4)]
  return usual === undefined ? 0 : rounding / usual
}
