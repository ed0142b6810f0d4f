import type { BuildWarning } from './build-warnings.js'

type Warning = Pick<BuildWarning, 'text' | 'count' | 'tensor'>

/**
 * Warnings for people. TensorRT says the same of every layer, with another name in it or with none: that is told once, with how
 * often it was said and of what else.
 *
 * @returns by the first text of each group, in the order in which they came, what is told in the place of all of it
 * @example groupWarnings(warnings).get('No scale for a1') // 'No scale for a1 (4 times, also of a2, a3 and 1 more)'
 */
export function groupWarnings(warnings: readonly Warning[]): Map<string, string> {
  const groups = new Map<string, Warning[]>()
  for (const warning of warnings) {
    const form = formOf(warning)
    const group = groups.get(form)
    if (group) group.push(warning)
    else groups.set(form, [warning])
  }
  return new Map([...groups.values()].map((group) => [(group[0] as Warning).text, tellOnce(group)]))
}

function tellOnce(group: readonly Warning[]): string {
  const [first, ...rest] = group as [Warning, ...Warning[]]
  const times = group.reduce((sum, { count }) => sum + count, 0)
  if (times === 1) return first.text
  const names = new Set(rest.map((other) => nameIn(other, first.text)))
  if (names.size === 0) return `${first.text} (${times} times)`
  const [shown, more] = [[...names].slice(0, 2), names.size - 2]
  return `${first.text} (${times} times, also of ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`
}

/** The text without what it is about. */
function formOf({ text, tensor }: Warning): string {
  if (tensor !== null) return text.replace(tensor, '<name>')
  return wordsOf(text)
    .map((word) => (isName(word) ? '<name>' : word))
    .join(' ')
}

/** What a text is about, where another of its form is about something else. */
function nameIn({ text, tensor }: Warning, other: string): string {
  if (tensor !== null) return tensor
  const words = wordsOf(other)
  return wordsOf(text)
    .filter((word, at) => word !== words[at])
    .map(withoutMarks)
    .join(' ')
}

/** Names of layers that were made one (`Conv_1 + Relu_2`) are a word. */
function wordsOf(text: string): string[] {
  return text.match(/[^\s+]+(?:\s\+\s[^\s+]+)+|\S+/g) ?? []
}

const withoutMarks = (word: string) => word.replace(/^[("'[]+|[)"'\].,:;]+$/g, '')

/** What models and builders call layers, or a number: no word of a language. */
function isName(word: string): boolean {
  return /[\d/_:.[\]{}]|[a-z][A-Z]/.test(withoutMarks(word)) || word.includes(' + ')
}
