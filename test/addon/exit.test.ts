import { describe, expect, it } from 'vitest'
import { type Ending, rounds, runProgram } from './faults/run-program.js'
import { useModelFolder } from './faults/write-models.js'

const folder = useModelFolder()

const leave = (what: string, how: string, delay = 0) => runProgram('leave', [folder, what, how, String(delay)])

/** Two at a time: the moments differ more when processes disturb each other. */
async function leaveAtManyMoments(what: string, wanted: number, longest: number): Promise<void> {
  const times = rounds(wanted)
  const endings: Ending[] = []
  const next = async (first: number) => {
    for (let i = first; i < times; i += 2) endings.push(await leave(what, 'exit', Math.random() * longest))
  }
  await Promise.all([next(0), next(1)])
  expect(endings).toEqual(
    Array.from({ length: times }, () => ({ code: 7, signal: null, stdout: 'under way\nleaving\n', stderr: '' })),
  )
}

describe('process.exit(7) ends the process with 7 and no signal', () => {
  it.each([
    ['a build', 'build', 20, 500],
    ['several builds with a cache', 'builds', 12, 700],
    ['inferences', 'inference', 16, 60],
    ['inferences on native memory, in several streams', 'nativeInference', 10, 60],
    ['a stream', 'stream', 8, 60],
    ['closing', 'close', 12, 20],
    ['saving', 'save', 12, 80],
    ['loading', 'load', 12, 150],
    ['workers and a build', 'workers', 6, 200],
    ['nothing, engines being open', 'nothing', 4, 10],
  ])('during %s', (_, what, times, longest) => leaveAtManyMoments(what, times, longest))

  it.each(['build', 'inference', 'save', 'workers'])('as process.exitCode, during %s', async (what) => {
    expect(await leave(what, 'exitCode', 5)).toMatchObject({ code: 7, signal: null, stderr: '' })
  })

  it('where exit handlers infer', async () => {
    expect(await leave('inference', 'inferAtExit')).toEqual({
      code: 7,
      signal: null,
      stdout: 'under way\nleaving\ninferred\n',
      stderr: '',
    })
  })
})

describe('other ways out', () => {
  it.each(['build', 'inference', 'close', 'workers', 'nothing'])('an uncaught exception during %s: code 1', async (what) => {
    const ending = await leave(what, 'throw', 5)
    expect(ending).toMatchObject({ code: 1, signal: null, stdout: 'under way\nleaving\n' })
    expect(ending.stderr).toMatch(/Error: left/)
  })

  it('an unhandled rejection during an inference: code 1', async () => {
    expect(await leave('inference', 'reject')).toMatchObject({ code: 1, signal: null, stderr: expect.stringMatching(/left/) })
  })

  it.each(['build', 'inference'])('SIGTERM during %s', async (what) => {
    expect(await leave(what, 'kill', 5)).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' })
  })
})

describe('the end of a script', () => {
  const end = (scenario: string) => runProgram('end', [folder, scenario])

  it('comes although engines are open', async () => {
    expect(await end('openEngines')).toEqual({ code: 0, signal: null, stdout: 'last line\n', stderr: '' })
  })

  it('waits for inferences and builds that nobody awaits', async () => {
    expect(await end('pending')).toEqual({ code: 0, signal: null, stdout: 'last line\nbuilt\ninferred\nsaved\n', stderr: '' })
  })

  it('keeps the exit code that was set', async () => {
    expect(await end('exitCode')).toEqual({ code: 5, signal: null, stdout: 'last line\n', stderr: '' })
  })

  it('comes with native handles, a log listener and tensors around', async () => {
    expect(await end('nativeHandles')).toEqual({ code: 0, signal: null, stdout: 'last line\n', stderr: '' })
  })

  it('comes after an aborted build has ended in the background', async () => {
    expect(await end('abortedBuild')).toEqual({ code: 0, signal: null, stdout: 'ABORTED\n', stderr: '' })
  })

  it('comes where the package was imported and not used', async () => {
    expect(await end('unused')).toEqual({ code: 0, signal: null, stdout: 'last line\n', stderr: '' })
  })
})
