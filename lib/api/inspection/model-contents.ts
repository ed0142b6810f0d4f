export interface OperatorCount {
  /** `ai.onnx` for standard ONNX operators, `opset1` and the like where the engine counted. */
  readonly domain: string
  readonly type: string
  readonly count: number
}

/** Weights of one element type. */
export interface WeightCount {
  readonly type: string
  readonly tensors: number
  readonly elements: number
  readonly bytes: number
}

/** Adds up weights by element type, the largest share first. */
export function countWeights(
  weights: readonly { readonly type: string; readonly elements: number; readonly bytes: number }[],
): WeightCount[] {
  const counts = new Map<string, { type: string; tensors: number; elements: number; bytes: number }>()
  for (const { type, elements, bytes } of weights) {
    const count = counts.get(type) ?? { type, tensors: 0, elements: 0, bytes: 0 }
    count.tensors++
    count.elements += elements
    count.bytes += bytes
    counts.set(type, count)
  }
  return [...counts.values()].sort((a, b) => b.bytes - a.bytes)
}
