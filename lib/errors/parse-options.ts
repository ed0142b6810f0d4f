import type { z } from 'zod'
import { describeValue } from './describe-value.js'
import { engineryError } from './enginery-error.js'
import { knownOptionsAt } from './known-options.js'

/**
 * Checks a public function's options with its schema.
 * @throws OPTION_INVALID for the first thing wrong; `details.problems` lists all
 */
// biome-ignore lint/complexity/noBannedTypes: any function may head a stack
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown, caller: Function): z.output<S> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, options, schema))
  const [first] = problems as [OptionProblem, ...OptionProblem[]]
  throw engineryError(
    'OPTION_INVALID',
    { caller: caller.name, option: first.option, reason: first.reason },
    { caller, cause: parsed.error, details: { problems } },
  )
}

export interface OptionProblem {
  /** Dotted path, for example `hints.streams`. */
  readonly option: string
  readonly path: readonly PropertyKey[]
  readonly reason: string
}

type Issue = z.core.$ZodIssue

/**
 * An issue in our words; one of a union becomes the issue of the branch that came closest.
 * @param schema what was checked with: names the options that there are
 */
export function describeIssue(issue: Issue, root: unknown, schema?: z.ZodType): OptionProblem[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = closestBranch(issue.errors)
    if (closest) {
      return closest.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] } as Issue, root, schema))
    }
  }
  if (issue.code === 'unrecognized_keys') {
    const known = schema && knownOptionsAt(schema, issue.path)
    const reason = known ? `there is no such option; there are ${known.join(', ')}` : 'there is no such option'
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      return { option: path.map(String).join('.'), path, reason }
    })
  }
  const option = issue.path.map(String).join('.') || '(options)'
  const received = describeValue(valueAt(root, issue.path))
  const message = issueMessage(issue)
  return [{ option, path: issue.path, reason: /received/.test(message) ? message : `${message}, received ${received}` }]
}

function issueMessage(issue: Issue): string {
  if (issue.code !== 'invalid_union') return lowerFirst(issue.message.replace(/^Invalid input: /, ''))
  // A union told apart by one key says which values that key may have.
  const { options } = issue as { options?: readonly unknown[] }
  return options ? `expected ${options.map((value) => JSON.stringify(value)).join(' or ')}` : unionMessage(issue.errors)
}

// A branch whose complaint lies deeper than the union itself matched the kind of value that was passed.
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const deep = branches.filter((issues) => issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'))
  return deep.sort((a, b) => a.length - b.length)[0]
}

function unionMessage(branches: readonly (readonly Issue[])[]): string {
  const expected = new Set<string>()
  for (const [issue] of branches) {
    if (issue?.code === 'invalid_type') expected.add(issue.expected)
    else if (issue?.code === 'invalid_value')
      for (const value of issue.values) expected.add(JSON.stringify(value) ?? String(value))
    // What a kind of value checks for itself may have no words for it; the others have.
    else if (issue && issue.message !== 'Invalid input') expected.add(lowerFirst(issue.message).replace(/^expected /, ''))
  }
  return `expected ${[...expected].join(' or ')}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], root)
}
