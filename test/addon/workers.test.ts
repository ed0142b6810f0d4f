import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './faults/run-program.js'
import { useModelFolder } from './faults/write-models.js'

const folder = useModelFolder()
const run = (scenario: string) => runProgram('use-workers', [folder, scenario])

describe('worker threads', () => {
  it('build and infer, eight at once, beside the main thread', async () => {
    const each = <T>(value: T) => Array.from({ length: 8 }, () => value)
    expect(await run('concurrent')).toEqual(endedWell({ results: each(true), endings: each([0, null]), main: true }))
  })

  it.each(['terminatedWhileBuilding', 'terminatedWhileInferring', 'terminatedWhileInferringSync'])(
    '%s leave the process and the engine fit',
    async (scenario) => {
      expect(await run(scenario)).toEqual(endedWell(true))
    },
  )

  it('end by themselves, by process.exit and by an exception, with engines open and inferences running', async () => {
    expect(await run('endings')).toEqual(
      endedWell({ natural: [0, null], exit: [3, null], throw: [1, 'thrown in the worker'], main: true }),
    )
  })

  it('may load the addon before the main thread does', async () => {
    expect(await run('workerFirst')).toEqual(endedWell([true, true, true, true]))
  })

  it('that infer and are unreferenced do not keep the process', async () => {
    expect(await run('unreferenced')).toEqual(endedWell('inferring'))
  })
})
