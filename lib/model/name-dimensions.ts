import { decodeMessage } from './decode-message.js'
import { modelTable } from './onnx-fields.js'
import { encodeOnnxModel } from './onnx-file.js'
import type { DimensionMessage, ValueMessage } from './onnx-messages.js'

/**
 * The model with a name of its own for each open dimension of its inputs that has none to speak of. Some exporters call every one
 * `?`: engines that take dimensions of one name for equal would take batch, height and width for equal.
 *
 * @returns the very bytes where there is nothing to do
 */
export function nameDimensions(bytes: Uint8Array): Uint8Array {
  const model = decodeMessage(modelTable, bytes)
  const { graph } = model
  if (graph === undefined) return bytes
  const symbols = graph.inputs.flatMap(dimensionsOf).flatMap(({ symbol }) => symbol ?? [])
  // One that stands alone is equal to nothing.
  if (symbols.filter(isNameless).length < 2) return bytes
  const taken = new Set(symbols)
  const inputs = graph.inputs.map((input) => renameIn(input, taken))
  return encodeOnnxModel({ ...model, graph: { ...graph, inputs } })
}

/** True for names without a letter: `?`, `-1`, `*`. */
export function isNameless(symbol: string): boolean {
  return symbol !== '' && !/\p{L}/u.test(symbol)
}

function dimensionsOf({ type }: ValueMessage): readonly DimensionMessage[] {
  return type?.tensor?.shape?.dimensions ?? []
}

function renameIn(input: ValueMessage, taken: Set<string>): ValueMessage {
  const tensor = input.type?.tensor
  if (!tensor?.shape || !dimensionsOf(input).some(({ symbol }) => symbol !== undefined && isNameless(symbol))) return input
  const dimensions = tensor.shape.dimensions.map((dimension, axis) => {
    if (dimension.symbol === undefined || !isNameless(dimension.symbol)) return dimension
    let symbol = `${input.name ?? 'input'}_axis${axis}`
    while (taken.has(symbol)) symbol += '_'
    taken.add(symbol)
    return { ...dimension, symbol }
  })
  return { ...input, type: { ...input.type, tensor: { ...tensor, shape: { ...tensor.shape, dimensions } } } }
}
