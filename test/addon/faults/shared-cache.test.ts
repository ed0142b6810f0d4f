import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { buildEngine } from '../../../lib/api/engines/build-engine.js'
import { openCache } from '../../../lib/engine/engine-cache.js'
import { temporaryName } from '../../../lib/engine/engine-file.js'
import { runProgram, startProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const cache = mkdtempSync(join(tmpdir(), 'enginery-built-together-'))
afterAll(() => rmSync(cache, { recursive: true }))

// engine-cache-processes.test.ts does this a hundred times with bytes that show any mixture; here are real engines.
it('processes and workers that build with one small cache, others being killed meanwhile, get engines that work', async () => {
  const kills = 20
  const stop = join(folder, 'stop')
  const run = (until: string) => startProgram('build-with-cache', [folder, cache, until], { limit: 500_000 })
  const killOne = async () => {
    const { child, ended } = run('never')
    await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), ended])
    await sleep(Math.random() * 12)
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
  }
  const survivors = [run(stop), run(stop)]
  for (let i = 0; i < kills; i++) await killOne()
  writeFileSync(stop, '')
  for (const { ended } of survivors) {
    const { code, signal, stdout, stderr } = await ended
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    const { builds, hits, wrong, warnings } = JSON.parse(stdout.trim().split('\n').at(-1) as string)
    expect(wrong).toEqual([])
    expect(builds).toBeGreaterThan(10)
    expect(hits).toBeGreaterThan(0)
    // The only reason to warn: another process made room between looking an entry up and reading it.
    for (const line of warnings)
      expect(line).toMatch(/is removed and built again: .*(not there|No such file|ENOENT|no engine|not found)/i)
  }
  const findLeftovers = () => readdirSync(cache).filter((name) => temporaryName.test(name))
  // Where writing is quick, few kills hit it.
  for (let more = 0; more < 60 && findLeftovers().length === 0; more++) await killOne()
  const leftovers = findLeftovers()
  console.info(`half-written files after ${kills} kills or more: ${leftovers.length}`)
  expect(leftovers.length, 'kills that hit a writer').toBeGreaterThan(0)
  const longAgo = Date.now() / 1000 - 7200
  for (const name of readdirSync(cache)) utimesSync(join(cache, name), longAgo, longAgo)
  await openCache({ dir: cache })
  expect(readdirSync(cache).filter((name) => temporaryName.test(name))).toEqual([])
  const after = await runProgram('build-with-cache', [folder, cache, stop])
  expect(after).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(JSON.parse(after.stdout.trim().split('\n').at(-1) as string)).toMatchObject({ wrong: [], warnings: [] })
  const engine = await buildEngine({ model: join(folder, 'frame.onnx'), cache })
  expect((await engine.infer(new Float32Array(3 * 96 * 96).fill(2))).y?.data[7]).toBe(2)
  await engine.close()
}, 600_000)
