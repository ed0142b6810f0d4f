import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import type { Graph } from '../graph/graph.js'
import { onnxFromGraph } from '../graph/onnx-from-graph.js'
import { digestOnnxModel } from '../model/onnx-file.js'
import { type CollectedStatistics, type CollectOptions, collectStatistics } from './collect-statistics.js'
import { compareIdentities, mismatchError } from './compare-identities.js'
import type { FloatAnswers } from './float-answers.js'
import { measureConvergence } from './measure-convergence.js'
import type { StatisticPoint, Statistics, TensorStatistics } from './statistic-points.js'
import type { StatisticsCache } from './statistics-cache.js'
import { readStatistics, type StoredStatistics, writeStatistics } from './stats-file.js'
import type { StatisticsIdentity } from './stats-header.js'

export interface ReuseOptions extends CollectOptions {
  /** Digest of the samples, or a name that means them and no others. */
  readonly data: string
  /** Digest of what is done to pictures; null where samples come as tensors. */
  readonly preprocess: string | null
  /** A `.stats` file to read, and to write. */
  readonly path?: string | undefined
  /** A folder that keeps statistics by what they depend on; used where there is no path. */
  readonly cache?: StatisticsCache | undefined
}

export interface ReusedStatistics extends CollectedStatistics {
  /** Points that were there already: no inference ran for them. */
  readonly reused: number
  /** What the float model made of the first samples, where that was kept. */
  readonly answers?: FloatAnswers | undefined
  /** What they are kept by; undefined where they are kept nowhere. */
  readonly identity?: StatisticsIdentity | undefined
}

/**
 * Statistics from a file or a cache where these have them, else from the samples, and then kept there. Where only some
 * points are missing, only these are collected.
 *
 * @throws STATISTICS_MISMATCH where the file is of something else, naming what; STATISTICS_INVALID, FILE_NOT_READ,
 * FILE_NOT_WRITTEN; as {@link collectStatistics}
 */
export async function reuseStatistics(options: ReuseOptions): Promise<ReusedStatistics> {
  const { path, cache, points } = options
  if (path === undefined && cache === undefined) return { ...(await collectStatistics(options)), reused: 0 }
  const identity = identifyStatistics(options)
  const stored = path === undefined ? ((await cache?.lookup(identity)) ?? null) : await readIfThere(path)
  if (stored !== null) {
    const differences = compareIdentities(identity, stored.identity)
    if (differences.length > 0) throw mismatchError(path ?? 'The cache', differences)
  }
  const missing = points.filter((point) => stored === null || !isKnown(stored, point))
  if (stored !== null && missing.length === 0) return { ...stored, passes: 0, reused: points.length }
  const collected = await collectStatistics({ ...options, points: missing })
  const merged = stored === null ? { ...collected, identity } : addPoints(stored, collected)
  if (path !== undefined) await writeStatistics(path, merged)
  else await cache?.store(merged)
  return { ...merged, passes: collected.passes, reused: points.length - missing.length }
}

/**
 * Keeps what the float model made of the first samples with the statistics that are there; where there are none any more, nothing.
 *
 * @throws STATISTICS_INVALID, FILE_NOT_READ, FILE_NOT_WRITTEN of a file
 */
export async function keepAnswers(
  { path, cache }: Pick<ReuseOptions, 'path' | 'cache'>,
  identity: StatisticsIdentity,
  answers: FloatAnswers,
): Promise<void> {
  const stored = path === undefined ? ((await cache?.lookup(identity)) ?? null) : await readIfThere(path)
  // Another process may have written other statistics meanwhile.
  if (stored === null || compareIdentities(identity, stored.identity).length > 0) return
  const merged = { ...stored, answers }
  if (path !== undefined) await writeStatistics(path, merged)
  else await cache?.store(merged)
}

/** What the statistics of a call depend on. */
export function identifyStatistics(
  options: Pick<ReuseOptions, 'graph' | 'data' | 'preprocess' | 'shapes' | 'isDynamic' | 'maxSamples' | 'onNotFinite'>,
): StatisticsIdentity {
  const { graph, data, preprocess, shapes, isDynamic = false, maxSamples, onNotFinite = 'error' } = options
  const names = Object.keys(shapes ?? {}).sort()
  return {
    model: digestGraph(graph),
    data,
    preprocess,
    options: {
      shapes: shapes === undefined ? null : Object.fromEntries(names.map((name) => [name, [...(shapes[name] as number[])]])),
      isDynamic,
      maxSamples: maxSamples ?? null,
      onNotFinite,
    },
  }
}

/** SHA-256 of a graph with its weights, in hex. */
export function digestGraph(graph: Graph): string {
  return digestOnnxModel(onnxFromGraph(graph))
}

async function readIfThere(path: string): Promise<StoredStatistics | null> {
  try {
    return await readStatistics(path)
  } catch (error) {
    if (isEngineryError(error, 'FILE_NOT_FOUND')) return null
    throw error
  }
}

function isKnown({ statistics, skipped }: StoredStatistics, point: StatisticPoint): boolean {
  const found = statistics.get(point.tensor)
  const isSkipped = () => skipped.some((entry) => JSON.stringify(sorted(entry.point)) === JSON.stringify(sorted(point)))
  return (found !== undefined && hasPoint(found, point)) || isSkipped()
}

function sorted(point: StatisticPoint): [string, unknown][] {
  return Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1))
}

function hasPoint(found: TensorStatistics, point: StatisticPoint): boolean {
  switch (point.kind) {
    case 'range':
      return found.range !== undefined
    case 'channel-range':
      return found.channelRange?.axis === point.axis
    case 'channel-mean':
      return found.channelMean?.axis === point.axis
    case 'channel-spread':
      return found.channelSpread?.axis === point.axis
    case 'histogram':
      return found.histogram !== undefined
    case 'quantiles':
      return found.quantiles?.lower === point.lower && found.quantiles.upper === point.upper
  }
}

function addPoints(stored: StoredStatistics, collected: CollectedStatistics): StoredStatistics {
  if (stored.sampleCount !== collected.sampleCount) {
    const reason = `it gave ${stored.sampleCount} samples when the stored statistics were collected, ${collected.sampleCount} now`
    throw engineryError('CALIBRATION_SOURCE_FAILED', { sample: collected.sampleCount, reason })
  }
  const statistics = new Map<string, TensorStatistics>(stored.statistics as Statistics)
  for (const [name, found] of collected.statistics) statistics.set(name, { ...statistics.get(name), ...found })
  const told = new Set(stored.warnings.map(({ message }) => message))
  return {
    ...stored,
    statistics,
    convergence: measureConvergence(statistics),
    skipped: [...stored.skipped, ...collected.skipped],
    warnings: [...stored.warnings, ...collected.warnings.filter(({ message }) => !told.has(message))],
  }
}
