/**
 * The forms that values of trtexec's options have. Each answers what the text says, or throws an Error that says what was
 * expected; the caller adds which option it was.
 */

/** `images:1x3x640x640,'in:put':2x10`: dimensions by input. Names with colons or commas are in quotation marks. */
export function parseShapes(text: string): Record<string, number[]> {
  const shapes: Record<string, number[]> = {}
  for (const [name, value] of splitPairs(text)) {
    const lengths = value === 'scalar' ? [] : value.split('x').map(wholeNumber)
    Object.defineProperty(shapes, name, { value: lengths, enumerable: true, configurable: true, writable: true })
  }
  return shapes
}

/** `workspace:1024.5,dlaSRAM:512K`: bytes by pool; without a unit, mebibytes. */
export function parsePools(text: string): Record<string, number> {
  return Object.fromEntries(splitPairs(text).map(([pool, size]) => [pool, parseBytes(size)]))
}

const units: Readonly<Record<string, number>> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** `1024`, `512K`, `1.5G`; without a unit, mebibytes, as of trtexec. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([BKMG]?)(?:i?B)?$/i.exec(text)
  const unit = match && (units[(match[2] || 'M').toUpperCase()] as number)
  if (match === null || unit === null)
    throw new Error(`expected a size such as 1024 (MiB), 512K or 1.5G, received ${quote(text)}`)
  const bytes = Math.floor(Number(match[1]) * unit)
  if (!Number.isSafeInteger(bytes)) throw new Error(`expected a size below 2^53 bytes, received ${quote(text)}`)
  return bytes
}

/** `*:fp16,/head/Conv:fp32`: a word by layer; for a layer that is named twice, the last counts. */
export function parseLayers<T>(text: string, read: (word: string) => T): Record<string, T> {
  const layers: Record<string, T> = {}
  for (const [name, value] of splitPairs(text)) {
    // Anew, so that it also stands behind what it is to win over.
    delete layers[name]
    Object.defineProperty(layers, name, { value: read(value), enumerable: true, configurable: true, writable: true })
  }
  return layers
}

/** `+CUDNN,-CUBLAS`: what is switched on and off. */
export function parseSwitches(text: string): Record<string, boolean> {
  const switches: Record<string, boolean> = {}
  for (const part of text.split(',')) {
    const match = /^([+-])(\w+)$/.exec(part.trim())
    if (match === null) throw new Error(`expected names with + or - before them, received ${quote(part)}`)
    switches[match[2] as string] = match[1] === '+'
  }
  return switches
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new Error(`expected a whole number, received ${quote(text)}`)
  return Number(text)
}

/** The value that a word stands for, however its letters are written. */
export function oneOf<T>(choices: Readonly<Record<string, T>>): (text: string) => T {
  return (text) => {
    const name = Object.keys(choices).find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (name === undefined) throw new Error(`expected one of ${Object.keys(choices).join(', ')}, received ${quote(text)}`)
    return choices[name] as T
  }
}

/** `name:value` pairs; the value is behind the last colon that is in no quotation marks. */
function splitPairs(text: string): [name: string, value: string][] {
  const parts = text.match(/(?:'[^']*'|"[^"]*"|[^,'"])+/g) ?? []
  return parts.map((part) => {
    const match = /^(?:'([^']+)'|"([^"]+)"|([^:'"]+)):([^:'"]+)$/.exec(part.trim())
    if (match === null) throw new Error(`expected name:value, received ${quote(part)}; names with colons go in quotation marks`)
    return [(match[1] ?? match[2] ?? match[3]) as string, (match[4] as string).trim()]
  })
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
