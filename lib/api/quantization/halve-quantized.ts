import { foldGraph } from '../../graph/folding/fold-graph.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { encodeGraph } from '../../graph/onnx-from-graph.js'
import { raiseOpset } from '../../graph/opset/raise-opset.js'
import { inferShapes } from '../../graph/shapes/infer-shapes.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import { bypassQuantizers } from '../../quantization/half-precision/bypass-quantizers.js'
import { convertToHalf, type HalfResult } from '../../quantization/half-precision/convert-to-half.js'
import { type IgnoredScope, ignoredScopeSchema, resolveIgnoredScope } from '../../quantization/ignored-scope.js'
import type { CalibrationSettings } from '../../quantization/quantize-options.js'
import { observeRanges } from './observe-ranges.js'

export interface HalvingQuantized {
  readonly calibration: CalibrationSettings
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly keepInputsAndOutputs?: boolean | undefined
  readonly ignored?: IgnoredScope | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HalvedModel extends HalfResult {
  readonly model: Uint8Array
}

/**
 * Lets a model with quantizers compute in f16 what is not on integers. ONNX has scales in f16 from opset 19 on; the model
 * keeps its own, for TensorRT's parser takes them in any.
 *
 * @param quantized by {@link quantize}
 * @param source the model that it was made of, whose names `ignored` is about
 * @throws IGNORED_SCOPE_UNMATCHED; what reading the samples does
 */
export async function halveQuantized(
  quantized: Uint8Array,
  source: string | Uint8Array,
  { calibration, shapes, keepInputsAndOutputs, ignored, signal }: HalvingQuantized,
): Promise<HalvedModel> {
  const graph = graphFromOnnx(await loadOnnxModel(quantized))
  // OpenVINO would misread quantizers that are made for TensorRT.
  const float = bypassQuantizers(graph)
  const ranges = await observeRanges(float, inferShapes(float, { inputs: shapes }), { calibration, shapes, signal })
  const left = ignored === undefined ? new Map() : await findIgnored(source, ignored, [...graph.nodes])
  const inferred = inferShapes(graph, { inputs: shapes })
  const result = convertToHalf(graph, inferred, { type: 'f16', ranges, keepInputsAndOutputs, ignored: left })
  return { model: encodeGraph(graph), ...result }
}

/** Nodes of the quantized graph, which go by the names of the float one as it was folded. */
async function findIgnored(
  source: string | Uint8Array,
  scope: IgnoredScope,
  nodes: readonly GraphNode[],
): Promise<Map<GraphNode, string>> {
  const original = graphFromOnnx(await loadOnnxModel(source, { weights: 'in-file' }))
  const { graph, steps } = foldGraph(raiseOpset(original).graph)
  const labels = new Map<string, string>()
  for (const [node, reason] of resolveIgnoredScope({ original, graph, steps }, ignoredScopeSchema.parse(scope)))
    labels.set(node.label, reason)
  const found = new Map<GraphNode, string>()
  for (const node of nodes) {
    const reason = labels.get(node.label)
    if (reason !== undefined) found.set(node, reason)
  }
  return found
}
