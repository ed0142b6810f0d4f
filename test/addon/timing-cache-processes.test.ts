import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const program = fileURLToPath(new URL('programs/share-timing-cache.mjs', import.meta.url))
const dist = fileURLToPath(new URL('../../dist', import.meta.url))

let folder: string
beforeAll(async () => {
  if (!existsSync(join(dist, 'engine', 'tensorrt', 'timing-cache-file.js'))) throw new Error('dist is missing: npm run build:ts')
  folder = await mkdtemp(join(tmpdir(), 'enginery-shared-timing-'))
})
afterAll(() => rm(folder, { recursive: true }))

function start(name: string, lines: number) {
  const path = join(folder, 'x.timing')
  const child = spawn(process.execPath, [program, dist, path, name, String(lines)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const told: string[] = []
  let rest = ''
  let errors = ''
  let begin: () => void = () => {}
  const adding = new Promise<void>((resolve) => {
    begin = resolve
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n')
    rest = parts.pop() as string
    told.push(...parts.map((line) => JSON.parse(line) as string))
    if (told.length > 0) begin()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, errors }))
  return { child, told, adding, ended }
}

it('processes and threads that add at once lose nothing, and one that is killed holds nobody up', async () => {
  const survivors = [start('a', 60), start('b', 60)]
  const killed: string[] = []
  for (let round = 0; round < 15; round++) {
    const victim = start(`victim${round}`, 10_000)
    await Promise.race([victim.adding, victim.ended])
    await sleep((round * 7) % 23)
    victim.child.kill('SIGKILL')
    const { signal, errors } = await victim.ended
    expect(signal, errors).toBe('SIGKILL')
    killed.push(...victim.told)
  }
  for (const { ended } of survivors) expect(await ended).toMatchObject({ code: 0, errors: '' })
  const lines = new Set((await readFile(join(folder, 'x.timing'), 'utf8')).trim().split('\n'))
  const added = [...killed, ...survivors.flatMap(({ told }) => told)]
  expect(added.filter((line) => !lines.has(line))).toEqual([])
  expect(survivors.map(({ told }) => told.length)).toEqual([120, 120])
  expect(killed.length).toBeGreaterThan(0)
  // A process that is killed may leave its own temporary files behind, and a lock that the next one takes over.
  const left = (await readdir(folder)).filter((name) => !name.endsWith('.tmp') && !name.includes('.lock'))
  expect(left.sort()).toEqual(['x.timing', 'x.timing.json'])
})
