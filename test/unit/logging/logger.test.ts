import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { type Logger, logEngineLine, logSafely, parseEngineLogLine, silentLogger } from '../../../lib/logging/logger.js'

describe('Logger', () => {
  it('is what console is', () => {
    expectTypeOf(console).toExtend<Logger>()
    for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(silentLogger[level]('x')).toBeUndefined()
  })
})

describe('parseEngineLogLine', () => {
  it.each([
    ['[ERR] 2026-01-31T12:00:00.000000000Z src/a.cpp 12\tBroken\n', 'error', 'src/a.cpp 12\tBroken'],
    ['[ERROR] Broken', 'error', 'Broken'],
    ['[WARNING] Slow', 'warn', 'Slow'],
    ['[ INFO ] Read', 'info', 'Read'],
    ['[DEBUG]: a\nb', 'debug', 'a\nb'],
    ['no level\n', 'info', 'no level'],
    ['[CPU] no level either', 'info', '[CPU] no level either'],
    ['', 'info', ''],
  ])('%j', (line, level, text) => {
    expect(parseEngineLogLine(line)).toEqual({ level, text })
  })
})

describe('logSafely', () => {
  it('calls the level of the line', () => {
    const warn = vi.fn()
    logEngineLine({ ...silentLogger, warn }, '[WARN] Slow')
    expect(warn).toHaveBeenCalledExactlyOnceWith('engine: Slow')
  })

  it('survives a logger that throws', () => {
    const error = () => {
      throw new Error('disk full')
    }
    expect(() => logSafely({ ...silentLogger, error }, 'error', 'x')).not.toThrow()
  })
})
