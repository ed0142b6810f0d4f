/**
 * Reads the literals that `repr()` writes in Python: what the header of a `.npy` file is made of. Nothing is evaluated.
 */

export type PythonLiteral = string | number | boolean | null | PythonSequence | PythonDict

export interface PythonSequence {
  readonly kind: 'tuple' | 'list'
  readonly items: readonly PythonLiteral[]
}

export interface PythonDict {
  readonly kind: 'dict'
  readonly entries: ReadonlyMap<string, PythonLiteral>
}

/** Is called with what is wrong, and throws. */
export type Refuse = (reason: string) => never

// A structured type nests a list, tuples and shapes per level; no real one is deep.
const deepestNesting = 32

interface Token {
  readonly kind: 'punctuation' | 'string' | 'number' | 'word' | 'end'
  readonly text: string
  readonly at: number
}

// One alternative per kind, sticky. `\d+L` is how Python 2 wrote long integers.
const tokenPattern =
  /[ \t\r\n]*(?:(?<punctuation>[{}()[\],:])|(?<string>[uUbB]?'(?:[^'\\\n]|\\.)*'|[uUbB]?"(?:[^"\\\n]|\\.)*")|(?<number>[+-]?\d+)L?(?![\w.])|(?<word>[A-Za-z_]\w*)|(?<end>$))/y

function tokenize(text: string, refuse: Refuse): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(tokenPattern)
  for (;;) {
    const start = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) {
      const rest = text.slice(start).trimStart()
      return refuse(`unexpected ${JSON.stringify(rest.slice(0, 20))} at position ${text.length - rest.length}`)
    }
    for (const kind of ['punctuation', 'string', 'number', 'word'] as const) {
      const found = groups[kind]
      if (found !== undefined) tokens.push({ kind, text: found, at: pattern.lastIndex - found.length })
    }
    if (groups.end !== undefined) {
      tokens.push({ kind: 'end', text: 'the end', at: text.length })
      return tokens
    }
  }
}

/**
 * The value of one literal: strings, whole numbers, `True`, `False`, `None`, tuples, lists and dictionaries with string keys.
 *
 * @param refuse is called, and must throw, where the text is anything else
 * @example parsePythonLiteral("{'shape': (2, 3), }", fail)
 */
export function parsePythonLiteral(text: string, refuse: Refuse): PythonLiteral {
  const tokens = tokenize(text, refuse)
  let next = 0

  function unexpected(token: Token, expected: string): never {
    return refuse(`expected ${expected} at position ${token.at}, received ${token.text.slice(0, 20)}`)
  }

  function take(): Token {
    return tokens[next++] as Token
  }

  function takeIf(punctuation: string): boolean {
    const token = tokens[next] as Token
    if (token.kind !== 'punctuation' || token.text !== punctuation) return false
    next++
    return true
  }

  function parseValue(depth: number): PythonLiteral {
    if (depth > deepestNesting) refuse(`nested deeper than ${deepestNesting} levels`)
    const token = take()
    if (token.kind === 'string') return unquote(token, refuse)
    if (token.kind === 'number') return parseNumber(token)
    if (token.text === 'True') return true
    if (token.text === 'False') return false
    if (token.text === 'None') return null
    if (token.text === '(') return parseParentheses(depth)
    if (token.text === '[') return { kind: 'list', items: parseItems(']', depth).items }
    if (token.text === '{') return parseDict(depth)
    return unexpected(token, 'a value')
  }

  function parseNumber(token: Token): number {
    const value = Number(token.text)
    if (!Number.isSafeInteger(value)) refuse(`the number ${token.text.slice(0, 40)} is out of range`)
    return value
  }

  // (1) is a number, (1,) and () are tuples.
  function parseParentheses(depth: number): PythonLiteral {
    const { items, endsInComma } = parseItems(')', depth)
    return items.length === 1 && !endsInComma ? (items[0] as PythonLiteral) : { kind: 'tuple', items }
  }

  function parseItems(close: string, depth: number): { items: PythonLiteral[]; endsInComma: boolean } {
    const items: PythonLiteral[] = []
    let endsInComma = false
    while (!takeIf(close)) {
      if (items.length > 0 && !endsInComma) unexpected(take(), `, or ${close}`)
      items.push(parseValue(depth + 1))
      endsInComma = takeIf(',')
    }
    return { items, endsInComma }
  }

  function parseDict(depth: number): PythonDict {
    const entries = new Map<string, PythonLiteral>()
    let endsInComma = true
    while (!takeIf('}')) {
      if (!endsInComma) unexpected(take(), ', or }')
      const token = take()
      if (token.kind !== 'string') unexpected(token, 'a key')
      const key = unquote(token, refuse)
      if (entries.has(key)) refuse(`the key ${JSON.stringify(key)} appears twice`)
      if (!takeIf(':')) unexpected(take(), ':')
      entries.set(key, parseValue(depth + 1))
      endsInComma = takeIf(',')
    }
    return { kind: 'dict', entries }
  }

  const value = parseValue(0)
  const rest = take()
  if (rest.kind !== 'end') unexpected(rest, 'the end')
  return value
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

function unquote(token: Token, refuse: Refuse): string {
  const body = token.text.slice(token.text.search(/['"]/) + 1, -1)
  return body.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs,
    (sequence, two: string | undefined, four: string | undefined, eight: string | undefined, letter: string | undefined) => {
      const code = two ?? four ?? eight
      const decoded = code === undefined ? simpleEscapes[letter as string] : fromCodePoint(Number.parseInt(code, 16))
      return decoded ?? refuse(`the escape ${sequence} in a string is not understood`)
    },
  )
}

function fromCodePoint(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
