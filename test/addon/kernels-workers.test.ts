import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { tryLoadKernels } from '../../lib/native/load-addon.js'

const program = fileURLToPath(new URL('programs/use-kernels-in-workers.mjs', import.meta.url))

it('works in worker threads, while they end in every way, and after them', async () => {
  const loaded = tryLoadKernels()
  if (loaded.addon === undefined) throw loaded.reason
  const { stdout } = await promisify(execFile)(process.execPath, [program, loaded.path], { timeout: 300_000 })
  const { answers, after } = JSON.parse(stdout) as { answers: unknown[][]; after: number }
  const round = [true, true, true, 'NATIVE_ARGUMENT']
  expect(answers).toEqual([round, round, round])
  expect(after).toBe(0x4000)
}, 600_000)
