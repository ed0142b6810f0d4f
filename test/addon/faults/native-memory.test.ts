import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
// Node 20 has ArrayBuffer.prototype.transfer behind a flag that later versions do not know.
const flags = Number(process.versions.node.split('.')[0]) < 21 ? ['--harmony-rab-gsab-transfer'] : []
const run = (scenario: string) => runProgram('hold-native-memory', [folder, scenario], { node: ['--expose-gc', ...flags] })
const bytes = 3 * 96 * 96 * 4

describe('native memory', () => {
  it('cannot be transferred away from its tensor', async () => {
    const kept = [true, bytes, true]
    expect(await run('transferred')).toEqual(endedWell({ structuredClone: kept, messageChannel: kept, worker: kept }))
  })

  it('that was moved by ArrayBuffer.prototype.transfer is missed, not read', async () => {
    const { stdout, ...ending } = await run('movedByTransfer')
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
    const answer = JSON.parse(stdout)
    // Runtimes differ in whether they allow it.
    expect(answer).toEqual(
      answer[0] === 'no error' ? ['no error', 'TENSOR_DETACHED', 'TENSOR_DETACHED'] : [expect.any(String), true],
    )
  })

  it('is copied by structuredClone; a cloned tensor is none', async () => {
    expect(await run('cloned')).toEqual(endedWell([true, true, 'INPUT_MISSING', 'INPUT_INVALID', true, 'TENSOR_RELEASED']))
  })

  it('released while an inference reads it is not reused before that has finished', async () => {
    expect(await run('releasedInFlight')).toEqual(endedWell({ right: true }))
  })

  it('whose last reference is gone stays until the inference has finished, and is then freed', async () => {
    expect(await run('collectedInFlight')).toEqual(endedWell({ right: true, left: 0 }))
  })

  it('given for outputs cannot be released or given twice while written, and survives collection', async () => {
    expect(await run('collectedOutputsInFlight')).toEqual(endedWell({ codes: ['TENSOR_IN_USE', 'TENSOR_IN_USE'], right: true }))
  })

  it('of results belongs to who holds it, also when the engine is closed', async () => {
    expect(await run('resultsOutliveTheirEngine')).toEqual(endedWell([true, true, true, true]))
  })

  it('and an engine that nobody holds any more finish what they began', async () => {
    expect(await run('collectedEngineInFlight')).toEqual(endedWell([true, true, true, true]))
  })
})
