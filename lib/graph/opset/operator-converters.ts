/** Rewrites of nodes of operator sets 7 to 12 that opset 13 would read differently, or not at all. */
import { fromFloat32 } from '../../tensor/convert-elements.js'
import { attribute } from '../attributes.js'
import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import type { InferredShapes } from '../shapes/infer-shapes.js'
import { convertSoftmax } from './convert-softmax.js'

export interface Conversion {
  readonly graph: Graph
  readonly node: GraphNode
  /** Of the model as it was. */
  readonly from: number
  readonly shapes: InferredShapes
}

/** Rewrites a node; a text says why that is impossible. */
export type Converter = (conversion: Conversion) => string | null

export const operatorConverters: Readonly<Record<string, Converter>> = {
  BatchNormalization: ({ node, from }) => {
    if (from >= 9) return null
    if (node.int('spatial', 1) === 0) return 'spatial = 0 has no counterpart'
    node.attributes.delete('spatial')
    return null
  },
  Clip: (conversion) => {
    const { graph, node, from } = conversion
    if (from >= 11) return null
    const type = conversion.shapes.get(node.inputs[0] as GraphTensor)?.elementType ?? 'f32'
    for (const [index, name] of ['min', 'max'].entries()) {
      const value = node.attributes.get(name)?.float
      node.attributes.delete(name)
      if (value === undefined) continue
      const constant = scalarOf(type, value)
      if (constant === null) return `its elements have the type ${type}`
      graph.setInput(node, index + 1, graph.addConstant(`${labelOf(node)}_${name}`, constant))
    }
    return null
  },
  Dropout: ({ node, from }) => {
    // Without training nothing is dropped, whatever the ratio.
    if (from < 12) node.attributes.delete('ratio')
    return null
  },
  Hardmax: convertSoftmax,
  LogSoftmax: convertSoftmax,
  Softmax: convertSoftmax,
  Pad: (conversion) => {
    const { graph, node, from } = conversion
    if (from >= 11) return null
    const pads = node.ints('pads')
    if (pads === null) return 'it has no pads'
    const value = node.float('value', 0)
    moveToInput(conversion, 'pads', 1, pads)
    node.attributes.delete('value')
    if (value === 0) return null
    const type = conversion.shapes.get(node.inputs[0] as GraphTensor)?.elementType ?? 'f32'
    const constant = scalarOf(type, value)
    if (constant === null) return `its elements have the type ${type}`
    graph.setInput(node, 2, graph.addConstant(`${labelOf(node)}_value`, constant))
    return null
  },
  ReduceSum: axesToInput,
  Squeeze: axesToInput,
  Unsqueeze: axesToInput,
  Resize: (conversion) => {
    if (conversion.from < 11) raiseResize(conversion, conversion.node.inputs[1] ?? null)
    return null
  },
  Scan: ({ from }) => (from < 9 ? 'Scan of opset 8 has a batch axis of its own' : null),
  Scatter: ({ node }) => {
    node.type = 'ScatterElements'
    return null
  },
  Slice: (conversion) => {
    const { node, from } = conversion
    if (from >= 10) return null
    const [starts, ends, axes] = [node.ints('starts'), node.ints('ends'), node.ints('axes')]
    if (starts === null || ends === null) return 'it has no starts and ends'
    moveToInput(conversion, 'starts', 1, starts)
    moveToInput(conversion, 'ends', 2, ends)
    if (axes !== null) moveToInput(conversion, 'axes', 3, axes)
    return null
  },
  Split: (conversion) => {
    const split = conversion.node.ints('split')
    if (conversion.from < 13 && split !== null) moveToInput(conversion, 'split', 1, split)
    return null
  },
  TopK: (conversion) => {
    const { node, from } = conversion
    if (from >= 10) return null
    const count = node.int('k')
    if (count === null) return 'it has no k'
    moveToInput(conversion, 'k', 1, [count])
    return null
  },
  Upsample: (conversion) => {
    const { graph, node } = conversion
    const stated = node.attributes.get('scales')?.floats
    const scales = stated
      ? graph.addConstant(`${labelOf(node)}_scales`, Constant.of('f32', [stated.length], Float32Array.from(stated)))
      : (node.inputs[1] ?? null)
    if (scales === null) return 'it has no scales'
    node.attributes.delete('scales')
    node.type = 'Resize'
    raiseResize(conversion, scales)
    return null
  },
}

function axesToInput(conversion: Conversion): null {
  const axes = conversion.node.ints('axes')
  if (conversion.from < 13 && axes !== null) moveToInput(conversion, 'axes', 1, axes)
  return null
}

function moveToInput({ graph, node }: Conversion, name: string, index: number, values: readonly number[]): void {
  node.attributes.delete(name)
  graph.setInput(node, index, graph.addConstant(`${labelOf(node)}_${name}`, Constant.ints(values)))
}

/** Before opset 11 a position was its index divided by the scale, and the nearest was the one below. */
function raiseResize({ graph, node }: Conversion, scales: GraphTensor | null): void {
  const mode = node.text('mode', 'nearest')
  node.attributes.set('coordinate_transformation_mode', attribute.string('coordinate_transformation_mode', 'asymmetric'))
  if (mode === 'nearest') node.attributes.set('nearest_mode', attribute.string('nearest_mode', 'floor'))
  if (mode === 'bilinear') node.attributes.set('mode', attribute.string('mode', 'linear'))
  graph.setInputs(node, [node.inputs[0] ?? null, null, scales])
}

function scalarOf(type: string, value: number): Constant | null {
  if (type === 'f32') return Constant.of('f32', [], Float32Array.of(value))
  if (type === 'f64') return Constant.of('f64', [], Float64Array.of(value))
  if (type === 'i32' && Number.isInteger(value)) return Constant.of('i32', [], Int32Array.of(value))
  if (type === 'i64' && Number.isInteger(value)) return Constant.of('i64', [], BigInt64Array.of(BigInt(value)))
  return type === 'f16' ? Constant.of('f16', [], fromFloat32('f16', Float32Array.of(value))) : null
}

function labelOf(node: GraphNode): string {
  return node.name || node.outputs[0]?.name || node.type
}
