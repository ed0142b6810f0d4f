/** Element types of ONNX: `TensorProto.DataType` by number, with our names where an engine of ours knows the type. */
export const onnxElementTypes: readonly { readonly name: string; readonly bits: number | null }[] = [
  { name: 'undefined', bits: null },
  { name: 'f32', bits: 32 },
  { name: 'u8', bits: 8 },
  { name: 'i8', bits: 8 },
  { name: 'u16', bits: 16 },
  { name: 'i16', bits: 16 },
  { name: 'i32', bits: 32 },
  { name: 'i64', bits: 64 },
  { name: 'string', bits: null },
  { name: 'bool', bits: 8 },
  { name: 'f16', bits: 16 },
  { name: 'f64', bits: 64 },
  { name: 'u32', bits: 32 },
  { name: 'u64', bits: 64 },
  { name: 'complex64', bits: 64 },
  { name: 'complex128', bits: 128 },
  { name: 'bf16', bits: 16 },
  { name: 'f8e4m3fn', bits: 8 },
  { name: 'f8e4m3fnuz', bits: 8 },
  { name: 'f8e5m2', bits: 8 },
  { name: 'f8e5m2fnuz', bits: 8 },
  { name: 'u4', bits: 4 },
  { name: 'i4', bits: 4 },
  { name: 'f4e2m1', bits: 4 },
  { name: 'f8e8m0', bits: 8 },
  { name: 'u2', bits: 2 },
  { name: 'i2', bits: 2 },
]

/** Name of a data type; `type 99` for numbers of the future. */
export function nameOnnxType(type: number): string {
  return onnxElementTypes[type]?.name ?? `type ${type}`
}

/** A length, the name of a symbolic dimension, or null where nothing is known. */
export type OnnxDimension = number | string | null

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string
  /** As in {@link onnxElementTypes}; `sequence`, `map`, `optional` and `sparse` for what is no tensor. */
  readonly type: string
  /** null: not even the number of dimensions is known. */
  readonly shape: readonly OnnxDimension[] | null
}

/** A range of a file that holds a tensor. */
export interface OnnxExternalData {
  /** As the model writes it: relative to the folder of the model. */
  readonly location: string
  readonly offset: number
  /** null: up to the end of the file. */
  readonly length: number | null
}

/** A constant tensor: an initializer, or a tensor inside a node. */
export interface OnnxWeight {
  readonly name: string
  readonly holder: 'initializer' | 'attribute'
  readonly type: string
  readonly shape: readonly number[]
  readonly elements: number
  /** Bytes of its elements, wherever they are. */
  readonly bytes: number
  readonly external: OnnxExternalData | null
}

/** How often an operator occurs. */
export interface OnnxOperatorCount {
  /** `ai.onnx` for the standard operators. */
  readonly domain: string
  readonly type: string
  readonly count: number
}

/** What a file says about its model, without the weights themselves. */
export interface OnnxModel {
  readonly irVersion: number
  readonly producerName: string
  readonly producerVersion: string
  readonly domain: string
  readonly modelVersion: number
  readonly graphName: string
  readonly opsets: readonly { readonly domain: string; readonly version: number }[]
  /** Without initializers, which old models list among them. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Most frequent first; nodes of subgraphs and of functions included. */
  readonly operators: readonly OnnxOperatorCount[]
  readonly nodeCount: number
  readonly functionCount: number
  readonly weights: readonly OnnxWeight[]
  /** Elements of all weights together. */
  readonly parameters: number
  /** Bytes of all weights together. */
  readonly weightBytes: number
  readonly metadata: Readonly<Record<string, string>>
}
