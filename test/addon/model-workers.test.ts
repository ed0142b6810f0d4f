import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { tryLoadOpenVino } from '../../lib/native/load-addon.js'
import { unaryModel } from '../models/encode-onnx.js'

const program = fileURLToPath(new URL('programs/change-models-in-workers.mjs', import.meta.url))

it('models are read, changed and compiled in worker threads, while these end in every way, and after them', async () => {
  const loaded = tryLoadOpenVino()
  if (loaded.addon === undefined) throw loaded.reason
  const folder = mkdtempSync(join(tmpdir(), 'enginery-workers-'))
  try {
    const path = join(folder, 'relu.onnx')
    writeFileSync(path, unaryModel('Relu', ['n', 3]))
    const { stdout } = await promisify(execFile)(process.execPath, [program, loaded.path, path], { timeout: 300_000 })
    const { answers, after } = JSON.parse(stdout.slice(stdout.indexOf('{"answers"'))) as { answers: unknown[][]; after: unknown }
    const answer = { type: 'u8', shape: [2, 3], heard: true }
    const round = [answer, answer, answer, 'NATIVE_FILE']
    expect(answers).toEqual([round, round, round])
    expect(after).toEqual([2, 3])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 600_000)
