import { availableParallelism } from 'node:os'
import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import type { GraphTensor } from '../graph/graph-tensor.js'
import type { InferredShapes } from '../graph/shapes/infer-shapes.js'
import { countKnown } from '../graph/shapes/rule.js'
import { type ExposedTensor, histogramBytes } from './observe-exposed.js'
import { explainUnobservable, type SkippedPoint, tensorOfPoint } from './plan-reductions.js'
import type { StatisticPoint } from './statistic-points.js'

/** What is observed while all samples run once. */
export interface Pass {
  /** Computed inside the model. */
  readonly reduced: readonly StatisticPoint[]
  /** Looked at beside the model. */
  readonly exposed: readonly ExposedTensor[]
}

export interface PassPlan {
  /** At least one, which may be of nothing. */
  readonly passes: readonly Pass[]
  /** Points of constants: known without any sample. */
  readonly constant: readonly StatisticPoint[]
  readonly skipped: readonly SkippedPoint[]
}

/** Inferences whose outputs are in memory at the same time, for each core: those that run, and those that wait in line. */
const outputsPerCore = 4

/** Where the length of a tensor is not known beforehand. */
const assumedElements = 1 << 20

/**
 * Says what to observe in which pass. Tensors that leave the model whole are spread over as many passes as keep them
 * below the limit together; one that is larger alone has a pass of its own.
 *
 * @param memoryLimit in bytes, of tensors and histograms; undefined: no limit
 */
export function planPasses(
  graph: Graph,
  points: readonly StatisticPoint[],
  shapes: InferredShapes,
  memoryLimit: number | undefined,
): PassPlan {
  const [reduced, constant, skipped]: [StatisticPoint[], StatisticPoint[], SkippedPoint[]] = [[], [], []]
  const exposed = new Map<GraphTensor, ExposedTensor>()
  for (const point of points) {
    const tensor = tensorOfPoint(graph, point)
    const reason = tensor.isOuter ? 'it lies outside of the graph' : explainUnobservable(tensor, shapes)
    if (reason !== null) skipped.push({ point, reason })
    else if (tensor.constant !== null) constant.push(point)
    else if (point.kind === 'histogram' || point.kind === 'quantiles') exposed.set(tensor, addKind(exposed.get(tensor), point))
    else reduced.push(point)
  }
  const groups = splitByMemory(exposed, shapes, memoryLimit ?? Number.POSITIVE_INFINITY)
  const passes = groups.map((group, index) => ({ reduced: index === 0 ? reduced : [], exposed: group }))
  return { passes, constant, skipped }
}

function addKind(before: ExposedTensor | undefined, point: StatisticPoint): ExposedTensor {
  const wanted = before ?? { tensor: point.tensor, histogram: false, quantiles: null }
  if (point.kind !== 'quantiles') return { ...wanted, histogram: true }
  const { lower, upper } = point
  if (wanted.quantiles !== null && (wanted.quantiles.lower !== lower || wanted.quantiles.upper !== upper)) {
    throw engineryError('BUG', { reason: `two pairs of quantiles of ${point.tensor} are asked for` })
  }
  return { ...wanted, quantiles: { lower, upper } }
}

function splitByMemory(
  exposed: ReadonlyMap<GraphTensor, ExposedTensor>,
  shapes: InferredShapes,
  limit: number,
): ExposedTensor[][] {
  const groups: ExposedTensor[][] = [[]]
  let used = 0
  for (const [tensor, wanted] of exposed) {
    const shape = shapes.get(tensor)?.shape ?? null
    const elements = (shape && countKnown(shape)) ?? assumedElements
    const outputs = elements * Float32Array.BYTES_PER_ELEMENT * outputsPerCore * availableParallelism()
    const bytes = outputs + (wanted.histogram ? histogramBytes : 0)
    if (used > 0 && used + bytes > limit) {
      groups.push([])
      used = 0
    }
    ;(groups.at(-1) as ExposedTensor[]).push(wanted)
    used += bytes
  }
  return groups
}
