import { describeValue } from '../../../errors/describe-value.js'
import { engineryError } from '../../../errors/enginery-error.js'

/** What a byte is in a line: a hexadecimal digit (its value), or one of these. */
const blank = 16
const lineEnd = 17
const carriageReturn = 18
const other = 19

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte)
  if (/[0-9a-fA-F]/.test(text)) return Number.parseInt(text, 16)
  return text === ' ' || text === '\t' ? blank : text === '\n' ? lineEnd : text === '\r' ? carriageReturn : other
})

type Reading = 'count' | 'name' | 'length' | 'elements'

/** Names and numbers before elements: longer ones are no names. */
const longestWord = 4096

/**
 * Reads the text of a .wts file, fed in pieces that may end anywhere. Elements go straight into their array.
 *
 * @see https://github.com/wang-xinyu/tensorrtx, whose networks are written for such files
 */
export class WtsParser {
  readonly #path: string
  readonly #size: number
  readonly #weights = new Map<string, Float32Array>()
  #reading: Reading = 'count'
  #declared = 0
  #line = 1
  #done = 0
  #word = ''
  #name = ''
  #bits = new Uint32Array(0)
  #filled = 0
  #value = 0
  #digits = 0

  /** @param size of the whole text in bytes, against which numbers of elements are held before memory is taken for them */
  constructor(path: string, size: number) {
    this.#path = path
    this.#size = size
  }

  /** @throws WTS_INVALID */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at = this.#reading === 'elements' ? this.#feedElements(bytes, at) : this.#feedWord(bytes, at)
    }
    this.#done += bytes.length
  }

  /** @throws WTS_INVALID: the text ends before all weights were there */
  finish(): Map<string, Float32Array> {
    const ends = this.#reading === 'count' || (this.#reading === 'length' && this.#word !== '')
    if (ends) this.#endWord(this.#size, true)
    if (this.#reading === 'count') this.#refuse('the number of weights', 'an empty file')
    if (this.#reading === 'elements') this.#endElements()
    else if (this.#word !== '' || this.#reading === 'length') {
      this.#refuse('a name, a number of elements and the elements', `${describeValue(this.#word)} at the end of the file`)
    }
    if (this.#weights.size !== this.#declared) {
      this.#refuse(`${this.#declared} weights, as the first line says`, `${this.#weights.size}, and the end of the file`)
    }
    return this.#weights
  }

  #feedWord(bytes: Uint8Array, start: number): number {
    let at = start
    while (at < bytes.length && isOfWord(bytes[at] as number)) at++
    this.#word += Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start).toString('latin1')
    if (this.#word.length > longestWord) this.#refuse('a name or a number', `more than ${longestWord} characters without a blank`)
    if (at >= bytes.length) return at
    const kind = kinds[bytes[at] as number]
    this.#endWord(this.#done + at + 1, kind === lineEnd)
    if (kind === lineEnd) this.#line++
    return at + 1
  }

  /** @param next where in the file the rest begins */
  #endWord(next: number, isLineEnd: boolean): void {
    // Pieces may end within a character.
    const word = Buffer.from(this.#word, 'latin1').toString('utf8')
    this.#word = ''
    if (word === '') {
      if (isLineEnd && this.#reading === 'length') this.#refuse('a number of elements behind the name', 'the end of the line')
      return
    }
    if (this.#reading === 'count') {
      this.#declared = this.#readNumber(word, 'the number of weights')
      this.#reading = 'name'
    } else if (this.#reading === 'name') {
      if (this.#weights.size === this.#declared) {
        this.#refuse(`${this.#declared} weights, as the first line says`, `one more: ${describeValue(word)}`)
      }
      if (this.#weights.has(word)) this.#refuse('names that differ', `${describeValue(word)} once more`)
      if (isLineEnd) this.#refuse('a number of elements behind the name', 'the end of the line')
      this.#name = word
      this.#reading = 'length'
    } else {
      const length = this.#readNumber(word, `the number of elements of ${this.#name}`)
      this.#begin(length, next)
      if (isLineEnd) this.#endElements()
    }
  }

  #begin(length: number, next: number): void {
    // Each takes a digit and a blank at least.
    const room = Math.max(0, Math.ceil((this.#size - next) / 2))
    if (length > room) this.#refuse(`${length} elements of ${this.#name}`, `a file in which ${room} fit at most from here on`)
    this.#bits = new Uint32Array(length)
    this.#filled = 0
    this.#value = 0
    this.#digits = 0
    this.#reading = 'elements'
  }

  #feedElements(bytes: Uint8Array, start: number): number {
    const bits = this.#bits
    let value = this.#value
    let digits = this.#digits
    let filled = this.#filled
    let at = start
    for (; at < bytes.length; at++) {
      const kind = kinds[bytes[at] as number] as number
      if (kind < blank) {
        value = (value << 4) | kind
        digits++
        continue
      }
      if (kind === other) this.#refuseElement(filled, describeValue(String.fromCharCode(bytes[at] as number)))
      if (digits > 0) {
        if (digits > 8) this.#refuseElement(filled, `${digits} digits`)
        if (filled < bits.length) bits[filled] = value
        filled++
        value = 0
        digits = 0
      }
      if (kind === blank || kind === carriageReturn) continue
      this.#filled = filled
      this.#digits = 0
      this.#endElements()
      this.#line++
      return at + 1
    }
    this.#value = value
    this.#digits = digits
    this.#filled = filled
    return at
  }

  #endElements(): void {
    if (this.#digits > 8) this.#refuseElement(this.#filled, `${this.#digits} digits`)
    if (this.#digits > 0) {
      if (this.#filled < this.#bits.length) this.#bits[this.#filled] = this.#value
      this.#filled++
    }
    if (this.#filled !== this.#bits.length) {
      this.#refuse(`${this.#bits.length} elements of ${this.#name}, as the line says`, String(this.#filled))
    }
    this.#weights.set(this.#name, new Float32Array(this.#bits.buffer))
    this.#digits = 0
    this.#reading = 'name'
  }

  #refuseElement(index: number, received: string): never {
    this.#refuse(`at most 8 hexadecimal digits for element ${index} of ${this.#name}`, received)
  }

  #readNumber(word: string, what: string): number {
    const number = Number(word)
    if (!/^\d+$/.test(word) || !Number.isSafeInteger(number)) this.#refuse(what, describeValue(word))
    return number
  }

  #refuse(expected: string, received: string): never {
    throw engineryError('WTS_INVALID', { path: this.#path, line: this.#line, expected, received })
  }
}

function isOfWord(byte: number): boolean {
  const kind = kinds[byte] as number
  return kind < blank || kind === other
}
