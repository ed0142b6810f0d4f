/**
 * The messages of an ONNX file, complete: what has no name here is kept as bytes, and written back.
 *
 * They are values: an edit makes a new object (`{ ...node, name }`), and what was not edited is written as the very
 * bytes it was read from. Whole numbers beyond 2^53 are rounded when read, and the largest of 64 bits stays the largest.
 */

/** A field that is not in our tables: its bytes with tag and all. */
export interface OnnxMessage {
  readonly unknown?: readonly Uint8Array[]
}

/** Bytes that are read when they are needed. */
export interface LazyBytes {
  readonly length: number
  load(): Uint8Array
  /** Fills `target` with what begins at `from`; there must be so much. */
  readInto(target: Uint8Array, from: number): void
}

/** A piece of a file; what is lazy is read when it is written. */
export type Chunk = Uint8Array | LazyBytes

export interface EntryMessage extends OnnxMessage {
  readonly key?: string
  /** UTF-8, but not all writers keep to that. */
  readonly value?: Uint8Array
}

export interface OpsetMessage extends OnnxMessage {
  readonly domain?: string
  readonly version?: number
}

export interface DimensionMessage extends OnnxMessage {
  readonly value?: number
  readonly symbol?: string
  readonly denotation?: Uint8Array
}

export interface ShapeMessage extends OnnxMessage {
  readonly dimensions: readonly DimensionMessage[]
}

export interface TensorTypeMessage extends OnnxMessage {
  readonly elementType?: number
  readonly shape?: ShapeMessage
}

/** Of sequences, maps and the like only that they are there is known: they stay among the unknown fields. */
export interface TypeMessage extends OnnxMessage {
  readonly tensor?: TensorTypeMessage
}

export interface ValueMessage extends OnnxMessage {
  readonly name?: string
  readonly type?: TypeMessage
}

/** Elements in a list of their own kind instead of raw bytes: one or many, as the wire has them. */
export interface PackedElements {
  /** Wire type: 0 for one number of variable length, 1 and 5 for one of 8 and 4 bytes, 2 for a list. */
  readonly wire: number
  readonly bytes: Uint8Array
}

export interface TensorMessage extends OnnxMessage {
  readonly dimensions: readonly number[]
  readonly dataType?: number
  readonly name?: string
  /** Little-endian, tightly packed. */
  readonly rawData?: Chunk
  readonly floatData: readonly PackedElements[]
  readonly int32Data: readonly PackedElements[]
  readonly int64Data: readonly PackedElements[]
  readonly doubleData: readonly PackedElements[]
  readonly uint64Data: readonly PackedElements[]
  readonly stringData: readonly Uint8Array[]
  readonly externalData: readonly EntryMessage[]
  /** 1: in another file. */
  readonly dataLocation?: number
}

export interface SparseTensorMessage extends OnnxMessage {
  readonly values?: TensorMessage
  readonly indices?: TensorMessage
  readonly dimensions: readonly number[]
}

export interface AttributeMessage extends OnnxMessage {
  readonly name?: string
  /** As in {@link attributeTypes}. */
  readonly type?: number
  readonly float?: number
  readonly int?: number
  readonly string?: Uint8Array
  readonly tensor?: TensorMessage
  readonly graph?: GraphMessage
  readonly floats: readonly number[]
  readonly ints: readonly number[]
  readonly strings: readonly Uint8Array[]
  readonly tensors: readonly TensorMessage[]
  readonly graphs: readonly GraphMessage[]
}

/** `AttributeProto.AttributeType`. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
} as const

export interface NodeMessage extends OnnxMessage {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly name?: string
  readonly type?: string
  readonly attributes: readonly AttributeMessage[]
  readonly domain?: string
}

export interface GraphMessage extends OnnxMessage {
  readonly nodes: readonly NodeMessage[]
  readonly name?: string
  readonly initializers: readonly TensorMessage[]
  readonly inputs: readonly ValueMessage[]
  readonly outputs: readonly ValueMessage[]
  readonly values: readonly ValueMessage[]
  readonly sparseInitializers: readonly SparseTensorMessage[]
}

/** A function of the model: what it is called is all that we look at. */
export interface FunctionMessage extends OnnxMessage {
  readonly name?: string
  readonly domain?: string
}

export interface ModelMessage extends OnnxMessage {
  readonly irVersion?: number
  readonly producerName?: string
  readonly producerVersion?: string
  readonly graph?: GraphMessage
  readonly opsets: readonly OpsetMessage[]
  readonly metadata: readonly EntryMessage[]
  readonly functions: readonly FunctionMessage[]
}
