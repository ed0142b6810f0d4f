/** A tensor between layers of a finished plan. */
export interface OptimizedTensor {
  readonly name: string
  /** Lengths; -1 where open. */
  readonly shape: readonly number[]
  /** Element type; null where TensorRT does not say. */
  readonly type: string | null
  /** In TensorRT's words: `Channel major FP16 format where channel % 8 == 0`. */
  readonly format: string | null
}

/** A layer of a finished plan: what TensorRT runs as one. */
export interface OptimizedLayer {
  readonly name: string
  /** As TensorRT calls it: `CaskConvolution`, `Reformat`, `kgen`; null where the plan holds names alone. */
  readonly type: string | null
  /** What of the network it is, where TensorRT says: `Convolution`, `Pooling`. */
  readonly operation: string | null
  readonly inputs: readonly OptimizedTensor[]
  readonly outputs: readonly OptimizedTensor[]
  /** Element type of its weights. */
  readonly weights: string | null
  /** The kernel. */
  readonly tactic: string | null
  /** Nodes of the ONNX model that it is made of. */
  readonly nodes: readonly string[]
}

/** The layers of a plan after optimization, or why they are not known. */
export type OptimizedLayers =
  | {
      readonly available: true
      /** Who told of them: TensorRT's inspector of the finished plan, or the builder when it had made it. */
      readonly source: 'inspector' | 'builder'
      readonly layers: readonly OptimizedLayer[]
      /** false: it was built with a profiling verbosity below `detailed`, and its layers are names. */
      readonly hasDetails: boolean
    }
  | { readonly available: false; readonly reason: string }

// As formats, and types of weights, name them; in capitals.
const elementTypes: Readonly<Record<string, string>> = {
  FP32: 'f32',
  FLOAT: 'f32',
  FP16: 'f16',
  HALF: 'f16',
  BF16: 'bf16',
  BFLOAT16: 'bf16',
  INT8: 'i8',
  FP8: 'f8e4m3',
  FP4: 'f4e2m1',
  INT4: 'i4',
  INT32: 'i32',
  INT64: 'i64',
  UINT8: 'u8',
  BOOL: 'bool',
}

/** `Row major linear FP32` is f32, and so is `Float`; null for what names no type, or is not known before shapes are. */
export function elementTypeOf(format: string): string | null {
  for (const word of format.toUpperCase().match(/[A-Z]+[0-9]*/g) ?? []) {
    const type = elementTypes[word]
    if (type !== undefined) return type
  }
  return null
}

/** `[ONNX Layer: /a/Conv]` and more of them, with a control character, a blank or nothing between two. */
export function nodesOf(metadata: string): string[] {
  const parts = metadata.split('[ONNX Layer: ').slice(1)
  return parts.map((part) => part.slice(0, part.lastIndexOf(']'))).filter((name) => name !== '')
}
