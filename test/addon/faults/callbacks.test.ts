import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const run = (scenario: string) => runProgram('throw-in-callbacks', [folder, scenario])

describe('a callback that throws', () => {
  it('on progress fails the call with CALLBACK_FAILED at any stage, and later calls work', async () => {
    const failed = (stages: string[]) => Object.fromEntries(stages.map((stage) => [stage, ['CALLBACK_FAILED', true]]))
    expect(await run('progress')).toEqual(
      endedWell({
        built: failed(['digest', 'cache', 'read', 'reshape', 'compile', 'store', 'requests', 'done']),
        loaded: failed(['read', 'compile', 'requests', 'done']),
        fine: [true, true],
      }),
    )
  })

  it('as a logger changes nothing', async () => {
    expect(await run('logger')).toEqual(endedWell([true, true, true, true]))
  })

  it('when a native inference is done is an uncaught exception, and the addon goes on', async () => {
    expect(await run('completion')).toEqual(endedWell({ uncaught: ['from done'], answers: [null, 1] }))
  })

  it('as the source or the consumer of inferMany ends the stream with its own error', async () => {
    expect(await run('source')).toEqual(
      endedWell({ seen: [1, 2, 3, 4, 5], code: 'MINE', consumer: 'CONSUMER', returned: 1, fine: true }),
    )
  })
})
