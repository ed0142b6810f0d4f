import { engineryError } from '../errors/enginery-error.js'

/** A part of an ignored scope that no node has. */
export interface Unmatched {
  /** In words, for the message. */
  readonly what: string
  readonly name: string
  /** Names that there are. */
  readonly known: Iterable<string>
}

const mostSuggestions = 5

/** The error for parts of an ignored scope that match nothing, with the names closest to them. */
export function refuseUnmatched(unmatched: readonly Unmatched[]): Error {
  const suggestions = unmatched.flatMap(({ name, known }) => listNearNames(name, known))
  return engineryError(
    'IGNORED_SCOPE_UNMATCHED',
    {
      what: unmatched.map(({ what }) => what).join('; '),
      suggestions: suggestions.length > 0 ? [...new Set(suggestions)] : 'none',
    },
    { details: { unmatched: unmatched.map(({ what }) => what) } },
  )
}

/** Names like this one: with another case, containing it or contained, or a few letters away; the closest first. */
export function listNearNames(name: string, known: Iterable<string>, most = mostSuggestions): string[] {
  if (name === '') return []
  const wanted = name.toLowerCase()
  const near: { candidate: string; distance: number }[] = []
  for (const candidate of known) {
    const text = candidate.toLowerCase()
    const overlaps = text.includes(wanted) || (text.length > 2 && wanted.includes(text))
    const limit = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3))
    if (!overlaps && Math.abs(text.length - wanted.length) > limit) continue
    const distance = countEdits(text, wanted)
    if (overlaps || distance <= limit) near.push({ candidate, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, most)
    .map(({ candidate }) => candidate)
}

// Names in files may be of any length; beyond this they are compared by their beginnings.
const longestCompared = 256

/** Letters to be inserted, removed or replaced to get from one to the other (Levenshtein). */
function countEdits(a: string, b: string): number {
  const [left, right] = [a.slice(0, longestCompared), b.slice(0, longestCompared)]
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[right.length] as number
}
