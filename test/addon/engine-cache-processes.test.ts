import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openCache } from '../../lib/engine/engine-cache.js'
import { temporaryName } from '../../lib/engine/engine-file.js'

const program = fileURLToPath(new URL('programs/share-engine-cache.mjs', import.meta.url))
const dist = fileURLToPath(new URL('../../dist', import.meta.url))

let folder: string
beforeAll(async () => {
  if (!existsSync(join(dist, 'engine', 'engine-cache.js'))) throw new Error('dist is missing: npm run build:ts')
  folder = await mkdtemp(join(tmpdir(), 'enginery-shared-cache-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Counts {
  lookups: number
  hits: number
  stores: number
  faults: string[]
  warnings: string[]
}

function start() {
  const child = spawn(process.execPath, [program, dist, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  const writing = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      if (output.includes('writing')) resolve()
    })
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }))
  return { child, writing, ended }
}

const readCounts = (output: string) => JSON.parse(output.trim().split('\n').at(-1) as string) as Counts

it('two processes of two workers share a folder while a third is killed 100 times', async () => {
  const kills = 100
  const survivors = [start(), start()]
  for (let i = 0; i < kills; i++) {
    const victim = start()
    await Promise.race([victim.writing, victim.ended])
    await sleep((i * 7) % 23)
    victim.child.kill('SIGKILL')
    expect((await victim.ended).signal).toBe('SIGKILL')
  }
  for (const survivor of survivors) {
    survivor.child.stdin.end()
    const { code, output } = await survivor.ended
    expect(code).toBe(0)
    const { hits, stores, faults, warnings } = readCounts(output)
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] })
    expect(hits).toBeGreaterThan(10)
    expect(stores).toBeGreaterThan(10)
  }
  const leftovers = (await readdir(folder)).filter((name) => temporaryName.test(name))
  console.info(`half-written files after ${kills} kills: ${leftovers.length}`)
  expect(leftovers.length, 'kills that hit a writer').toBeGreaterThan(10)
  const longAgo = Date.now() / 1000 - 7200
  for (const name of await readdir(folder)) await utimes(join(folder, name), longAgo, longAgo)
  const cache = await openCache({ dir: folder })
  expect(await readdir(folder)).toHaveLength(6)
  for (const letter of ['a', 'b', 'c']) expect(await cache.lookup(letter.repeat(64))).not.toBeNull()
}, 300_000)
