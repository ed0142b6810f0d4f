import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { renderBar } from '../../../lib/cli/progress-bar.js'
import { Terminal, visibleText } from '../../../lib/cli/terminal.js'
import { formatBytes, formatDuration, formatValue } from '../../../lib/cli/text/format-quantity.js'
import { renderTable } from '../../../lib/cli/text/render-table.js'

describe('quantities', () => {
  it.each([
    [0, '0.00 ms'],
    [0.0123, '12.3 µs'],
    [1.234, '1.23 ms'],
    [123.4, '123 ms'],
    [1500, '1.50 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms is %s', (value, text) => {
    expect(formatDuration(value)).toBe(text)
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [4_954_842, '4.95 MB'],
    [999_600, '1.00 MB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (value, text) => {
    expect(formatBytes(value)).toBe(text)
  })

  it.each([
    [3, '3'],
    [0.1234567, '0.123457'],
    [1e-9, '1e-9'],
    [Number.NaN, 'NaN'],
    [7n, '7'],
    ['a', '"a"'],
  ])('%s is shown as %s', (value, text) => {
    expect(formatValue(value)).toBe(text)
  })
})

describe('renderTable', () => {
  it('aligns numbers to the right and text to the left, without trailing blanks', () => {
    expect(
      renderTable(
        [
          ['a', 1, 'x'],
          ['long', 1000, ''],
        ],
        { header: ['name', 'n', ''] },
      ),
    ).toBe('name     n\na        1  x\nlong  1000')
  })
})

describe('renderBar', () => {
  it('never is as wide as the terminal', () => {
    for (let columns = 1; columns < 120; columns++) {
      for (const fraction of [0, 0.37, 1]) {
        const bar = renderBar('compile', fraction, '1.20 s', columns)
        expect(bar.length, `${columns} columns`).toBeLessThan(Math.max(1, columns))
      }
    }
    expect(renderBar('compile', 0.5, '1.20 s', 80)).toBe(`compile  [${'#'.repeat(15)}${' '.repeat(15)}]   50 %  1.20 s`)
  })
})

describe('Terminal', () => {
  const failing = (code: string) =>
    new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error(`write ${code}`), { code }))
      },
    })

  it('writes control characters out', () => {
    expect(visibleText('a\u001b[31mb\u0007\nc\td\u009b')).toBe('a\\x1b[31mb\\x07\nc\td\\x9b')
  })

  it('ignores a closed pipe and reports a full disk', async () => {
    await expect(new Terminal(failing('EPIPE'), new PassThrough()).print('x')).resolves.toBeUndefined()
    await expect(new Terminal(failing('ENOSPC'), new PassThrough()).print('x')).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    })
  })

  it('draws on terminals only', () => {
    const pipe = new PassThrough()
    new Terminal(new PassThrough(), pipe).draw('bar')
    expect(pipe.read()).toBeNull()
    const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
    new Terminal(new PassThrough(), screen).draw('bar')
    expect(String(screen.read())).toBe('bar')
  })
})
