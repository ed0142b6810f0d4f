import { InvalidArgumentError } from 'commander'
import { yaml } from '../../model/yaml-parser.js'

/** `name=value` in two. Split at the last `=` for values that hold none, since names of tensors may. */
export function splitAssignment(text: string, example: string, at: 'first' | 'last' = 'first'): [name: string, value: string] {
  const index = at === 'first' ? text.indexOf('=') : text.lastIndexOf('=')
  if (index <= 0) throw new InvalidArgumentError(`expected ${example}, received ${JSON.stringify(text)}.`)
  return [text.slice(0, index), text.slice(index + 1)]
}

/** A value as YAML reads it: `4` is a number, `false` a boolean, `[1, 3]` a list, the rest text. */
export function parseValue(text: string): unknown {
  try {
    return yaml().parse(text) ?? ''
  } catch (error) {
    throw new InvalidArgumentError(`cannot be read: ${(error as Error).message.split('\n')[0]}.`)
  }
}

/** Sets `value` at a dotted path of nested objects. */
export function setAtPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let parent = target
  path.slice(0, -1).forEach((key) => {
    const child = Object.hasOwn(parent, key) ? parent[key] : undefined
    const next = typeof child === 'object' && child !== null && !Array.isArray(child) ? (child as Record<string, unknown>) : {}
    defineOwn(parent, key, next)
    parent = next
  })
  defineOwn(parent, path.at(-1) as string, value)
}

// Plain assignment to `__proto__` would change the object's prototype.
export function defineOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
