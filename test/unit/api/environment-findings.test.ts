import { describe, expect, it } from 'vitest'
import { checkEnvironment } from '../../../lib/api/check-environment.js'
import { findingsOf } from '../../../lib/api/environment-findings.js'

describe('findingsOf', () => {
  it('tells what to do where the package for pictures is missing, and that nothing else needs it', async () => {
    const report = await checkEnvironment()
    const cure = 'npm install sharp'
    const findings = findingsOf({ ...report, sharp: { version: null, reason: 'it is not installed', cure } })
    const expected = { level: 'note', text: 'Pictures cannot be decoded: it is not installed', cure }
    expect(findings.filter(({ text }) => text.startsWith('Pictures'))).toEqual([expected])
  })
})
