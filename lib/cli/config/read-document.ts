import { readFile } from 'node:fs/promises'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { describeIssue, type OptionProblem } from '../../errors/parse-options.js'
import { yaml } from '../../model/yaml-parser.js'
import { describeFileError } from '../files/describe-file-error.js'
import { locateIssue } from './locate-issue.js'

/** A YAML (or JSON) file of options, read and not yet checked. */
export interface ConfigDocument {
  readonly file: string
  readonly content: unknown
  /** Refuses what the schema does not allow, with the line that it is on. */
  check(schema: z.ZodType, content: unknown): void
}

interface ConfigProblem {
  readonly line: number
  readonly reason: string
}

/** @throws FILE_NOT_FOUND, FILE_NOT_READ; CONFIG_INVALID with file and line (`details.problems` lists all) */
export async function readDocument(file: string): Promise<ConfigDocument> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw describeFileError(error, file)
  }
  return openDocument(text, file)
}

/** As {@link readDocument}, for text that is at hand. */
export function openDocument(text: string, file: string): ConfigDocument {
  const { LineCounter, parseDocument } = yaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineOf = (offset: number) => lines.linePos(offset).line
  if (document.errors.length > 0) {
    throw invalidConfig(
      file,
      document.errors.map((error) => ({ line: lineOf(error.pos[0]), reason: error.message })),
    )
  }
  return {
    file,
    content: contentOf(document, file),
    check(schema, content) {
      const parsed = schema.safeParse(content)
      if (parsed.success) return
      const problems = parsed.error.issues
        .flatMap((issue) => describeIssue(issue, content, schema))
        .map((problem) => ({ line: lineOf(locateIssue(document, problem.path)), reason: describeProblem(problem) }))
      throw invalidConfig(file, problems)
    },
  }
}

// Aliases are expanded here; a file that multiplies them without end is refused by the parser.
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {}
  } catch (error) {
    throw invalidConfig(file, [{ line: 1, reason: (error as Error).message }])
  }
}

function describeProblem(problem: OptionProblem): string {
  return problem.path.length === 0 ? problem.reason : `${problem.option}: ${problem.reason}`
}

function invalidConfig(file: string, found: readonly ConfigProblem[]): Error {
  const problems = [...found].sort((a, b) => a.line - b.line)
  const [first, ...others] = problems as [ConfigProblem, ...ConfigProblem[]]
  const reason = [first.reason, ...others.map((problem) => `${file}:${problem.line}: ${problem.reason}`)].join('\n')
  return engineryError('CONFIG_INVALID', { file, line: first.line, reason }, { details: { problems } })
}
