/**
 * The header of a `.npy` file, as NumPy Enhancement Proposal 1 describes it: a magic string, a version, a length, and
 * a Python dictionary padded with blanks.
 */
import { engineryError } from '../errors/enginery-error.js'
import { type ElementType, elementTypeNames, elementTypes } from '../tensor/element-type.js'
import { countElements } from '../tensor/shape.js'
import { type PythonLiteral, parsePythonLiteral, type Refuse } from './python-literal.js'

/** What the file says about its array. */
export interface NpyHeader {
  readonly version: readonly [major: number, minor: number]
  /** NumPy's own words for the element type, for example `<f4`. */
  readonly descr: string
  readonly type: ElementType
  /** Bytes of one element in the file. */
  readonly itemBytes: number
  readonly bigEndian: boolean
  /** Text in the file: 4-byte code points (`U`) or bytes (`S`); null for numbers. */
  readonly text: 'code points' | 'bytes' | null
  /** Column-major order in the file; data is always handed out row-major. */
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  readonly elementCount: number
  /** Where the elements start in the file. */
  readonly dataOffset: number
}

/** Bytes to read before the length of the header is known. */
export const npyPrefixBytes = 12

// Headers of arrays that a tensor can hold take 128 bytes; this leaves room and refuses nonsense.
const longestHeader = 2 ** 20

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const // \x93NUMPY

/**
 * Where the dictionary lies, from the first {@link npyPrefixBytes} bytes of a file (fewer, where the file has fewer).
 *
 * @throws NPY_INVALID, NPY_TRUNCATED
 */
export function parseNpyPrefix(prefix: Uint8Array, file: string): { version: [number, number]; start: number; length: number } {
  const refuse = refuseAs(file)
  if (magic.some((byte, index) => index < prefix.length && prefix[index] !== byte)) {
    refuse('it does not start with \\x93NUMPY')
  }
  if (prefix.length < npyPrefixBytes) {
    throw engineryError('NPY_TRUNCATED', { file, expected: `at least ${npyPrefixBytes}`, received: prefix.length })
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length)
  const version: [number, number] = [view.getUint8(6), view.getUint8(7)]
  const known = version[0] >= 1 && version[0] <= 3 && version[1] === 0
  if (!known) refuse(`its format version is ${version.join('.')}; expected 1.0, 2.0 or 3.0`)
  const start = version[0] === 1 ? 10 : 12
  const length = version[0] === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > longestHeader) refuse(`its header claims ${length} bytes; expected at most ${longestHeader}`)
  return { version, start, length }
}

/**
 * The header, from the bytes of the dictionary that {@link parseNpyPrefix} found.
 *
 * @throws NPY_INVALID, NPY_UNSUPPORTED_DTYPE
 */
export function parseNpyHeader(
  dictionary: Uint8Array,
  { version, start, length }: ReturnType<typeof parseNpyPrefix>,
  file: string,
): NpyHeader {
  const refuse = refuseAs(file)
  const value = parsePythonLiteral(decodeText(dictionary, version[0] >= 3, refuse), (reason) => refuse(`its header: ${reason}`))
  if (!isKind(value, 'dict')) return refuse('its header is not a dictionary')
  const keys = [...value.entries.keys()].sort().join(', ')
  if (keys !== 'descr, fortran_order, shape') {
    refuse(`its header has the keys ${keys || '(none)'}; expected descr, fortran_order, shape`)
  }
  const fortranOrder = value.entries.get('fortran_order')
  if (typeof fortranOrder !== 'boolean') return refuse('fortran_order is neither True nor False')
  const shape = parseShapeTuple(value.entries.get('shape') as PythonLiteral, refuse)
  const element = parseDescr(value.entries.get('descr') as PythonLiteral, file)
  const elementCount = countElements(shape)
  if (!Number.isSafeInteger(elementCount * element.itemBytes)) refuse(`the shape (${shape.join(', ')}) is too large`)
  return { version, ...element, fortranOrder, shape, elementCount, dataOffset: start + length }
}

/**
 * The bytes before the elements, in version 1.0, padded so that the elements start at a multiple of 64.
 *
 * @throws NPY_UNSUPPORTED_DTYPE for types that NumPy does not have: `bf16`, `i4`, `u4`
 */
export function formatNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`
  const total = Math.ceil((10 + dictionary.length + 1) / 64) * 64
  const bytes = new Uint8Array(total).fill(0x20)
  bytes.set([...magic, 1, 0, (total - 10) & 0xff, (total - 10) >> 8])
  bytes.set(new TextEncoder().encode(dictionary), 10)
  bytes[total - 1] = 0x0a
  return bytes
}

/** NumPy's words for a type in this machine's byte order; `textLength` is that of the longest string. */
export function npyDescrOf(type: ElementType, textLength: number, bigEndian: boolean, file: string): string {
  const { numpy, bits } = elementTypes[type]
  if (numpy === null) {
    const expected = elementTypeNames.filter((name) => elementTypes[name].numpy !== null)
    throw engineryError('NPY_UNSUPPORTED_DTYPE', { file, received: type, expected })
  }
  if (type === 'string') return `${bigEndian ? '>' : '<'}${numpy}${Math.max(1, textLength)}`
  return `${bits === 8 ? '|' : bigEndian ? '>' : '<'}${numpy}`
}

/** @throws NPY_TRUNCATED */
export function requireBytes(received: number, expected: number, file: string): void {
  if (received < expected) throw engineryError('NPY_TRUNCATED', { file, expected, received })
}

/** The file must hold the array and nothing else. @throws NPY_TRUNCATED, NPY_INVALID */
export function requireNpySize(header: NpyHeader, size: number, file: string): void {
  const expected = header.dataOffset + header.elementCount * header.itemBytes
  requireBytes(size, expected, file)
  if (size > expected) {
    const reason = `${size - expected} bytes follow the array; several arrays belong in a .npz file`
    throw engineryError('NPY_INVALID', { file, reason })
  }
}

function refuseAs(file: string): Refuse {
  return (reason) => {
    throw engineryError('NPY_INVALID', { file, reason })
  }
}

function decodeText(bytes: Uint8Array, utf8: boolean, refuse: Refuse): string {
  if (!utf8) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('its header is not UTF-8')
  }
}

function isKind<K extends 'dict' | 'tuple' | 'list'>(
  value: PythonLiteral | undefined,
  kind: K,
): value is Extract<PythonLiteral, { kind: unknown }> & { kind: K } {
  return typeof value === 'object' && value !== null && value.kind === kind
}

function parseShapeTuple(value: PythonLiteral, refuse: Refuse): readonly number[] {
  if (!isKind(value, 'tuple')) return refuse('its shape is not a tuple')
  return Object.freeze(
    value.items.map((length) =>
      typeof length === 'number' && length >= 0 ? length : refuse('its shape holds something that is not a length'),
    ),
  )
}

type ElementFacts = Pick<NpyHeader, 'descr' | 'type' | 'itemBytes' | 'bigEndian' | 'text'>

const typesByCode: ReadonlyMap<string, ElementType> = new Map(
  elementTypeNames.flatMap((type) => {
    const { numpy } = elementTypes[type]
    return numpy === null || type === 'string' ? [] : [[numpy, type] as const]
  }),
)

function parseDescr(value: PythonLiteral, file: string): ElementFacts {
  if (typeof value === 'string') {
    const [, order = '', code = '', size = ''] = /^([<>|=]?)([A-Za-z])(\d+)$/.exec(value) ?? []
    const bigEndian = order === '>'
    const type = typesByCode.get(code + size)
    if (type !== undefined) return { descr: value, type, itemBytes: Number(size), bigEndian, text: null }
    const length = Number(size)
    if (code === 'U' && length > 0) return { descr: value, type: 'string', itemBytes: 4 * length, bigEndian, text: 'code points' }
    if (code === 'S' && length > 0) return { descr: value, type: 'string', itemBytes: length, bigEndian: false, text: 'bytes' }
  }
  throw engineryError('NPY_UNSUPPORTED_DTYPE', {
    file,
    received: typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : 'a structured one',
    expected: [...typesByCode.keys(), 'U1 and longer', 'S1 and longer'],
  })
}
