import { describe, expect, it } from 'vitest'
import { checkEnvironment } from '../../../lib/api/environment/check-environment.js'
import { findingsOf } from '../../../lib/api/environment/environment-findings.js'

describe('findingsOf', () => {
  it('tells what to do where the package for pictures is missing, and that nothing else needs it', async () => {
    const report = await checkEnvironment()
    const cure = 'npm install sharp'
    const findings = findingsOf({ ...report, sharp: { version: null, reason: 'it is not installed', cure } })
    const expected = { level: 'note', text: 'Pictures cannot be decoded: it is not installed', cure }
    expect(findings.filter(({ text }) => text.startsWith('Pictures'))).toEqual([expected])
  })

  it('tells that TENSORRT_ROOT leads nowhere, and what TensorRT can do without a GPU', async () => {
    const report = await checkEnvironment()
    const library = (product: 'tensorrt' | 'tensorrt-rtx', place: string) =>
      ({ product, place, kind: 'full', path: '/lib', version: '1', ability: 'works', reason: null, cure: null }) as const
    const findings = (place: string, devices: typeof report.tensorrt.devices) => {
      const libraries = [library('tensorrt', place), library('tensorrt-rtx', 'the system')]
      const tensorrt = { ...report.tensorrt, libraries, devices, driverReason: null, addonReason: null, addonCure: null }
      return findingsOf({ ...report, tensorrt, variables: { TENSORRT_ROOT: '/opt/nothing' } })
    }
    const gpu = { name: 'a GPU', computeCapability: '8.9', memoryBytes: 1 } as (typeof report.tensorrt.devices)[number]
    const levels = (all: ReturnType<typeof findingsOf>) =>
      all.filter(({ text }) => /^TensorRT.* works$/.test(text)).map(({ level }) => level)
    expect(levels(findings('the system', []))).toEqual(['note', 'ok'])
    expect(levels(findings('the system', [gpu]))).toEqual(['ok', 'ok'])
    const ofRoot = (all: ReturnType<typeof findingsOf>) => all.filter(({ text }) => text.includes('TENSORRT_ROOT'))
    expect(ofRoot(findings('the system', []))).toMatchObject([
      { level: 'note', text: 'TENSORRT_ROOT is /opt/nothing, and no library of TensorRT is there', cure: expect.any(String) },
    ])
    expect(ofRoot(findings('TENSORRT_ROOT', []))).toEqual([])
  })
})
