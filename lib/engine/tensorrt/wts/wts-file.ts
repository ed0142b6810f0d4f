import { open } from 'node:fs/promises'
import { types } from 'node:util'
import { engineryError } from '../../../errors/enginery-error.js'
import { explainFileFailure } from '../../../errors/explain-file-failure.js'
import { requireArgument, requireText } from '../../../errors/require-argument.js'
import { abortedError } from '../../../errors/unless-aborted.js'
import { replaceFile } from '../../../model/replace-file.js'
import { WtsParser } from './wts-parser.js'

/** Parsing this much takes some milliseconds, after which the event loop gets its turn. */
const pieceBytes = 1 << 20

/** The weights of a .wts file by name, in its order. */
export class WtsWeights implements Iterable<[name: string, elements: Float32Array]> {
  readonly #weights: ReadonlyMap<string, Float32Array>
  readonly #path: string

  /** @internal */
  constructor(weights: ReadonlyMap<string, Float32Array>, path: string) {
    this.#weights = weights
    this.#path = path
  }

  get size(): number {
    return this.#weights.size
  }

  get names(): string[] {
    return [...this.#weights.keys()]
  }

  has(name: string): boolean {
    return this.#weights.has(name)
  }

  /** @throws WTS_WEIGHT_UNKNOWN, with names that begin as this one */
  get(name: string): Float32Array {
    const elements = this.#weights.get(name)
    if (elements !== undefined) return elements
    const near = this.names.sort((a, b) => sharedStart(b, name) - sharedStart(a, name)).slice(0, 5)
    const known = this.size > near.length ? [...near, `${this.size - near.length} more`] : near
    throw engineryError('WTS_WEIGHT_UNKNOWN', { path: this.#path, name, known })
  }

  [Symbol.iterator](): IterableIterator<[name: string, elements: Float32Array]> {
    return this.#weights[Symbol.iterator]()
  }
}

function sharedStart(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}

/**
 * Reads a .wts file, the text in which tensorrtx and others keep weights: a line with their number, then for each a line of its name,
 * the number of its elements, and these as hexadecimal digits of float32. It is read in pieces; the event loop stays free.
 *
 * @param source a path, or the text as bytes
 * @throws WTS_INVALID with the line; FILE_NOT_READ; ABORTED
 * @example
 * const weights = await readWts(new TextEncoder().encode('1\nbias 2 3f800000 40000000\n'))
 * weights.get('bias') // Float32Array [1, 2]
 */
export async function readWts(
  source: string | Uint8Array,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<WtsWeights> {
  if (types.isUint8Array(source)) {
    const parser = new WtsParser('the bytes that were given', source.byteLength)
    parser.feed(source)
    return new WtsWeights(parser.finish(), 'the bytes that were given')
  }
  const notRead = (cause: unknown) =>
    engineryError('FILE_NOT_READ', { path: source, reason: explainFileFailure(cause) }, { cause })
  const file = await open(source).catch((cause: unknown) => {
    throw notRead(cause)
  })
  try {
    const { size } = await file.stat()
    const parser = new WtsParser(source, size)
    const piece = new Uint8Array(pieceBytes)
    for (;;) {
      if (signal?.aborted) throw abortedError('Reading the weights', signal)
      const { bytesRead } = await file.read(piece, 0, pieceBytes, null).catch((cause: unknown) => {
        throw notRead(cause)
      })
      if (bytesRead === 0) return new WtsWeights(parser.finish(), source)
      parser.feed(piece.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

/**
 * Writes weights as {@link readWts} reads them. The file appears whole or not at all.
 *
 * @param weights names, which have no blanks, and elements
 * @throws OPTION_INVALID: a name that could not be read; FILE_NOT_WRITTEN
 */
export async function writeWts(path: string, weights: Iterable<readonly [name: string, elements: Float32Array]>): Promise<void> {
  requireText(path, 'the path of a file', 'path', writeWts)
  requireArgument(isIterable(weights), 'names with their elements', weights, 'weights', writeWts)
  const all = [...weights]
  const names = new Set<string>()
  for (const [name] of all) {
    if (/^\S+$/.test(name) && !names.has(name)) names.add(name)
    else {
      const reason = `expected names without blanks that differ, received ${JSON.stringify(name)}`
      throw engineryError('OPTION_INVALID', { caller: 'writeWts', option: 'weights', reason })
    }
  }
  await replaceFile(path, async (file) => {
    await file.appendFile(`${all.length}\n`)
    for (const [name, elements] of all) {
      await file.appendFile(`${name} ${elements.length}`)
      for (let at = 0; at < elements.length; at += pieceElements) {
        await file.appendFile(digitsOf(elements.subarray(at, at + pieceElements)))
      }
      await file.appendFile('\n')
    }
  })
}

const pieceElements = 1 << 16

function digitsOf(elements: Float32Array): string {
  const bits = new Uint32Array(elements.buffer, elements.byteOffset, elements.length)
  let text = ''
  for (const word of bits) text += ` ${word.toString(16).padStart(8, '0')}`
  return text
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
