import { engineryError } from '../errors/enginery-error.js'
import { type ExternalFile, resolveExternalData } from './external-data.js'
import { FileRange } from './file-range.js'
import { mapTensors } from './map-tensors.js'
import type { GraphMessage, TensorMessage } from './onnx-messages.js'
import { readExternal } from './onnx-parser.js'
import type { OnnxExternalData } from './onnx-types.js'
import { byteLengthOfTensor } from './tensor-values.js'
import { WireError } from './wire-cursor.js'

/** `TensorProto.DataLocation`. */
export const externalLocation = 1

/**
 * The message with every tensor of another file as bytes that are read when needed: nothing downstream has to know that
 * there were other files. A range is opened, read and closed each time, so models of any size take no memory here.
 *
 * @param path of the model; null for bytes in memory, beside which there are no files
 * @throws WireError; EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID, FILE_NOT_READ
 */
export async function attachExternalWeights(graph: GraphMessage, path: string | null): Promise<GraphMessage> {
  const files = new Map<string, ExternalFile>()
  const wanted: { location: string; offset: number; length: number | null }[] = []
  mapTensors(graph, (tensor) => {
    if (tensor.dataLocation !== externalLocation) return tensor
    const external = locate(tensor)
    wanted.push(external)
    const atLeast = Math.max(external.offset + (external.length ?? 0), files.get(external.location)?.atLeast ?? 0)
    files.set(external.location, { location: external.location, atLeast })
    return tensor
  })
  if (wanted.length === 0) return graph
  const list = [...files.values()]
  if (path === null) {
    const { location } = list[0] as ExternalFile
    throw engineryError('EXTERNAL_DATA_MISSING', { model: 'The model in memory', location, expectedPath: location })
  }
  const resolved = await resolveExternalData(path, list)
  const paths = new Map(list.map(({ location }, index) => [location, resolved[index] as string]))
  return mapTensors(graph, (tensor) => {
    if (tensor.dataLocation !== externalLocation) return tensor
    const external = locate(tensor)
    const { externalData, dataLocation, ...rest } = tensor
    const file = paths.get(external.location) as string
    const explainEnd = (size: number) => {
      const reason = `it has ${size} bytes, the model needs ${external.offset + external.length}`
      return engineryError('EXTERNAL_DATA_INVALID', { model: path, location: file, reason })
    }
    return { ...rest, externalData: [], rawData: new FileRange(file, external, { explainEnd }) }
  })
}

function locate(tensor: TensorMessage): OnnxExternalData & { length: number } {
  const entries = tensor.externalData.map(({ key, value }): [string, string] => [
    key ?? '',
    Buffer.from(value ?? []).toString('utf8'),
  ])
  const external = readExternal(tensor.name ?? '', entries)
  const bytes = byteLengthOfTensor(tensor)
  const length = external.length ?? bytes
  if (length === null) throw new WireError(`tensor ${tensor.name ?? ''}: external data of unknown length`)
  if (bytes !== null && length !== bytes) {
    throw new WireError(`tensor ${tensor.name ?? ''} takes ${bytes} bytes, its external data has ${length}`)
  }
  return { ...external, length }
}
