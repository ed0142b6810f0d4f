import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { hashChunkBytes } from '../../../model/hash-file.js'
import type { NativeLayerDefinition, NativeNetworkDefinition, NativeNetworkWeights } from '../../../native/tensorrt-network.js'
import { canonicalJson } from '../../engine-digest.js'
import type { NetworkType } from './layer-names.js'
import type { NetworkTensor } from './network-tensor.js'
import type { ResolvedWeights } from './network-weights.js'
import type { LayerRecord, NetworkRecording } from './recording.js'

/** A network as it was at one moment: what crosses into the addon, and what a build wants to know of it before. */
export interface NetworkDefinition {
  readonly name: string | null
  readonly native: NativeNetworkDefinition
  readonly inputs: readonly { readonly name: string; readonly type: NetworkType; readonly shape: readonly number[] }[]
}

/** The network as data. Weights are not copied: the addon does it, at the beginning of the build. */
export function writeDefinition(name: string | null, recording: NetworkRecording): NetworkDefinition {
  const weights: NativeNetworkWeights[] = []
  const places = new Map<ArrayBufferLike, number[]>()
  // An array that several layers hold crosses once.
  const keep = ({ type, count, data }: ResolvedWeights) => {
    const beside = places.get(data.buffer) ?? []
    places.set(data.buffer, beside)
    const known = beside.find((place) => {
      const other = weights[place] as NativeNetworkWeights
      return other.type === type && other.data.byteOffset === data.byteOffset && other.data.byteLength === data.byteLength
    })
    if (known !== undefined) return known
    beside.push(weights.length)
    return weights.push({ type, count, data }) - 1
  }
  const layers = recording.layers.map((layer) => nativeLayer(layer, recording, keep))
  const inputs = recording.layers
    .filter(({ kind }) => kind === 'input')
    .flatMap(({ outputs }) => outputs)
    .map(({ name, type, shape }) => ({ name: name ?? '', type: type as NetworkType, shape: shape ?? [] }))
  return { name, inputs, native: { layers, outputs: recording.outputs.map(({ number }) => number), weights } }
}

function nativeLayer(
  { inputs, outputs, weights, ...layer }: LayerRecord,
  recording: NetworkRecording,
  keep: (weights: ResolvedWeights) => number,
): NativeLayerDefinition {
  return {
    ...layer,
    inputs: inputs.map((input) => input?.number ?? -1),
    outputs: outputs.map((output) => nativeTensor(output, recording)),
    weights: Object.fromEntries(Object.entries(weights ?? {}).map(([role, one]) => [role, keep(one)])),
  }
}

function nativeTensor(tensor: NetworkTensor, recording: NetworkRecording): NativeLayerDefinition['outputs'][number] {
  const record = recording.recordOf(tensor)
  return {
    ...(record?.name != null && { name: record.name }),
    ...(record?.dynamicRange && { dynamicRange: [record.dynamicRange[0], record.dynamicRange[1]] as [number, number] }),
  }
}

/** SHA-256 over layers, names and weights, and how many bytes of weights there are. Hashes in pieces, with turns for other work. */
export async function digestDefinition({ native }: NetworkDefinition): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const fields = native.layers.map(({ fields = [] }) => fields.map(({ name, type, data }) => [name, type, [...data]]))
  const layers = native.layers.map(({ fields: _, ...layer }) => layer)
  const weights = native.weights.map(({ type, count }) => [type, count])
  hash.update(canonicalJson({ layers, fields, outputs: native.outputs, weights }))
  let bytes = 0
  for (const { data } of native.weights) {
    for (let at = 0; at < data.byteLength; at += hashChunkBytes) {
      hash.update(data.subarray(at, at + hashChunkBytes))
      if (at + hashChunkBytes < data.byteLength) await nextTurn()
    }
    bytes += data.byteLength
  }
  return { sha256: hash.digest('hex'), bytes }
}
