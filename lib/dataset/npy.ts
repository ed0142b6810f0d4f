/**
 * NumPy's `.npy` files: format versions 1 to 3, both byte orders, both memory orders, numbers, booleans and text.
 */
import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import { replaceFile } from '../model/replace-file.js'
import { arrayLengthOf, type ElementType, elementTypes } from '../tensor/element-type.js'
import { countElements, parseShape } from '../tensor/shape.js'
import { decodeElements, encodeElements, hostIsBigEndian, longestText, type NpyArray } from './npy-elements.js'
import {
  formatNpyHeader,
  npyDescrOf,
  npyPrefixBytes,
  parseNpyHeader,
  parseNpyPrefix,
  requireBytes,
  requireNpySize,
} from './npy-header.js'
import { NpyReader } from './npy-reader.js'
import { openFile, sourceOfFile } from './npy-source.js'

export type { NpyArray }

/**
 * Reads a `.npy` file whole. Column-major arrays become row-major, foreign byte order this machine's.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, NPY_INVALID, NPY_TRUNCATED, NPY_UNSUPPORTED_DTYPE, OUT_OF_MEMORY
 * @example const { type, shape, data } = await readNpy('images.npy')
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const reader = await openNpy(path)
  try {
    return await reader.readAll()
  } finally {
    await reader.close()
  }
}

/**
 * Opens a `.npy` file and reads its header only; rows are read when asked for.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, NPY_INVALID, NPY_TRUNCATED, NPY_UNSUPPORTED_DTYPE
 * @example
 * const file = await openNpy('calibration.npy')
 * for (let start = 0; start < file.rows; start += 8) use(await file.readRows(start, Math.min(8, file.rows - start)))
 * await file.close()
 */
export async function openNpy(path: string): Promise<NpyReader> {
  const { handle, size } = await openFile(path)
  try {
    return await NpyReader.open(sourceOfFile(handle, path, path, 0, size), () => handle.close())
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads a `.npy` file that is in memory; the bytes are copied.
 *
 * @param options.name stands for the file in messages
 * @throws NPY_INVALID, NPY_TRUNCATED, NPY_UNSUPPORTED_DTYPE
 */
export function decodeNpy(bytes: Uint8Array, options: { name?: string } = {}): NpyArray {
  return adoptNpy(new Uint8Array(bytes), options.name ?? 'the bytes')
}

/** As {@link decodeNpy}, without a copy where the elements are aligned: the bytes then belong to the array. */
export function adoptNpy(bytes: Uint8Array, file: string): NpyArray {
  const prefix = parseNpyPrefix(bytes.subarray(0, npyPrefixBytes), file)
  const end = prefix.start + prefix.length
  requireBytes(bytes.length, end, file)
  const header = parseNpyHeader(bytes.subarray(prefix.start, end), prefix, file)
  requireNpySize(header, bytes.length, file)
  const elements = bytes.subarray(end)
  const data = decodeElements(elements.byteOffset % 8 === 0 ? elements : new Uint8Array(elements), header, header.shape, file)
  return { type: header.type, shape: header.shape, data }
}

/**
 * The bytes of a `.npy` file: header and elements, to be written one after the other. The elements are a view of the
 * array's memory where there is one.
 *
 * @throws NPY_UNSUPPORTED_DTYPE for `bf16`, `i4` and `u4`; TENSOR_SHAPE_INVALID, TENSOR_DATA_INVALID
 */
export function encodeNpy(array: NpyArray, options: { name?: string } = {}): [header: Uint8Array, elements: Uint8Array] {
  const { type, data } = array
  const shape = parseShape(array.shape, encodeNpy)
  requireData(type, shape, data)
  const textLength = longestText(data)
  const descr = npyDescrOf(type, textLength, hostIsBigEndian, options.name ?? 'a .npy file')
  return [formatNpyHeader(descr, shape), encodeElements(data, textLength)]
}

/**
 * Writes a `.npy` file that NumPy can read. It appears at `path` once it is complete.
 *
 * @throws as {@link encodeNpy}; FILE_NOT_WRITTEN
 * @example await writeNpy('logits.npy', { type: 'f32', shape: [1, 10], data: logits })
 */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  const parts = encodeNpy(array, { name: path })
  await replaceFile(path, async (file) => {
    for (const part of parts) await file.writeFile(part)
  })
}

function requireData(type: ElementType, shape: readonly number[], data: unknown): void {
  const facts = Object.hasOwn(elementTypes, type) ? elementTypes[type] : undefined
  if (facts === undefined) {
    throw engineryError('TENSOR_TYPE_INVALID', { expected: Object.keys(elementTypes), received: describeValue(type) })
  }
  const length = arrayLengthOf(type, countElements(shape))
  const fits =
    facts.array === null
      ? Array.isArray(data) && data.every((text) => typeof text === 'string')
      : data instanceof (facts.array as unknown as new () => object)
  if (!fits || (data as ArrayLike<unknown>).length !== length) {
    const expected = `${facts.array === null ? 'string[]' : facts.array.name}(${length})`
    throw engineryError('TENSOR_DATA_INVALID', { type, shape, expected, received: describeValue(data) })
  }
}
