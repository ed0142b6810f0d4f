import type { Logger } from '../logging/logger.js'
import { ProgressBar } from './progress-bar.js'
import type { Terminal } from './terminal.js'

/** What a command answers: one document for machines, one text for people. */
export interface CommandResult {
  readonly json: object
  readonly text: string
  /** Where the command worked and its answer is still bad news (`doctor`); default 0. */
  readonly exitCode?: number
}

/** Options that every command has. */
export interface CommonFlags {
  json?: true
  verbose?: true
  quiet?: true
}

/** What a command runs in. */
export interface Session {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly flags: CommonFlags
  /** Passes on what the library and the engine log: warnings always, the rest with --verbose. */
  readonly logger: Logger
}

export function createSession(terminal: Terminal, signal: AbortSignal, flags: CommonFlags): Session {
  const say = (level: string) => (message: string) => terminal.note(`${level}: ${message}`)
  const detail = (level: string) => (flags.verbose ? say(level) : () => {})
  const warn = flags.quiet ? () => {} : say('warning')
  return {
    terminal,
    signal,
    flags,
    logger: { debug: detail('debug'), info: detail('info'), warn, error: say('error') },
  }
}

/** Runs `work` under a progress bar that is gone afterwards, whatever happens. */
export async function withProgress<T>(session: Session, work: (bar: ProgressBar) => Promise<T>): Promise<T> {
  const bar = new ProgressBar(session.terminal, !session.flags.quiet)
  try {
    return await work(bar)
  } finally {
    bar.finish()
  }
}
