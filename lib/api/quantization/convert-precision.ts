import { engineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import { findQuantization } from '../../graph/find-quantization.js'
import { foldGraph } from '../../graph/folding/fold-graph.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import { onnxFromGraph } from '../../graph/onnx-from-graph.js'
import { raiseOpset } from '../../graph/opset/raise-opset.js'
import { inferShapes } from '../../graph/shapes/infer-shapes.js'
import { loadOnnxModel, saveOnnxModel } from '../../model/onnx-file.js'
import { convertToHalf } from '../../quantization/half-precision/convert-to-half.js'
import { type ConvertPrecisionOptions, convertPrecisionSchema } from '../../quantization/half-precision/precision-options.js'
import { ignoredScopeSchema, resolveIgnoredScope } from '../../quantization/ignored-scope.js'
import type { SkippedNode } from '../../quantization/quantizer.js'
import { encodeWhenAsked, withModel } from './encode-when-asked.js'
import { observeRanges } from './observe-ranges.js'

export interface ConvertPrecisionResult {
  /** The converted ONNX model. */
  readonly model: Uint8Array
  /** Where it was written. */
  readonly output: string | null
  /** Nodes that compute in half precision. */
  readonly half: number
  /** Nodes that compute in float32 still, with the reason. */
  readonly float: readonly SkippedNode[]
  /** Casts between both. */
  readonly casts: number
}

/**
 * Rewrites a float32 ONNX model in 16 bits, for engines that take the types of a model at their word (TensorRT 11, TensorRT for
 * RTX). What the type cannot hold, lengths and places, and operators that are not known to be right stay float32, with casts
 * around them. OpenVINO and TensorRT 10 need no such model: `buildEngine({ precision: 'fp16' })` is enough there.
 *
 * @throws OPTION_INVALID, MODEL_QUANTIZED, IGNORED_SCOPE_UNMATCHED, FILE_NOT_WRITTEN, as reading an ONNX model does, and with samples
 * the CALIBRATION_ codes and ABORTED
 * @example
 * await convertPrecision({ model: 'yolox.onnx', type: 'f16', output: 'yolox.f16.onnx' })
 */
export async function convertPrecision(options: ConvertPrecisionOptions): Promise<ConvertPrecisionResult> {
  const settings = parseOptions(convertPrecisionSchema, options, convertPrecision)
  const { type, keepInputsAndOutputs, output, shapes } = settings
  const name = typeof settings.model === 'string' ? settings.model : `The model of ${settings.model.length} bytes`
  const original = graphFromOnnx(await loadOnnxModel(settings.model, { weights: 'in-file' }), name)
  const before = findQuantization(original)
  if (before !== null) throw engineryError('MODEL_QUANTIZED', { model: name, operators: Object.keys(before.operators) })
  const { graph, steps } = foldGraph(raiseOpset(original, name).graph)
  const ignored = resolveIgnoredScope({ original, graph, steps }, ignoredScopeSchema.parse(settings.ignored ?? {}))
  const inferred = inferShapes(graph, shapes === undefined ? {} : { inputs: shapes })
  const { calibration, signal } = settings
  const ranges = calibration && (await observeRanges(graph, inferred, { calibration, shapes, signal }))
  const { half, float, casts } = convertToHalf(graph, inferred, { type, ranges, keepInputsAndOutputs, ignored })
  const model = onnxFromGraph(graph)
  const encode = encodeWhenAsked(model, output === undefined)
  if (output !== undefined) await saveOnnxModel(output, model)
  return withModel({ output: output ?? null, half: half.length, float, casts }, encode)
}
