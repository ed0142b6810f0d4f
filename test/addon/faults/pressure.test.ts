import { describe, expect, it } from 'vitest'
import { endedWell, type ProgramOptions, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const run = (scenario: string, options?: ProgramOptions) => runProgram('press', [folder, scenario], options)

describe('under pressure', () => {
  it('eight builds leave the one thread of the pool to others', async () => {
    expect(await run('manyBuilds', { env: { UV_THREADPOOL_SIZE: '1' } })).toEqual(
      endedWell({ readBeforeTheLastWasBuilt: true, count: 9 }),
    )
  })

  it('200 inferences at once on three requests each get their own answer', async () => {
    expect(await run('manyInferences')).toEqual(endedWell([200, true]))
  })

  it('a collector that runs in between everything finds nothing in use, and all that is not', async () => {
    expect(await run('collecting', { node: ['--expose-gc'] })).toEqual(endedWell({ right: 144, liveBlocks: 0, running: 0 }))
  })
})
