/**
 * Where messages go that are no errors. `console`, pino and winston fit as they are: every call is one string.
 */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export type LogLevel = keyof Logger

/** Says nothing: the default everywhere. */
export const silentLogger: Logger = Object.freeze({ debug: ignore, info: ignore, warn: ignore, error: ignore })

function ignore(): void {}

/** A line that the engine itself logged. */
export interface EngineLogLine {
  readonly level: LogLevel
  /** The line without its level and time stamp. */
  readonly text: string
}

const levelWords: readonly [word: string, level: LogLevel][] = [
  ['ERR', 'error'],
  ['FATAL', 'error'],
  ['WARN', 'warn'],
  ['INFO', 'info'],
  ['DEBUG', 'debug'],
  ['TRACE', 'debug'],
]

/**
 * Reads a line of OpenVINO's log.
 *
 * @example parseEngineLogLine('[WARN] 2026-01-31T12:00:00.000000000Z src/a.cpp 12\tSlow')
 * // { level: 'warn', text: 'src/a.cpp 12\tSlow' }
 */
export function parseEngineLogLine(line: string): EngineLogLine {
  const [, word = '', text = line] = /^\s*\[\s*([A-Z]+)\s*\]:?\s*(?:\d{4}-\d\d-\d\dT[\d:.]+Z?\s+)?(.*)$/s.exec(line) ?? []
  const level = levelWords.find(([start]) => word.startsWith(start))?.[1]
  return level === undefined ? { level: 'info', text: line.trimEnd() } : { level, text: text.trimEnd() }
}

/** Passes a line of the engine's on. A logger that throws never reaches the engine. */
export function logEngineLine(logger: Logger, line: string): void {
  const { level, text } = parseEngineLogLine(line)
  logSafely(logger, level, `engine: ${text}`)
}

/**
 * Logs where a throwing logger must not change the outcome: on behalf of the engine, of caches, of cleaning up.
 */
export function logSafely(logger: Logger, level: LogLevel, message: string): void {
  try {
    logger[level](message)
  } catch {
    // The failure is the logger's own; there is nowhere left to report it to.
  }
}
