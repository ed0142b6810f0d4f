// Writes ONNX models from nothing: one Relu, to measure the cost of a call without that of a network, and a chain of
// matrix products, to have an inference as long as one likes with little data going in and out. Field numbers are those of onnx.proto.
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

/** A field with a whole number, as protobuf writes it. */
export const number = (field, value) => Buffer.concat([varint((field << 3) | VARINT), varint(value)])

/** A field with bytes, text or a message of such fields. */
export function bytes(field, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  return Buffer.concat([varint((field << 3) | BYTES), varint(content.length), content])
}

export function valueInfo(field, name, shape) {
  const dimensions = bytes(2, ...shape.map((length) => bytes(1, number(1, length))))
  const tensorType = bytes(1, number(1, 1), dimensions)
  return bytes(field, bytes(1, name), bytes(2, tensorType))
}

function encodeModel(name, shape, nodes, initializers = []) {
  const graph = bytes(
    7,
    ...nodes.map(({ type, inputs, output }) =>
      bytes(1, ...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(3, output), bytes(4, type)),
    ),
    bytes(2, name),
    ...initializers,
    valueInfo(11, 'input', shape),
    valueInfo(12, 'output', shape),
  )
  return Buffer.concat([number(1, 8), graph, bytes(8, number(2, 13))])
}

/** A float32 Relu of a fixed shape, input `input`, output `output`, opset 13. */
export function encodeReluModel(shape) {
  return encodeModel('relu', shape, [{ type: 'Relu', inputs: ['input'], output: 'output' }])
}

/**
 * `input` [n,n] times the same weights, `layers` times over.
 * @param {Float32Array} weights n x n
 */
export function encodeProductChain(n, weights, layers) {
  const raw = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength)
  const tensor = bytes(5, number(1, n), number(1, n), number(2, 1), bytes(8, 'weights'), bytes(9, raw))
  const nodes = Array.from({ length: layers }, (_, i) => ({
    type: 'MatMul',
    inputs: [i === 0 ? 'input' : `product${i}`, 'weights'],
    output: i === layers - 1 ? 'output' : `product${i + 1}`,
  }))
  return encodeModel('product-chain', [n, n], nodes, [tensor])
}
