import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * Writes small ONNX models for tests. Field numbers: onnx/onnx.proto3 of the ONNX specification (IR version 8).
 */

export const onnxTypes = {
  f32: 1,
  u8: 2,
  i8: 3,
  u16: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  string: 8,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
  u64: 13,
  bf16: 16,
  u4: 21,
  i4: 22,
} as const
export type OnnxType = keyof typeof onnxTypes

export interface ValueInfo {
  name: string
  type: OnnxType
  /** A string is a symbolic dimension. */
  shape: (number | string)[]
}

export interface Node {
  op: string
  inputs: string[]
  outputs: string[]
  name?: string
  domain?: string
  attributes?: Record<string, number | number[] | string | { float: number }>
}

export interface Initializer {
  name: string
  type: OnnxType
  shape: number[]
  /** Raw little-endian bytes, or where the weights are. */
  data: Uint8Array | { location: string; offset: number; length: number }
}

export interface ModelDescription {
  name?: string
  opset?: number
  inputs: ValueInfo[]
  outputs: ValueInfo[]
  nodes: Node[]
  initializers?: Initializer[]
  metadata?: Record<string, string>
}

export function encodeOnnx(model: ModelDescription): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).int64(8) // ir_version
  writer.tag(2, WireType.LengthDelimited).string('enginery-tests')
  message(writer, 7, (graph) => encodeGraph(graph, model))
  message(writer, 8, (opset) => {
    opset.tag(1, WireType.LengthDelimited).string('')
    opset.tag(2, WireType.Varint).int64(model.opset ?? 13)
  })
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    message(writer, 14, (entry) => {
      entry.tag(1, WireType.LengthDelimited).string(key)
      entry.tag(2, WireType.LengthDelimited).string(value)
    })
  }
  return writer.finish()
}

function encodeGraph(writer: BinaryWriter, model: ModelDescription): void {
  for (const node of model.nodes) message(writer, 1, (part) => encodeNode(part, node))
  writer.tag(2, WireType.LengthDelimited).string(model.name ?? 'test')
  for (const initializer of model.initializers ?? []) message(writer, 5, (part) => encodeInitializer(part, initializer))
  for (const input of model.inputs) message(writer, 11, (part) => encodeValueInfo(part, input))
  for (const output of model.outputs) message(writer, 12, (part) => encodeValueInfo(part, output))
}

function encodeNode(writer: BinaryWriter, node: Node): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input)
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output)
  if (node.name) writer.tag(3, WireType.LengthDelimited).string(node.name)
  writer.tag(4, WireType.LengthDelimited).string(node.op)
  for (const [name, value] of Object.entries(node.attributes ?? {}))
    message(writer, 5, (part) => encodeAttribute(part, name, value))
  if (node.domain) writer.tag(7, WireType.LengthDelimited).string(node.domain)
}

function encodeAttribute(writer: BinaryWriter, name: string, value: NonNullable<Node['attributes']>[string]): void {
  writer.tag(1, WireType.LengthDelimited).string(name)
  if (typeof value === 'number') {
    writer.tag(3, WireType.Varint).int64(value)
    writer.tag(20, WireType.Varint).int32(2)
  } else if (typeof value === 'string') {
    writer.tag(4, WireType.LengthDelimited).string(value)
    writer.tag(20, WireType.Varint).int32(3)
  } else if (Array.isArray(value)) {
    for (const item of value) writer.tag(8, WireType.Varint).int64(item)
    writer.tag(20, WireType.Varint).int32(7)
  } else {
    writer.tag(2, WireType.Bit32).float(value.float)
    writer.tag(20, WireType.Varint).int32(1)
  }
}

function encodeInitializer(writer: BinaryWriter, { name, type, shape, data }: Initializer): void {
  for (const length of shape) writer.tag(1, WireType.Varint).int64(length)
  writer.tag(2, WireType.Varint).int32(onnxTypes[type])
  writer.tag(8, WireType.LengthDelimited).string(name)
  if (data instanceof Uint8Array) {
    writer.tag(9, WireType.LengthDelimited).bytes(data)
    return
  }
  for (const [key, value] of Object.entries(data)) {
    message(writer, 13, (entry) => {
      entry.tag(1, WireType.LengthDelimited).string(key)
      entry.tag(2, WireType.LengthDelimited).string(String(value))
    })
  }
  writer.tag(14, WireType.Varint).int32(1) // data_location: EXTERNAL
}

function encodeValueInfo(writer: BinaryWriter, { name, type, shape }: ValueInfo): void {
  writer.tag(1, WireType.LengthDelimited).string(name)
  message(writer, 2, (typeProto) =>
    message(typeProto, 1, (tensor) => {
      tensor.tag(1, WireType.Varint).int32(onnxTypes[type])
      message(tensor, 2, (shapeProto) => {
        for (const length of shape) {
          message(shapeProto, 1, (dimension) => {
            if (typeof length === 'number') dimension.tag(1, WireType.Varint).int64(length)
            else dimension.tag(2, WireType.LengthDelimited).string(length)
          })
        }
      })
    }),
  )
}

function message(writer: BinaryWriter, field: number, write: (part: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}

/** y = op(x): the smallest model there is. */
export function unaryModel(op: string, shape: (number | string)[], type: OnnxType = 'f32'): Uint8Array {
  return encodeOnnx({
    inputs: [{ name: 'x', type, shape }],
    outputs: [{ name: 'y', type, shape }],
    nodes: [{ op, inputs: ['x'], outputs: ['y'] }],
  })
}

/** A pile of 3 x 3 convolutions over [1, channels, size, size]: as slow as asked for. */
export function convolutionModel({
  layers,
  channels,
  size,
  seed = 1,
}: {
  layers: number
  channels: number
  size: number
  seed?: number
}): Uint8Array {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32 - 0.5) * (2 / Math.sqrt(channels * 9))
  }
  const nodes: Node[] = []
  const initializers: Initializer[] = []
  for (let i = 0; i < layers; i++) {
    const weights = Float32Array.from({ length: channels * channels * 9 }, random)
    initializers.push({ name: `w${i}`, type: 'f32', shape: [channels, channels, 3, 3], data: new Uint8Array(weights.buffer) })
    nodes.push({
      op: 'Conv',
      inputs: [i === 0 ? 'x' : `r${i - 1}`, `w${i}`],
      outputs: [`c${i}`],
      attributes: { pads: [1, 1, 1, 1] },
    })
    nodes.push({ op: 'Relu', inputs: [`c${i}`], outputs: [i === layers - 1 ? 'y' : `r${i}`] })
  }
  const shape = [1, channels, size, size]
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape }],
    outputs: [{ name: 'y', type: 'f32', shape }],
    nodes,
    initializers,
  })
}
