import type { StatisticPoint, Statistics } from '../calibration/statistic-points.js'
import type { Graph } from '../graph/graph.js'

/** A step of quantization: says what must be observed, then changes the graph by what was. */
export interface Algorithm {
  /** kebab-case, for progress and reports. */
  readonly name: string
  /** Of tensors of this graph, in the float model. */
  statisticPoints(graph: Graph): readonly StatisticPoint[]
  /** Changes the graph. */
  apply(graph: Graph, statistics: Statistics): void | Promise<void>
}
