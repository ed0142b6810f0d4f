/**
 * A value in a few words, for "received ..." in error messages: never long, never throws.
 *
 * @example describeValue(new Float32Array(3)) // 'Float32Array(3)'
 */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return value.length > longest ? `${JSON.stringify(value.slice(0, longest - 3))}...` : JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return cut(`${value}n`)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
    default:
      return describeObject(value)
  }
}

const longest = 60
const cut = (text: string) => (text.length > longest ? `${text.slice(0, longest - 3)}...` : text)

/** The items of a list, such as a shape or names to choose from; of a long one its beginning, and how many are left out. */
export function describeList(items: readonly unknown[], most = 50): string {
  if (items.length <= most) return items.join(', ')
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`
}

function describeObject(value: object): string {
  try {
    if (ArrayBuffer.isView(value)) {
      const length = (value as unknown as { length?: number }).length ?? value.byteLength
      return `${value.constructor.name}(${length})`
    }
    if (Array.isArray(value)) return describeArray(value)
    const name = (value.constructor as { name?: unknown } | undefined)?.name
    if (typeof name === 'string' && name !== '' && name !== 'Object') return `an object of class ${cut(name)}`
    const keys = Object.keys(value)
    return keys.length === 0
      ? 'an empty object'
      : `an object with ${keys.slice(0, 5).map(cut).join(', ')}${keys.length > 5 ? ', ...' : ''}`
  } catch {
    return 'an object'
  }
}

function describeArray(value: readonly unknown[]): string {
  const first = value.slice(0, 8)
  if (first.every((item) => item === null || typeof item !== 'object')) {
    return `[${first.map(describeValue).join(', ')}${value.length > first.length ? ', ...' : ''}]`
  }
  return `an array of ${value.length}`
}
