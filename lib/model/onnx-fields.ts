/**
 * Where the messages of {@link ./onnx-messages.ts} are on the wire. Numbers: onnx.proto of the ONNX specification.
 */
import type * as onnx from './onnx-messages.js'

/**
 * - `string`, `int`, `float`, `bytes`, `message`: at most one; absent is undefined
 * - `strings`, `ints`, `floats`, `blobs`, `messages`: a list
 * - `elements`: numbers of a tensor, left as the wire has them
 */
export type FieldKind =
  | 'string'
  | 'int'
  | 'float'
  | 'bytes'
  | 'message'
  | 'strings'
  | 'ints'
  | 'floats'
  | 'blobs'
  | 'messages'
  | 'elements'

export interface FieldEntry {
  readonly key: string
  readonly number: number
  readonly kind: FieldKind
  /** Of the message inside; a function, because graphs hold nodes that hold graphs. */
  readonly inside: (() => MessageTable<onnx.OnnxMessage>) | null
}

export interface MessageTable<T extends onnx.OnnxMessage> {
  readonly name: string
  /** In the order they are written. */
  readonly fields: readonly FieldEntry[]
  readonly byNumber: ReadonlyMap<number, FieldEntry>
  /** Only for the type checker: tables of different messages are different types. */
  readonly of?: T
}

type Described<T> = {
  readonly [Key in Exclude<keyof T, 'unknown'>]-?: readonly [number, FieldKind, (() => MessageTable<onnx.OnnxMessage>)?]
}

function describe<T extends onnx.OnnxMessage>(name: string, described: Described<T>): MessageTable<T> {
  const rows = Object.entries(described) as [string, Described<T>[keyof Described<T>]][]
  const fields = rows.map(([key, [number, kind, inside]]) => ({ key, number, kind, inside: inside ?? null }))
  fields.sort((a, b) => a.number - b.number)
  return { name, fields, byNumber: new Map(fields.map((field) => [field.number, field])) }
}

const entry = describe<onnx.EntryMessage>('entry', { key: [1, 'string'], value: [2, 'bytes'] })

const opset = describe<onnx.OpsetMessage>('operator set', { domain: [1, 'string'], version: [2, 'int'] })

const dimension = describe<onnx.DimensionMessage>('dimension', {
  value: [1, 'int'],
  symbol: [2, 'string'],
  denotation: [3, 'bytes'],
})

const shape = describe<onnx.ShapeMessage>('shape', { dimensions: [1, 'messages', () => dimension] })

const tensorType = describe<onnx.TensorTypeMessage>('tensor type', {
  elementType: [1, 'int'],
  shape: [2, 'message', () => shape],
})

const type = describe<onnx.TypeMessage>('type', { tensor: [1, 'message', () => tensorType] })

const value = describe<onnx.ValueMessage>('value', { name: [1, 'string'], type: [2, 'message', () => type] })

export const tensorTable = describe<onnx.TensorMessage>('tensor', {
  dimensions: [1, 'ints'],
  dataType: [2, 'int'],
  floatData: [4, 'elements'],
  int32Data: [5, 'elements'],
  stringData: [6, 'blobs'],
  int64Data: [7, 'elements'],
  name: [8, 'string'],
  rawData: [9, 'bytes'],
  doubleData: [10, 'elements'],
  uint64Data: [11, 'elements'],
  externalData: [13, 'messages', () => entry],
  dataLocation: [14, 'int'],
})

const sparseTensor = describe<onnx.SparseTensorMessage>('sparse tensor', {
  values: [1, 'message', () => tensorTable],
  indices: [2, 'message', () => tensorTable],
  dimensions: [3, 'ints'],
})

const attribute: MessageTable<onnx.AttributeMessage> = describe<onnx.AttributeMessage>('attribute', {
  name: [1, 'string'],
  float: [2, 'float'],
  int: [3, 'int'],
  string: [4, 'bytes'],
  tensor: [5, 'message', () => tensorTable],
  graph: [6, 'message', () => graphTable],
  floats: [7, 'floats'],
  ints: [8, 'ints'],
  strings: [9, 'blobs'],
  tensors: [10, 'messages', () => tensorTable],
  graphs: [11, 'messages', () => graphTable],
  type: [20, 'int'],
})

const node = describe<onnx.NodeMessage>('node', {
  inputs: [1, 'strings'],
  outputs: [2, 'strings'],
  name: [3, 'string'],
  type: [4, 'string'],
  attributes: [5, 'messages', () => attribute],
  domain: [7, 'string'],
})

export const graphTable: MessageTable<onnx.GraphMessage> = describe<onnx.GraphMessage>('graph', {
  nodes: [1, 'messages', () => node],
  name: [2, 'string'],
  initializers: [5, 'messages', () => tensorTable],
  inputs: [11, 'messages', () => value],
  outputs: [12, 'messages', () => value],
  values: [13, 'messages', () => value],
  sparseInitializers: [15, 'messages', () => sparseTensor],
})

const modelFunction = describe<onnx.FunctionMessage>('function', { name: [1, 'string'], domain: [10, 'string'] })

export const modelTable = describe<onnx.ModelMessage>('model', {
  irVersion: [1, 'int'],
  producerName: [2, 'string'],
  producerVersion: [3, 'string'],
  graph: [7, 'message', () => graphTable],
  opsets: [8, 'messages', () => opset],
  metadata: [14, 'messages', () => entry],
  functions: [25, 'messages', () => modelFunction],
})
