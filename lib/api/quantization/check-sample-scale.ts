import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { Reduction } from '../../calibration/plan-reductions.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import {
  type FirstLayerStatistics,
  judgeNormalization,
  warnOfNormalization,
} from '../../quantization/verification/judge-normalization.js'
import {
  compareWithBias,
  findFirstLayers,
  findSource,
  looksLikePixels,
  measureSpread,
  warnOfFlatness,
  warnOfScale,
} from '../../quantization/verification/judge-sample-scale.js'
import type { KeptInference } from '../../quantization/verification/kept-inferences.js'
import { expectStatistics, findFirstConvolution, type TrainedLayer } from '../../quantization/verification/trained-statistics.js'
import { type ReducedTensors, reduceTensors } from './observe-tensors.js'
import type { ObservedModel } from './observed-model.js'

/** Whether values are those of pixels, and how they spread, is looked at in so many inferences. */
const looked = 3
/** The first layer runs on so many: its means have settled by then. */
const inferences = 8
/** Fewer pictures than these say little about what is usual. */
const fewestPictures = 4

/**
 * Looks at what the first layers make of samples: whether these are scaled and normalized as the model wants them. With what the
 * float model makes of the samples, that is kept for later calls.
 *
 * @param trained what training saw behind the first convolution, where the file tells
 */
export async function checkSampleScale(
  observed: ObservedModel,
  kept: readonly KeptInference[],
  trained: TrainedLayer | null,
  signal: AbortSignal | undefined,
): Promise<readonly CalibrationWarning[]> {
  const known = observed.knownScale
  if (known !== null) return known
  const warnings = await lookAtScale(observed, kept, trained, signal)
  await observed.keepAnswers(warnings)
  return warnings
}

async function lookAtScale(
  observed: ObservedModel,
  kept: readonly KeptInference[],
  trained: TrainedLayer | null,
  signal: AbortSignal | undefined,
): Promise<CalibrationWarning[]> {
  const [first] = findFirstLayers(observed.graph)
  const picturing = findPictureLayer(observed, trained)
  const wanted = [
    ...(first ? reductionsOf(first, ['output']) : []),
    ...(picturing ? reductionsOf(picturing, ['input', 'output']) : []),
  ]
  if (kept.length === 0 || wanted.length === 0) return []
  const reduced = await reduceTensors(observed, wanted, kept.slice(0, inferences), signal)
  const scale = first ? judgeScale(first, reduced, kept.slice(0, looked)) : []
  const pictures = kept.reduce((sum, { inputs }) => sum + (Object.values(inputs)[0]?.shape[0] ?? 1), 0)
  return scale.length > 0 || picturing === null || pictures < fewestPictures ? scale : judgePictures(picturing, reduced, trained)
}

function judgeScale(first: GraphNode, reduced: ReducedTensors, some: readonly KeptInference[]): CalibrationWarning[] {
  const bias = first.inputs[2]?.constant?.values() as Float32Array
  const arePixels = some.every(({ inputs }) =>
    Object.values(inputs).every(({ data }) => data instanceof Float32Array && looksLikePixels(data)),
  )
  const { mean, square } = reduced.get((first.outputs[0] as GraphTensor).name) ?? {}
  const scale = mean && square ? warnOfScale(first.label, compareWithBias(bias, mean, square), arePixels) : []
  const input = findSource(first)?.name ?? ''
  return scale.length > 0 ? scale : warnOfFlatness(input, measureSpread(valuesOf(some, input)))
}

/** The convolution that reads pictures: one channel or three. Without a trace of its training only three are taken for pictures. */
function findPictureLayer({ graph }: { readonly graph: Graph }, trained: TrainedLayer | null): GraphNode | null {
  const layer = findFirstConvolution(graph)
  const shape = layer === null ? null : (findSource(layer)?.shape ?? null)
  if (layer === null || shape?.length !== 4 || layer.int('group', 1) !== 1) return null
  const colours = [shape[1], shape[3]]
  return colours.includes(3) || (trained !== null && colours.includes(1)) ? layer : null
}

function judgePictures(layer: GraphNode, reduced: ReducedTensors, trained: TrainedLayer | null): CalibrationWarning[] {
  const [input, output] = [layer.inputs[0] as GraphTensor, layer.outputs[0] as GraphTensor]
  const [read, written] = [reduced.get(input.name), reduced.get(output.name)]
  if (!(read?.mean && read.min && read.max && written?.mean && written.square)) return []
  const { mean, square } = written
  const weights = layer.inputs[1]?.constant?.values() as Float32Array
  const bias = (layer.inputs[2]?.constant?.numbers() ?? null) as ArrayLike<number> | null
  const expected = trained && expectStatistics(trained, { weights, bias })
  const statistics: FirstLayerStatistics = {
    input: { means: read.mean, minima: read.min, maxima: read.max },
    output: { means: mean, deviations: mean.map((each, at) => Math.sqrt(Math.max(0, (square[at] as number) - each * each))) },
    sums: sumFilters(weights, mean.length, read.mean.length),
    bias,
    expected,
  }
  const names = { layer: layer.label, input: findSource(layer)?.name ?? '', isKnown: expected !== null }
  return warnOfNormalization(names, judgeNormalization(statistics))
}

/** A row for each filter: the sum of its elements for each channel that it reads. */
function sumFilters(weights: Float32Array, filters: number, channels: number): number[][] {
  const kernel = weights.length / filters / channels
  return Array.from({ length: filters }, (_, filter) =>
    Array.from({ length: channels }, (_, channel) => {
      const begin = (filter * channels + channel) * kernel
      return weights.subarray(begin, begin + kernel).reduce((sum, value) => sum + value, 0)
    }),
  )
}

function reductionsOf(layer: GraphNode, sides: readonly ('input' | 'output')[]): Reduction[] {
  const weights = layer.inputs[1]?.constant
  const isTransposed = layer.is('Gemm') && layer.int('transB', 0) === 0
  const [outer = 0, inner = 0] = weights?.shape ?? []
  const lengths = { input: isTransposed ? outer : inner, output: isTransposed ? inner : outer }
  const kinds = { input: ['mean', 'min', 'max'], output: ['mean', 'square'] } as const
  return sides.flatMap((side) => {
    const tensor = (side === 'input' ? layer.inputs[0] : layer.outputs[0])?.name
    if (tensor === undefined) return []
    return kinds[side].map((kind) => ({ tensor, kind, axis: 1, length: lengths[side] }))
  })
}

function valuesOf(kept: readonly KeptInference[], input: string): Float32Array[] {
  return kept.flatMap(({ inputs }) => {
    const data = inputs[input]?.data
    return data instanceof Float32Array ? [data] : []
  })
}
