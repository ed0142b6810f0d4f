// Writes an ONNX model with one Relu, so that the cost of a call can be measured without the cost of a network and
// without a file from elsewhere. Field numbers are those of onnx.proto.
const VARINT = 0
const BYTES = 2

function varint(value) {
  const bytes = []
  let rest = BigInt(value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const number = (field, value) => Buffer.concat([varint((field << 3) | VARINT), varint(value)])

function bytes(field, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  return Buffer.concat([varint((field << 3) | BYTES), varint(content.length), content])
}

function valueInfo(field, name, shape) {
  const dimensions = bytes(2, ...shape.map((length) => bytes(1, number(1, length))))
  const tensorType = bytes(1, number(1, 1), dimensions)
  return bytes(field, bytes(1, name), bytes(2, tensorType))
}

/** A float32 Relu of a fixed shape, input `input`, output `output`, opset 13. */
export function encodeReluModel(shape) {
  const node = bytes(1, bytes(1, 'input'), bytes(2, 'output'), bytes(3, 'relu'), bytes(4, 'Relu'))
  const graph = bytes(7, node, bytes(2, 'relu'), valueInfo(11, 'input', shape), valueInfo(12, 'output', shape))
  return Buffer.concat([number(1, 8), graph, bytes(8, number(2, 13))])
}
