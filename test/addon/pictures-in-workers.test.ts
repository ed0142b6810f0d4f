import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { tryLoadKernels } from '../../lib/native/load-addon.js'

const program = fileURLToPath(new URL('programs/use-pictures-in-workers.mjs', import.meta.url))
const run = promisify(execFile)

function kernelsPath(): string {
  const loaded = tryLoadKernels()
  if (loaded.addon === undefined) throw loaded.reason
  return loaded.path
}

it('pictures are worked on in workers that end meanwhile, in every way', async () => {
  const { stdout } = await run(process.execPath, ['--expose-gc', program, kernelsPath()], { timeout: 300_000 })
  expect(JSON.parse(stdout)).toEqual(Array(8).fill(true))
}, 600_000)

it('a process exits with its own status while pictures are worked on', async () => {
  await expect(run(process.execPath, [program, kernelsPath(), 'exit'], { timeout: 300_000 })).rejects.toMatchObject({
    code: 3,
    signal: null,
  })
}, 600_000)
