import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failureReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { showTimingsReportSchema } from '../../lib/cli/reports/timing-cache-schemas.js'
import { coreLibraries, describeWithTensorRt } from '../tensorrt/libraries.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const key = `0x${'0'.repeat(32)}`

async function folderWithCache(bytes = new Uint8Array(8)): Promise<string> {
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'x.cache'), bytes)
  return cwd
}

describe('enginery timing-cache', () => {
  it.each([
    [['edit', 'x.cache'], /nothing to change/],
    [['edit', 'x.cache', '--set', 'conv1=0x12'], /--set: expected a key/],
    [['edit', 'x.cache', '--set', `${key}=0x12@soon`], /--set: expected a key/],
    [['edit', 'x.cache', '--remove', '0x12'], /--remove: expected a key/],
    [['edit', 'x.cache', '--remove', key, '-o', 'x.cache'], /--force replaces it/],
    [['show', 'x.cache', '--device', 'gpu'], /--device: expected the number/],
  ])('%j is refused as a mistake on the command line', async (args, message) => {
    const outcome = await runCli(['timing-cache', ...args], { cwd: await folderWithCache() })
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  })
})

describeWithTensorRt('TensorRT-RTX 1.7', 'enginery timing-cache', () => {
  it('says that it has none', async () => {
    const outcome = await runCli(['timing-cache', 'show', 'x.cache', '--library', coreLibraries['TensorRT-RTX 1.7'], '--json'], {
      cwd: await folderWithCache(),
    })
    expect(outcome.code).toBe(1)
    expect(failureReportSchema.parse(parseReport(outcome)).error.code).toBe('TENSORRT_OPTION_UNSUPPORTED')
  })
})

describeWithTensorRt('TensorRT 10.15', 'enginery timing-cache without a device (cpu_only)', () => {
  const env = { TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
  const library = ['--library', coreLibraries['TensorRT 10.15']]

  it('shows the entries of a cache that nothing was measured for', async () => {
    const cwd = await folderWithCache(new Uint8Array(0))
    const outcome = await runCli(['timing-cache', 'show', 'x.cache', ...library], { cwd, env })
    expect(outcome).toMatchObject({ code: 0, stdout: 'no entries\n' })
    const report = parseReport(await runCli(['timing-cache', 'show', 'x.cache', ...library, '--json'], { cwd, env }))
    expect(showTimingsReportSchema.parse(report).entries).toEqual([])
  })

  it('changes nothing for a key that the cache does not have', async () => {
    const cwd = await folderWithCache(new Uint8Array(0))
    const args = ['timing-cache', 'edit', 'x.cache', '--set', `${key}=0x12@0.5`, '-o', 'y.cache', ...library]
    const outcome = await runCli(args, { cwd, env })
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was written') })
    expect(await readdir(cwd)).toEqual(['x.cache'])
  })
})
