import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import type { GraphTensor } from '../graph/graph-tensor.js'
import type { InferredShapes } from '../graph/shapes/infer-shapes.js'
import { unknownFacts } from '../graph/shapes/rule.js'
import { isNeverNegative } from './known-sign.js'
import type { StatisticPoint } from './statistic-points.js'

/** Something that the model computes of one of its tensors while it runs. */
export interface Reduction {
  readonly tensor: string
  /** `square`: the mean of squares. */
  readonly kind: 'min' | 'max' | 'mean' | 'square'
  /** The axis that is kept; null: one value of all elements. */
  readonly axis: number | null
  /** Number of values. */
  readonly length: number
}

/** A minimum that is null is known to be zero without measuring. */
export interface PlannedTensor {
  readonly tensor: string
  readonly range?: { readonly min: Reduction | null; readonly max: Reduction }
  readonly channelRange?: { readonly min: Reduction | null; readonly max: Reduction; readonly axis: number }
  readonly channelMean?: { readonly mean: Reduction; readonly axis: number }
  readonly channelSpread?: {
    readonly min: Reduction | null
    readonly max: Reduction
    readonly square: Reduction
    readonly axis: number
  }
}

/** A point that was asked for and cannot be had. */
export interface SkippedPoint {
  readonly point: StatisticPoint
  readonly reason: string
}

export interface ReductionPlan {
  readonly tensors: readonly PlannedTensor[]
  /** All of them, each once, those that only watch for NaN included. */
  readonly reductions: readonly Reduction[]
  readonly skipped: readonly SkippedPoint[]
}

export const floatTypes: readonly string[] = ['f32', 'f16', 'bf16', 'f64']

/** So many values for one tensor of one sample are less work than a second reduction. */
const mostChannels = 4096

/**
 * What to compute inside the model for points of the kinds `range`, `channel-range`, `channel-mean` and `channel-spread`.
 *
 * Minima and maxima are taken channel by channel also where only the range of a whole tensor is asked for: engines keep
 * channels apart in memory, so that is quicker, and the rest is few numbers. Behind every tensor, and of every input,
 * there is a mean: engines lose NaN in minima and maxima, never in sums.
 *
 * @param exposed tensors that are looked at outside of the model; they are watched for NaN too
 */
export function planReductions(
  graph: Graph,
  points: readonly StatisticPoint[],
  shapes: InferredShapes,
  exposed: readonly string[] = [],
): ReductionPlan {
  const planner = new ReductionPlanner(graph, shapes)
  for (const point of points) planner.add(point)
  for (const name of exposed) planner.watch(name)
  return planner.finish()
}

/** Why a tensor has no statistics; null where it can be observed. */
export function explainUnobservable(tensor: GraphTensor, shapes: InferredShapes): string | null {
  const { elementType, shape } = shapes.get(tensor) ?? unknownFacts
  if (elementType !== null && !floatTypes.includes(elementType)) return `its elements are ${elementType}, not floating point`
  return shape?.includes(0) ? 'it has no elements' : null
}

/** The tensor of a point. @throws BUG where the graph has none of that name */
export function tensorOfPoint(graph: Graph, { tensor: name }: StatisticPoint): GraphTensor {
  const tensor = graph.tensors.get(name)
  if (tensor === undefined) throw engineryError('BUG', { reason: `a point observes ${name}, which the graph does not have` })
  return tensor
}

interface WantedOfTensor {
  range: boolean
  rangeAxis: number | null
  meanAxis: number | null
  spreadAxis: number | null
}

class ReductionPlanner {
  readonly #points = new Map<GraphTensor, WantedOfTensor>()
  readonly #reductions = new Map<string, Reduction>()
  readonly #skipped: SkippedPoint[] = []
  readonly #signs = new Map<GraphTensor, boolean>()
  readonly #watched = new Set<GraphTensor>()

  constructor(
    readonly graph: Graph,
    readonly shapes: InferredShapes,
  ) {}

  add(point: StatisticPoint): void {
    const tensor = tensorOfPoint(this.graph, point)
    const reason = explainUnobservable(tensor, this.shapes) ?? this.#explainAxis(tensor, point)
    if (reason !== null) {
      this.#skipped.push({ point, reason })
      return
    }
    const wanted = this.#points.get(tensor) ?? { range: false, rangeAxis: null, meanAxis: null, spreadAxis: null }
    this.#points.set(tensor, wanted)
    if (point.kind === 'range') wanted.range = true
    else if (point.kind === 'channel-range') wanted.rangeAxis = this.#agree(point, wanted.rangeAxis)
    else if (point.kind === 'channel-mean') wanted.meanAxis = this.#agree(point, wanted.meanAxis)
    else if (point.kind === 'channel-spread') wanted.spreadAxis = this.#agree(point, wanted.spreadAxis)
  }

  watch(name: string): void {
    this.#watched.add(this.graph.tensors.get(name) as GraphTensor)
  }

  finish(): ReductionPlan {
    const tensors: PlannedTensor[] = []
    for (const [tensor, { range, rangeAxis, meanAxis, spreadAxis }] of this.#points) {
      const axis = rangeAxis ?? spreadAxis ?? (range ? this.#quickestAxis(tensor, meanAxis) : null)
      const extremes = range || rangeAxis !== null ? this.#reduceExtremes(tensor, axis) : null
      tensors.push({
        tensor: tensor.name,
        ...(range && extremes && { range: extremes }),
        ...(rangeAxis !== null && extremes && { channelRange: { ...extremes, axis: rangeAxis } }),
        ...(meanAxis !== null && { channelMean: { mean: this.#reduce(tensor, 'mean', meanAxis), axis: meanAxis } }),
        ...(spreadAxis !== null && {
          channelSpread: {
            ...this.#reduceExtremes(tensor, spreadAxis),
            square: this.#reduce(tensor, 'square', spreadAxis),
            axis: spreadAxis,
          },
        }),
      })
    }
    this.#watchForNaN()
    return { tensors, reductions: [...this.#reductions.values()], skipped: this.#skipped }
  }

  #agree(point: { tensor: string; axis: number }, before: number | null): number {
    if (before === null || before === point.axis) return point.axis
    throw engineryError('BUG', { reason: `channels of ${point.tensor} are on the axes ${before} and ${point.axis}` })
  }

  #explainAxis(tensor: GraphTensor, point: StatisticPoint): string | null {
    if (!('axis' in point)) return null
    const length = this.#lengthOf(tensor, point.axis)
    if (length === undefined) return `it has no axis ${point.axis}`
    return typeof length === 'number' ? null : `the number of its channels (axis ${point.axis}) is not known before it runs`
  }

  #lengthOf(tensor: GraphTensor, axis: number): number | null | undefined {
    const shape = this.shapes.get(tensor)?.shape ?? null
    if (shape === null) return null
    const length = shape[axis]
    return typeof length === 'string' ? null : length
  }

  #quickestAxis(tensor: GraphTensor, meanAxis: number | null): number | null {
    const rank = this.shapes.get(tensor)?.shape?.length ?? 0
    const axis = meanAxis ?? (rank >= 3 ? 1 : null)
    const length = axis === null ? null : this.#lengthOf(tensor, axis)
    return typeof length === 'number' && length <= mostChannels ? axis : null
  }

  #reduceExtremes(tensor: GraphTensor, axis: number | null): { min: Reduction | null; max: Reduction } {
    return {
      min: isNeverNegative(tensor, this.#signs) ? null : this.#reduce(tensor, 'min', axis),
      max: this.#reduce(tensor, 'max', axis),
    }
  }

  #reduce(tensor: GraphTensor, kind: Reduction['kind'], axis: number | null): Reduction {
    const key = `${kind} ${axis} ${tensor.name}`
    const length = axis === null ? 1 : (this.#lengthOf(tensor, axis) as number)
    const reduction = this.#reductions.get(key) ?? { tensor: tensor.name, kind, axis, length }
    this.#reductions.set(key, reduction)
    return reduction
  }

  #watchForNaN(): void {
    const summed = new Set<GraphTensor>()
    for (const { kind, tensor } of this.#reductions.values()) {
      if (kind === 'mean' || kind === 'square') summed.add(this.graph.tensors.get(tensor) as GraphTensor)
    }
    for (const input of this.graph.inputs) {
      if (explainUnobservable(input, this.shapes) === null) this.#watched.add(input)
    }
    for (const tensor of this.#watched) {
      if (summed.has(tensor)) continue
      this.#reduce(tensor, 'mean', null)
      summed.add(tensor)
    }
    const isWatched = createReach(summed)
    for (const tensor of this.#points.keys()) {
      if (isWatched(tensor)) continue
      this.#reduce(tensor, 'mean', null)
      summed.add(tensor)
    }
  }
}

/** Operators whose output is NaN somewhere if their first inputs are; others, such as Relu, may make a number of it. */
const keepsNaN = [
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Flatten',
  'Gemm',
  'GlobalAveragePool',
  'Identity',
  'MatMul',
  'Mul',
  'ReduceMean',
  'ReduceSum',
  'Reshape',
  'Sub',
  'Transpose',
]

/** Whether NaN in a tensor shows in one of `targets`; with targets that are added while it is asked. */
function createReach(targets: ReadonlySet<GraphTensor>): (from: GraphTensor) => boolean {
  return (from) => {
    const seen = new Set([from])
    for (const tensor of seen) {
      if (targets.has(tensor)) return true
      for (const node of tensor.consumers) {
        if (!node.is(...keepsNaN)) continue
        for (const output of node.outputs) if (output !== null) seen.add(output)
      }
    }
    return false
  }
}
