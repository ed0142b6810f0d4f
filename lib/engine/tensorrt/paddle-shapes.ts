import type { TensorRtProfileInput } from './build-options.js'

const block = /^\s*shape_range_info\s*:?\s*\{/m

/** True for the text that Paddle Inference writes of shapes it saw: protobuf's text format. */
export function isPaddleShapes(text: string): boolean {
  return block.test(text)
}

const lists = ['min_shape', 'opt_shape', 'max_shape', 'min_value', 'opt_value', 'max_value'] as const
type Lists = Record<(typeof lists)[number], number[]>

/**
 * The ranges of Paddle's `dynamic_shape.txt` as a profile. Tensors with values are shape tensors: their values are taken.
 *
 * @param inputs those that are taken of all tensors; undefined: all
 */
export function profileFromPaddle(
  text: string,
  inputs: ReadonlySet<string> | undefined,
  refuse: (reason: string) => Error,
): TensorRtProfileInput {
  const found = new Map<string, Lists>()
  for (const { name, lists } of readBlocks(text, refuse)) {
    if (inputs === undefined || inputs.has(name)) found.set(name, lists)
  }
  if (found.size === 0) throw refuse(`it has no ranges of ${inputs === undefined ? 'anything' : [...inputs].join(', ')}`)
  const profile: TensorRtProfileInput = {}
  for (const [name, { min_shape, opt_shape, max_shape, min_value, opt_value, max_value }] of found) {
    const isValues = min_value.length > 0
    const range = isValues
      ? { values: { min: min_value, opt: opt_value, max: max_value } }
      : { min: min_shape, opt: opt_shape, max: max_shape }
    const numbers = Object.values(isValues ? (range as { values: Record<string, number[]> }).values : range).flat()
    if (numbers.some((number) => number < 0)) throw refuse(`${name}: expected lengths of 0 and more, received one below`)
    Object.defineProperty(profile, name, { value: range, enumerable: true, configurable: true, writable: true })
  }
  return profile
}

/** One after the other; lines that mean nothing here are refused, so that nothing is half understood. */
function* readBlocks(text: string, refuse: (reason: string) => Error): Generator<{ name: string; lists: Lists }> {
  let open: { name: string | null; lists: Lists } | null = null
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `line ${index + 1}`
    const word = line.trim()
    if (word === '' || word.startsWith('#')) continue
    if (/^shape_range_info\s*:?\s*\{$/.test(word)) {
      if (open !== null) throw refuse(`${where}: a tensor begins before the last one ended`)
      open = { name: null, lists: Object.fromEntries(lists.map((list) => [list, []])) as unknown as Lists }
    } else if (word === '}') {
      if (open === null) throw refuse(`${where}: a tensor ends that did not begin`)
      if (open.name === null) throw refuse(`${where}: the tensor before has no name`)
      yield { name: open.name, lists: open.lists }
      open = null
    } else {
      const field = /^(\w+)\s*:\s*(.*)$/.exec(word)
      if (open === null || field === null) throw refuse(`${where}: expected a field of shape_range_info, received ${brief(word)}`)
      readField(open, field[1] as string, field[2] as string, (reason) => refuse(`${where}: ${reason}`))
    }
  }
  if (open !== null) throw refuse('it ends within a tensor')
}

function readField(
  open: { name: string | null; lists: Lists },
  field: string,
  text: string,
  refuse: (reason: string) => Error,
): void {
  if (field === 'name') {
    const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)
    if (quoted === null) throw refuse(`expected a name in quotation marks, received ${brief(text)}`)
    open.name = (quoted[1] as string).replace(/\\(["'\\])/g, '$1')
    return
  }
  const list = lists.find((name) => name === field)
  if (list === undefined) throw refuse(`expected name, ${lists.join(', ')}, received ${brief(field)}`)
  const numbers = text.replace(/^\[(.*)\]$/, '$1').split(',')
  for (const number of numbers) {
    if (!/^\s*-?\d{1,15}\s*$/.test(number)) throw refuse(`${field}: expected whole numbers, received ${brief(text)}`)
    open.lists[list].push(Number(number))
  }
}

function brief(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
