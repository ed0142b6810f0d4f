import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorTable } from '../../../lib/errors/error-table.js'
import { renderErrorDocs } from './render-error-docs.js'

const entries = Object.entries(errorTable) as [ErrorCode, (typeof errorTable)[ErrorCode]][]

describe('errorTable', () => {
  it.each(entries)('%s is complete', (code, entry) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/)
    expect(entry.message.length).toBeGreaterThan(0)
    expect(entry.cure.length).toBeGreaterThan(0)
    for (const text of [entry.message, entry.cure]) {
      // Braces belong to parameters alone: the types read them.
      expect(text.replace(/\{[a-zA-Z]+\}/g, ''), 'braces').not.toMatch(/[{}]/)
    }
  })

  it('is what docs/errors.md shows; rewrite it with: npx vitest run test/unit/errors --update', async () => {
    await expect(renderErrorDocs()).toMatchFileSnapshot('../../../docs/errors.md')
  })
})
