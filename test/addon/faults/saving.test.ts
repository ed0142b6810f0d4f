import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { endedWell, type ProgramOptions, runProgram, startProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const root = mkdtempSync(join(tmpdir(), 'enginery-saving-'))
afterAll(() => rmSync(root, { recursive: true }))

const run = (scenario: string, target: string, options?: ProgramOptions) =>
  runProgram('save', [folder, scenario, target], options)
const names = ['engine.blob', 'engine.blob.json']
const relu = '0,2,0,4'
let count = 0

function makeFolder(): string {
  const path = join(root, String(count++))
  mkdirSync(path)
  return path
}

async function makeFolderWithEngine(): Promise<string> {
  const target = makeFolder()
  expect(JSON.parse((await run('first', target)).stdout)).toMatchObject({ names, answers: relu })
  return target
}

/** A file system of a certain size; null, with the reason printed, where this user may not mount one. */
const mounted: string[] = []
function mountMemory(options: string): string | null {
  const path = makeFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'enginery', path], { stdio: 'pipe' })
  } catch (error) {
    console.info(`skipped: a file system of our own cannot be mounted here: ${(error as Error).message.trim()}`)
    return null
  }
  mounted.push(path)
  return path
}
const remount = (path: string, options: string) => execFileSync('mount', ['-o', `remount,${options}`, path])
afterEach(() => {
  for (const path of mounted.splice(0)) execFileSync('umount', [path])
})

const unharmed = { names, unchanged: true, answers: relu, works: true }

describe('saving', () => {
  it('where there is no place for a file says so', async () => {
    const target = makeFolder()
    execFileSync('mkfifo', [join(target, 'pipe')])
    const { stdout, ...ending } = await run('nowhere', target)
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
    const failed = (reason: string) => ['FILE_NOT_WRITTEN', true, expect.stringContaining(reason)]
    expect(JSON.parse(stdout)).toEqual({
      failures: {
        'file/engine.blob': failed('file'),
        'missing/engine.blob': failed('o'),
        folder: failed('folder'),
        'manifest.blob': failed('folder'),
        pipe: failed('regular file'),
        '/proc/engine.blob': 'FILE_NOT_WRITTEN',
        '/dev/null': 'FILE_NOT_WRITTEN',
        '/dev/full': 'FILE_NOT_WRITTEN',
      },
      names: ['file', 'folder', 'manifest.blob.json', 'pipe'],
      inFolder: [],
    })
    for (const device of ['/dev/null', '/dev/full'])
      expect(execFileSync('stat', ['-c', '%F', device], { encoding: 'utf8' })).toMatch(/special/)
  })

  it('into a folder that may not be written leaves the old engine', async (context) => {
    let target: string | null
    if (process.getuid?.() === 0) {
      // Permissions do not stop this user: a file system that is read-only does.
      target = mountMemory('size=8m')
      if (target === null) return context.skip()
      await run('first', target)
      remount(target, 'ro')
    } else {
      target = await makeFolderWithEngine()
      chmodSync(target, 0o555)
    }
    const failed = [
      'FILE_NOT_WRITTEN',
      join(target, 'engine.blob'),
      expect.stringMatching(/read-only|denied|Read-only|Permission/),
    ]
    const { stdout, ...ending } = await run('over', target)
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ failed, ...unharmed })
    expect(await run('cache', target)).toEqual(endedWell({ warnings: 1, required: 'CACHE_UNUSABLE', unchanged: true }))
  })

  it('onto a file that may not grow leaves the old engine', async () => {
    const target = await makeFolderWithEngine()
    const under = ['bash', '-c', 'ulimit -f 64; exec "$@"', 'bash']
    const { stdout, ...ending } = await run('over', target, { under })
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
    const failed = ['FILE_NOT_WRITTEN', join(target, 'engine.blob'), expect.stringMatching(/larger than allowed|too large/)]
    expect(JSON.parse(stdout)).toEqual({ failed, ...unharmed })
    expect(await run('cache', target, { under })).toEqual(endedWell({ warnings: 1, required: 'CACHE_UNUSABLE', unchanged: true }))
  })

  it('onto a full disk leaves the old engine, wherever the space ends', async (context) => {
    const target = mountMemory('size=8m')
    if (target === null) return context.skip()
    await run('first', target)
    const used = Number(execFileSync('du', ['-s', '--block-size=1', target], { encoding: 'utf8' }).split('\t')[0])
    const failures = new Set<string>()
    // From room for nothing to room for all; the last pages hold the manifest.
    for (const room of [0, 4, 200, 304, 312, 316, 320, 2000]) {
      remount(target, `size=${used + room * 1024}`)
      const { stdout, ...ending } = await run('over', target)
      expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
      const { failed, ...after } = JSON.parse(stdout)
      if (failed[0] === 'no error') {
        expect(room).toBeGreaterThan(300)
        expect(after).toMatchObject({ names, unchanged: false, answers: 'INPUT_SIZE' })
        await run('first', target)
      } else {
        expect(failed).toEqual(['FILE_NOT_WRITTEN', join(target, 'engine.blob'), expect.stringMatching(/[Nn]o space/)])
        expect(after).toEqual(unharmed)
      }
      failures.add(failed[0])
    }
    expect([...failures].sort()).toEqual(['FILE_NOT_WRITTEN', 'no error'])
    remount(target, `size=${used + 8192}`)
    expect(await run('cache', target)).toEqual(endedWell({ warnings: 1, required: 'CACHE_UNUSABLE', unchanged: true }))
  })

  it('onto a disk that takes no further files leaves the old engine', async (context) => {
    // The folder itself, two files; then up to two temporary ones and a second name.
    for (const inodes of [3, 4, 5]) {
      const target = mountMemory('size=8m,nr_inodes=20')
      if (target === null) return context.skip()
      await run('first', target)
      remount(target, `nr_inodes=${inodes}`)
      const { stdout, ...ending } = await run('over', target)
      expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
      const failed = ['FILE_NOT_WRITTEN', join(target, 'engine.blob'), expect.stringMatching(/[Nn]o space/)]
      expect(JSON.parse(stdout), `${inodes} inodes`).toEqual({ failed, ...unharmed })
    }
  })

  it('while the process is killed leaves an engine that loads or says what it is', async () => {
    const target = await makeFolderWithEngine()
    for (let i = 0; i < 12; i++) {
      const { child, ended } = startProgram('save', [folder, 'forever', target])
      await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), ended])
      await sleep(Math.random() * 20)
      child.kill('SIGKILL')
      expect((await ended).signal).toBe('SIGKILL')
      expect(readdirSync(target)).toEqual(expect.arrayContaining(names))
      // Killed between the two renames: the manifest tells that the bytes are those of the other engine.
      const { answers } = JSON.parse((await run('look', target)).stdout)
      expect([relu, 'ENGINE_CORRUPT']).toContain(answers)
    }
    expect(JSON.parse((await run('first', target)).stdout)).toMatchObject({ answers: relu })
  })
})
