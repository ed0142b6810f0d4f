import { describe, expect, it } from 'vitest'
import { doctorReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

describe('enginery doctor', () => {
  it('finds what is here', async () => {
    const outcome = await runCli(['doctor'])
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/Node\s+\d+\.\d+/)
    expect(outcome.stdout).toMatch(/ok\s+The addon openvino works/)
    expect(outcome.stdout).toMatch(/ok\s+Device CPU works: /)
    expect(outcome.stdout).toMatch(/ok\s+Pictures can be decoded: sharp \d+\.\d+/)
    // Each feature is either here or not, and said once.
    for (const feature of ['AVX2', 'AVX512', 'AVX512-VNNI', 'AVX-VNNI', 'AMX-INT8', 'AMX-BF16']) {
      expect(outcome.stdout.match(new RegExp(`^  has(?: not)? .*(?<= )${feature}(?= |$)`, 'gm')), feature).toHaveLength(1)
    }
  })

  it('says the same as JSON', async () => {
    const report = doctorReportSchema.parse(parseReport(await runCli(['doctor', '--json'])))
    expect(report.ok).toBe(true)
    expect(report.sharp).toEqual({ version: expect.stringMatching(/^\d+\.\d+/), reason: null, cure: null })
    expect(report.openvino?.devices.map(({ name }) => name)).toContain('CPU')
    const cpu = report.openvino?.devices.find(({ name }) => name === 'CPU')
    expect(cpu?.capabilities).toContain('EXPORT_IMPORT')
    expect(cpu?.properties).toContain('NUM_STREAMS')
    expect(cpu?.properties).not.toContain('FULL_DEVICE_NAME') // which can only be read
    expect(report.openvino?.plugins.map(({ name }) => name)).toEqual(['CPU', 'GPU', 'NPU', 'AUTO', 'HETERO', 'MULTI', 'BATCH'])
  })

  it('fails, with a cure, where an addon is missing', async () => {
    const env = { ENGINERY_OPENVINO_ADDON: '/nowhere/openvino.node', ENGINERY_KERNELS_ADDON: '/nowhere/kernels.node' }
    const outcome = await runCli(['doctor', '--json'], { env })
    expect(outcome.code).toBe(1)
    const report = doctorReportSchema.parse(parseReport(outcome))
    expect(report).toMatchObject({ ok: false, cpu: null, openvino: null, variables: env })
    const problems = report.findings.filter(({ level }) => level === 'problem')
    expect(problems).toHaveLength(2)
    for (const { cure } of problems) expect(cure).toMatch(/ENGINERY_\w+_ADDON/)
    const text = await runCli(['doctor'], { env })
    expect(text.code).toBe(1)
    expect(text.stdout).toMatch(/PROBLEM The addon openvino.node/)
  })

  it('looks at a cache folder', async () => {
    const folder = await temporaryFolder()
    const good = doctorReportSchema.parse(parseReport(await runCli(['doctor', '--json', '--cache', `${folder}/not/yet`])))
    expect(good.folders).toEqual([expect.objectContaining({ exists: false, writable: true, path: `${folder}/not/yet` })])
    const bad = await runCli(['doctor', '--cache', '/dev/null'])
    expect(bad.code).toBe(1)
    expect(bad.stdout).toMatch(/cannot be used: it is not a folder/)
  })
})
