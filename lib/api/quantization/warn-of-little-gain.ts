import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { type LoadedModel, lengthOfOnnxModel } from '../../model/onnx-file.js'
import type { SkippedNode } from '../../quantization/quantizer.js'
import { byteLengthOf, elementTypes, type FixedSizeElementType, isElementType } from '../../tensor/element-type.js'

/** Of the float file: above it, hardly anything was gained. */
const hardlySmaller = 0.9
/** In smaller files, names and numbers of quantizers take more than weights save, which nobody minds. */
const leastBytes = 2 ** 16
const mostNames = 3

interface Counted {
  readonly operator: string
  readonly quantized: number
  readonly float: number
}

/** An INT8 model was asked for, and what came out is a float one. */
export function warnOfNothing(operators: readonly Counted[], skipped: readonly SkippedNode[]): CalibrationWarning[] {
  if (operators.some(({ quantized }) => quantized > 0)) return []
  const float = 'The result computes in float: it is no faster than the model that came.'
  if (skipped.length === 0) {
    const message = 'nothing became INT8: the model holds no layer that could'
    return [{ code: 'NOTHING_QUANTIZED', message, why: `${float} Only convolutions and matrix products compute on integers.` }]
  }
  const counts = new Map<string, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const [[reason, count]] = [...counts].sort((a, b) => b[1] - a[1]) as [[string, number]]
  const often = counts.size === 1 ? 'all for one reason' : `${count} of them for this reason`
  const message = `nothing became INT8: 0 of ${skipped.length} layers, ${often}: ${reason}`
  const why = `${float} Change what leaves them float where it is an option (ignored, recipes, target); else this model is not for INT8.`
  return [{ code: 'NOTHING_QUANTIZED', message, why }]
}

/** The file that is written is about as large as the one that came: what takes its room is named. */
export function warnOfSize(float: LoadedModel, quantized: LoadedModel, graph: Graph): CalibrationWarning[] {
  const [before, after] = [float, quantized].map(lengthOfOnnxModel) as [number, number]
  if (before < leastBytes || after <= hardlySmaller * before) return []
  const largest = listFloats(graph).slice(0, mostNames)
  const message = `the file is hardly smaller: ${(after / before).toFixed(2)} of the ${show(before)} of the float one`
  const names = largest.map(({ tensor, bytes }) => `${tensor.name} (${show(bytes)}, of ${readersOf(tensor)})`)
  const room = names.length === 0 ? '' : `Most of its room is taken by what stays float: ${names.join(', ')}. `
  return [{ code: 'FILE_HARDLY_SMALLER', message, why: `${room}Only weights of convolutions and matrix products become INT8.` }]
}

/** Constants that are floats, largest first. */
function listFloats(graph: Graph): { tensor: GraphTensor; bytes: number }[] {
  const found: { tensor: GraphTensor; bytes: number }[] = []
  for (const tensor of graph.tensors.values()) {
    const bytes = tensor.constant === null ? 0 : bytesOf(tensor.constant)
    if (bytes > 0) found.push({ tensor, bytes })
  }
  return found.sort((a, b) => b.bytes - a.bytes)
}

function bytesOf({ elementType, elements }: Constant): number {
  const isFloat = isElementType(elementType) && elementTypes[elementType].kind === 'float'
  return isFloat ? byteLengthOf(elementType as FixedSizeElementType, elements) : 0
}

/** Operators that read it, past those that only convert. */
function readersOf(tensor: GraphTensor): string {
  const readers = new Set<string>()
  const look = (read: GraphTensor | null): void => {
    for (const node of read?.consumers ?? []) {
      if (node.is('Cast', 'Identity')) look(node.outputs[0] ?? null)
      else readers.add(node.operator)
    }
  }
  look(tensor)
  return [...readers].slice(0, mostNames).join(', ') || 'a subgraph'
}

function show(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
