import { describeList } from './describe-value.js'
import { type ErrorCode, type ErrorParam, type ErrorParams, errorTable } from './error-table.js'

// Registered globally, so that two installed copies of the package recognise each other's errors.
const brand = Symbol.for('enginery.error')

/** What every failure of this package is. Match on `code`; `docs/errors.md` lists them all. */
export class EngineryError<Code extends ErrorCode = ErrorCode> extends Error {
  /** Stable across releases, for example `MODEL_NOT_FOUND`. */
  readonly code: Code
  /** What to do about it. */
  readonly cure: string
  /** The values in the message, and, for some codes, more. */
  readonly details: Readonly<Record<string, unknown>>
  /** What the engine itself logged while the call failed; empty where it said nothing. */
  readonly engineLog: readonly string[]

  constructor(code: Code, message: string, cure: string, rest: EngineryErrorRest = {}) {
    super(message, 'cause' in rest ? { cause: rest.cause } : undefined)
    this.code = code
    this.cure = cure
    this.details = rest.details ?? {}
    this.engineLog = rest.engineLog ?? []
    captureStack(this, code, rest.caller)
  }

  /** Plain data for logs and `--json`; the stack is left out. */
  toJSON(): EngineryErrorJson {
    const { code, message, cure, details, engineLog, cause } = this
    const json: EngineryErrorJson = { name: 'EngineryError', code, message, cure, details, engineLog }
    if (cause !== undefined) json.cause = cause instanceof Error ? cause.message : String(cause)
    return json
  }
}

Object.defineProperty(EngineryError.prototype, 'name', { value: 'EngineryError', writable: true, configurable: true })
Object.defineProperty(EngineryError.prototype, brand, { value: true })

export interface EngineryErrorJson {
  name: 'EngineryError'
  code: ErrorCode
  message: string
  cure: string
  details: Readonly<Record<string, unknown>>
  engineLog: readonly string[]
  cause?: string
}

/** A function, or class, that a stack is to begin at: its own frame and those below it are left out. */
// biome-ignore lint/complexity/noBannedTypes: as Error.captureStackTrace takes it
export type Caller = Function

export interface EngineryErrorRest {
  /** The original failure. */
  cause?: unknown
  engineLog?: readonly string[]
  details?: Readonly<Record<string, unknown>>
  /** The public function that was called: the stack starts at its caller. */
  caller?: Caller
}

// The stack's first line carries the code, as Node's own errors do; `name` itself stays clean.
function captureStack(error: Error, code: string, caller: Caller = EngineryError): void {
  error.name = `EngineryError [${code}]`
  Error.captureStackTrace(error, caller)
  // V8 formats the header at capture; reading keeps that true for hooks that format late.
  void error.stack
  delete (error as { name?: string }).name
}

/**
 * Makes the error for a code of the table.
 *
 * @param params one value for every placeholder in the code's message and cure; they become `details`
 * @example throw engineryError('ENGINE_NOT_FOUND', { path }, { caller: loadEngine })
 */
export function engineryError<Code extends ErrorCode>(
  code: Code,
  params: ErrorParams<Code>,
  rest: EngineryErrorRest = {},
): EngineryError<Code> {
  const entry = errorTable[code]
  return new EngineryError(code, fillTemplate(entry.message, params), fillTemplate(entry.cure, params), {
    ...rest,
    caller: rest.caller ?? engineryError,
    details: { ...params, ...rest.details },
  })
}

function fillTemplate(template: string, params: Readonly<Record<string, ErrorParam>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    return Array.isArray(value) ? describeList(value) : String(value)
  })
}

/** True for errors of this package, of any of its installed copies; with `code`, for that code only. */
export function isEngineryError<Code extends ErrorCode = ErrorCode>(value: unknown, code?: Code): value is EngineryError<Code> {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return code === undefined || (value as unknown as EngineryError).code === code
}
