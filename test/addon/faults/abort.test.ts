import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const run = (scenario: string) => runProgram('abort', [folder, scenario])
const aborted = (...stages: string[]) => Object.fromEntries(stages.map((stage) => [stage, 'ABORTED']))
const everywhere = (...stages: string[]) => ({
  reasons: true,
  ...aborted('before', ...stages),
  during: true,
  after: 'no error',
})

describe('a signal that fires before, during and after', () => {
  it('buildEngine', async () => {
    const expected = everywhere('digest', 'read', 'reshape', 'compile', 'requests', 'done')
    expect(await run('buildEngine')).toEqual(endedWell(expected))
  })

  it('buildEngine with a cache, which stays whole', async () => {
    const expected = { ...everywhere('digest', 'cache', 'read', 'compile', 'store'), entries: ['key.blob', 'key.json'] }
    expect(await run('buildEngineIntoCache')).toEqual(endedWell({ ...expected, warnings: [], notes: 1 }))
  })

  it('loadEngine', async () => {
    expect(await run('loadEngine')).toEqual(endedWell(everywhere('read', 'compile', 'requests', 'done')))
  })

  it('infer, running and waiting', async () => {
    expect(await run('infer')).toEqual(
      endedWell({
        before: 'ABORTED',
        during: ['ABORTED', 'ABORTED', 'no error'],
        timeout: 'ABORTED',
        outcomes: ['ABORTED'],
        many: ['ABORTED'],
      }),
    )
  })

  it('inferMany', async () => {
    const answers = { before: 'ABORTED', during: 'ABORTED', after: 'no error', results: 5, finished: 2, returned: 1 }
    expect(await run('inferMany')).toEqual(endedWell(answers))
  })
})

it('closing in the midst of inferences, of a stream, of saving: all settle, nothing is left', async () => {
  expect(await run('close')).toEqual(
    endedWell({ inference: ['ENGINE_CLOSED'], others: ['ENGINE_CLOSED'], fair: true, whole: true, left: 0 }),
  )
})
