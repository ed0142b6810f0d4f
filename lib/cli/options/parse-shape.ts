import { InvalidArgumentError } from 'commander'
import type { RequestedDimension } from '../../engine/resolve-shapes.js'

/**
 * A shape as written on the command line: `1x3x224x224`, `?x3x48x32..320`.
 *
 * @throws InvalidArgumentError that says which part is wrong
 */
export function parseShape(text: string): RequestedDimension[] {
  // A scalar has no dimensions to write.
  if (text === '' || text === '[]') return []
  return text.split(/[x,×]/).map((part) => parseDimension(part.trim(), text))
}

/** A shape without open dimensions. */
export function parseStaticShape(text: string): number[] {
  const shape = parseShape(text)
  if (!shape.every((dimension) => typeof dimension === 'number')) {
    throw new InvalidArgumentError(`expected whole numbers such as 1x3x224x224, received ${text}.`)
  }
  return shape as number[]
}

function parseDimension(part: string, text: string): RequestedDimension {
  if (part === '?' || part === '-1' || part === 'dynamic') return 'dynamic'
  const range = /^(\d+)\.\.(\d*|\?)$/.exec(part)
  if (range) {
    const min = Number(range[1])
    const max = range[2] === '' || range[2] === '?' ? 'dynamic' : Number(range[2])
    if (typeof max === 'number' && max < min) throw refuse(part, text)
    return [min, max]
  }
  if (!/^\d+$/.test(part) || !Number.isSafeInteger(Number(part))) throw refuse(part, text)
  return Number(part)
}

function refuse(part: string, text: string): Error {
  return new InvalidArgumentError(
    `expected lengths, ? for any and min..max for a range, such as 1x3x224x224 or ?x3x48x32..320; received ${JSON.stringify(part)} in ${JSON.stringify(text)}.`,
  )
}
