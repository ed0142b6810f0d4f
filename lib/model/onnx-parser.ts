/**
 * The grammar of ONNX files, as far as it is needed to say what is in one. Numbers are the field numbers of onnx.proto.
 */
import type { OnnxDimension, OnnxExternalData, OnnxModel, OnnxValue, OnnxWeight } from './onnx-types.js'
import { nameOnnxType, onnxElementTypes } from './onnx-types.js'
import { type Parsing, type WireCursor, WireError, type WireField } from './wire-cursor.js'

// No real model comes near; a file of garbage that claims more must not fill the memory.
const mostEntries = 1_000_000
const mostDimensions = 256
const deepestSubgraph = 64

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] }

interface Collected extends Omit<Writable<OnnxModel>, 'operators' | 'metadata'> {
  operators: Map<string, { domain: string; type: string; count: number }>
  metadata: Record<string, string>
  initializerNames: Set<string>
  graphs: number
}

/** Reads a whole model. Throws WireError where the bytes are none. */
export function* parseOnnxModel(cursor: WireCursor): Parsing<OnnxModel> {
  const found: Collected = {
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0,
    graphName: '',
    opsets: [],
    inputs: [],
    outputs: [],
    operators: new Map(),
    nodeCount: 0,
    functionCount: 0,
    weights: [],
    parameters: 0,
    weightBytes: 0,
    metadata: Object.create(null) as Record<string, string>,
    initializerNames: new Set(),
    graphs: 0,
  }
  for (let field = yield* cursor.next(cursor.size); field; field = yield* cursor.nextAfter(field, cursor.size)) {
    yield* parseModelField(cursor, field, found)
  }
  if (found.graphs === 0) throw new WireError('it holds no graph')
  const { operators, initializerNames, graphs, inputs, ...rest } = found
  return {
    ...rest,
    inputs: inputs.filter(({ name }) => !initializerNames.has(name)),
    operators: [...operators.values()].sort(
      (a, b) => b.count - a.count || compare(a.domain, b.domain) || compare(a.type, b.type),
    ),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function* parseModelField(cursor: WireCursor, field: WireField, found: Collected): Parsing<void> {
  switch (field.number) {
    case 1:
      found.irVersion = yield* cursor.integer(field)
      break
    case 2:
      found.producerName = yield* cursor.string(field)
      break
    case 3:
      found.producerVersion = yield* cursor.string(field)
      break
    case 4:
      found.domain = yield* cursor.string(field)
      break
    case 5:
      found.modelVersion = yield* cursor.integer(field)
      break
    case 7:
      found.graphs++
      yield* parseGraph(cursor, enter(field), found, 0)
      break
    case 8:
      limit(found.opsets)
      found.opsets.push(yield* parseOpset(cursor, enter(field)))
      break
    case 14: {
      const [key, value] = yield* parseEntry(cursor, enter(field))
      found.metadata[key] = value
      break
    }
    case 25:
      found.functionCount++
      yield* parseFunction(cursor, enter(field), found)
      break
  }
}

/** End of a message inside a message. */
function enter(field: WireField): number {
  if (field.type !== 2) throw new WireError(`field ${field.number} has wire type ${field.type}, expected 2`)
  return field.end
}

function limit(list: readonly unknown[]): void {
  if (list.length >= mostEntries) throw new WireError(`more than ${mostEntries} entries of one kind`)
}

function* parseOpset(cursor: WireCursor, end: number): Parsing<{ domain: string; version: number }> {
  const opset = { domain: 'ai.onnx', version: 0 }
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) opset.domain = (yield* cursor.string(field)) || 'ai.onnx'
    else if (field.number === 2) opset.version = yield* cursor.integer(field)
  }
  return opset
}

function* parseEntry(cursor: WireCursor, end: number): Parsing<[key: string, value: string]> {
  const entry: [string, string] = ['', '']
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) entry[0] = yield* cursor.string(field)
    else if (field.number === 2) entry[1] = yield* cursor.string(field)
  }
  return entry
}

function* parseFunction(cursor: WireCursor, end: number, found: Collected): Parsing<void> {
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 7) yield* parseNode(cursor, enter(field), found, 0)
  }
}

function* parseGraph(cursor: WireCursor, end: number, found: Collected, depth: number): Parsing<void> {
  if (depth > deepestSubgraph) throw new WireError(`graphs nested deeper than ${deepestSubgraph}`)
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    switch (field.number) {
      case 1:
        yield* parseNode(cursor, enter(field), found, depth)
        break
      case 2:
        if (depth === 0) found.graphName = yield* cursor.string(field)
        break
      case 5: {
        const weight = yield* parseTensor(cursor, enter(field), 'initializer')
        if (depth === 0) found.initializerNames.add(weight.name)
        addWeight(found, weight)
        break
      }
      case 11:
        if (depth === 0) found.inputs.push(yield* parseValue(cursor, enter(field)))
        limit(found.inputs)
        break
      case 12:
        if (depth === 0) found.outputs.push(yield* parseValue(cursor, enter(field)))
        limit(found.outputs)
        break
      case 15: {
        const weight = yield* parseSparseTensor(cursor, enter(field), 'initializer')
        if (depth === 0) found.initializerNames.add(weight.name)
        addWeight(found, weight)
        break
      }
    }
  }
}

function addWeight(found: Collected, weight: OnnxWeight): void {
  limit(found.weights)
  found.weights.push(weight)
  found.parameters += weight.elements
  found.weightBytes += weight.bytes
}

function* parseNode(cursor: WireCursor, end: number, found: Collected, depth: number): Parsing<void> {
  if (++found.nodeCount > mostEntries) throw new WireError(`more than ${mostEntries} nodes`)
  let name = ''
  let output = ''
  let type = ''
  let domain = 'ai.onnx'
  const firstWeight = found.weights.length
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 2) output ||= yield* cursor.string(field)
    else if (field.number === 3) name = yield* cursor.string(field)
    else if (field.number === 4) type = yield* cursor.string(field)
    else if (field.number === 5) yield* parseAttribute(cursor, enter(field), found, depth)
    else if (field.number === 7) domain = (yield* cursor.string(field)) || 'ai.onnx'
  }
  // Tensors of Constant nodes are rarely named: the name that others use for them is that of the node's output.
  for (let i = firstWeight; i < found.weights.length; i++) {
    const weight = found.weights[i] as OnnxWeight
    if (weight.name === '') found.weights[i] = { ...weight, name: output || name }
  }
  const key = `${domain} ${type}`
  const known = found.operators.get(key)
  if (known) known.count++
  else found.operators.set(key, { domain, type, count: 1 })
}

function* parseAttribute(cursor: WireCursor, end: number, found: Collected, depth: number): Parsing<void> {
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    switch (field.number) {
      case 5:
      case 10:
        addWeight(found, yield* parseTensor(cursor, enter(field), 'attribute'))
        break
      case 6:
      case 11:
        yield* parseGraph(cursor, enter(field), found, depth + 1)
        break
      case 22:
      case 23:
        addWeight(found, yield* parseSparseTensor(cursor, enter(field), 'attribute'))
        break
    }
  }
}

function* parseSparseTensor(cursor: WireCursor, end: number, holder: OnnxWeight['holder']): Parsing<OnnxWeight> {
  let values: OnnxWeight | undefined
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) values = yield* parseTensor(cursor, enter(field), holder)
  }
  if (values === undefined) throw new WireError(`a sparse tensor without values before byte ${end}`)
  return values
}

function* parseTensor(cursor: WireCursor, end: number, holder: OnnxWeight['holder']): Parsing<OnnxWeight> {
  const shape: number[] = []
  const entries: [string, string][] = []
  let name = ''
  let type = 0
  let location = 0
  let payload = 0
  let raw: number | null = null
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    const length = field.end - cursor.position
    if (field.number === 1) yield* cursor.integers(field, mostDimensions, shape)
    else if (field.number === 2) type = yield* cursor.integer(field)
    else if (field.number === 8) name = yield* cursor.string(field)
    else if (field.number === 9) raw = length
    else if (field.number === 13) {
      entries.push(yield* parseEntry(cursor, enter(field)))
      if (entries.length > mostDimensions) throw new WireError(`tensor ${name}: too many entries of external data`)
    } else if (field.number === 14) location = yield* cursor.integer(field)
    // string_data: the other lists of values say nothing that shape and type do not.
    else if (field.number === 6) payload += length
  }
  return describeWeight({
    name,
    holder,
    type,
    shape,
    raw,
    payload,
    external: location === 1 ? readExternal(name, entries) : null,
  })
}

interface RawTensor {
  name: string
  holder: OnnxWeight['holder']
  type: number
  shape: number[]
  raw: number | null
  payload: number
  external: OnnxExternalData | null
}

function describeWeight({ name, holder, type, shape, raw, payload, external }: RawTensor): OnnxWeight {
  const elements = shape.reduce((product, length) => product * length, 1)
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(elements * 16)) {
    throw new WireError(`tensor ${name} has the impossible shape [${shape.slice(0, 8).join(', ')}]`)
  }
  const bits = onnxElementTypes[type]?.bits ?? null
  const bytes = bits === null ? (external?.length ?? raw ?? payload) : Math.ceil((elements * bits) / 8)
  if (bits !== null && external === null && raw !== null && raw !== bytes) {
    throw new WireError(`tensor ${name}: ${nameOnnxType(type)}[${shape.join(', ')}] takes ${bytes} bytes, ${raw} are there`)
  }
  return { name, holder, type: nameOnnxType(type), shape, elements, bytes, external }
}

/** Where external data is, from the entries of its tensor. Throws WireError. */
export function readExternal(name: string, entries: readonly [string, string][]): OnnxExternalData {
  const values = new Map(entries)
  const readNumber = (key: string): number | null => {
    const text = values.get(key)
    if (text === undefined || text === '') return null
    const number = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
      throw new WireError(`tensor ${name}: external data has ${key} "${text.slice(0, 40)}"`)
    return number
  }
  return { location: values.get('location') ?? '', offset: readNumber('offset') ?? 0, length: readNumber('length') }
}

function* parseValue(cursor: WireCursor, end: number): Parsing<OnnxValue> {
  let name = ''
  let type: Omit<OnnxValue, 'name'> = { type: 'undefined', shape: null }
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) name = yield* cursor.string(field)
    else if (field.number === 2) type = yield* parseType(cursor, enter(field))
  }
  return { name, ...type }
}

const otherTypes: Readonly<Record<number, string>> = { 4: 'sequence', 5: 'map', 7: 'opaque', 8: 'sparse', 9: 'optional' }

function* parseType(cursor: WireCursor, end: number): Parsing<Omit<OnnxValue, 'name'>> {
  let found: Omit<OnnxValue, 'name'> = { type: 'undefined', shape: null }
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) found = yield* parseTensorType(cursor, enter(field))
    else if (otherTypes[field.number] !== undefined) found = { type: otherTypes[field.number] as string, shape: null }
  }
  return found
}

function* parseTensorType(cursor: WireCursor, end: number): Parsing<Omit<OnnxValue, 'name'>> {
  let type = 0
  let shape: OnnxDimension[] | null = null
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) type = yield* cursor.integer(field)
    else if (field.number === 2) shape = yield* parseShape(cursor, enter(field))
  }
  return { type: nameOnnxType(type), shape }
}

function* parseShape(cursor: WireCursor, end: number): Parsing<OnnxDimension[]> {
  const shape: OnnxDimension[] = []
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number !== 1) continue
    if (shape.length >= mostDimensions) throw new WireError(`a shape of more than ${mostDimensions} dimensions`)
    shape.push(yield* parseDimension(cursor, enter(field)))
  }
  return shape
}

function* parseDimension(cursor: WireCursor, end: number): Parsing<OnnxDimension> {
  let dimension: OnnxDimension = null
  for (let field = yield* cursor.next(end); field; field = yield* cursor.nextAfter(field, end)) {
    if (field.number === 1) {
      const length = yield* cursor.integer(field)
      // Some exporters write -1 for a length that is open.
      dimension = length < 0 ? null : length
    } else if (field.number === 2) dimension = (yield* cursor.string(field)) || null
  }
  return dimension
}
