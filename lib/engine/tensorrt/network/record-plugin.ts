import type { NativePluginField } from '../../../native/tensorrt-network.js'
import { pluginSchema } from './layer-options.js'
import type { NetworkTensor } from './network-tensor.js'
import type { LayerCall, NetworkRecording } from './recording.js'

const fieldTypes: Readonly<Record<string, string>> = {
  Float32Array: 'f32',
  Float64Array: 'f64',
  Int8Array: 'i8',
  Int16Array: 'i16',
  Int32Array: 'i32',
  BigInt64Array: 'i64',
}

/** What a plugin makes is known to TensorRT alone. */
export function recordPlugin(recording: NetworkRecording, inputs: unknown, options: unknown): NetworkTensor[] {
  const call = recording.begin('plugin', pluginSchema, options)
  const tensors = call.tensors(inputs)
  const { plugin, version, namespace, fields, outputs } = call.options
  return call.add({
    inputs: tensors,
    choices: { plugin, version, namespace },
    fields: Object.entries(fields).map(([name, data]) => fieldOf(call, name, data)),
    outputs: new Array(outputs).fill({ type: null, shape: null }),
  })
}

function fieldOf(call: LayerCall, name: string, data: string | NodeJS.TypedArray): NativePluginField {
  if (typeof data === 'string') {
    const text = Buffer.from(`${data}\0`, 'utf8')
    // The zero at the end is for plugins that read the text as one of C's; it is none of its characters.
    return { name, type: 'char', length: text.length - 1, data: text }
  }
  const { buffer, byteOffset, byteLength, length } = data
  const type = fieldTypes[data[Symbol.toStringTag] ?? '']
  if (type === undefined) {
    return call.refuse(
      `field ${name} as a string or one of ${Object.keys(fieldTypes).join(', ')}`,
      String(data[Symbol.toStringTag]),
    )
  }
  return { name, type, length, data: new Uint8Array(buffer, byteOffset, byteLength) }
}
