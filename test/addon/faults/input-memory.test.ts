import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const run = (scenario: string) => runProgram('change-inputs', [folder, scenario])
const twice = (code: string) => [code, code]

describe('inputs', () => {
  it('that are detached are refused, and the engine goes on', async () => {
    const codes = [...twice('TENSOR_DETACHED'), ...twice('TENSOR_DETACHED'), ...twice('TENSOR_DETACHED'), true]
    expect(await run('detached')).toEqual(endedWell({ tiny: codes, frame: codes }))
  })

  it('whose buffer was resized are refused unless they still have their length', async () => {
    const codes = {
      shrunkTracking: twice('INPUT_SIZE'),
      shrunkFixed: twice('INPUT_SIZE'),
      shrunkToNothing: twice('TENSOR_DETACHED'),
      grownTracking: twice('INPUT_SIZE'),
      grownFixed: [true, true],
      tensor: twice('TENSOR_DETACHED'),
    }
    expect(await run('resized')).toEqual(endedWell({ tiny: codes, frame: codes }))
  })

  it('that are changed, transferred or resized while in use count as they were when infer() was called', async () => {
    const kinds = ['frame', 'slow'].flatMap((name) => ['overwritten', 'transferred', 'shrunk'].map((kind) => `${name} ${kind}`))
    expect(await run('changedWhileInUse')).toEqual(endedWell(Object.fromEntries(kinds.map((kind) => [kind, true]))))
  })

  it('in shared memory are taken, also while another thread writes to it', async () => {
    const fit = ['no error', true, 'INPUT_SIZE', 'INPUT_SIZE', true]
    expect(await run('shared')).toEqual(endedWell({ fit, onlyOnesAndTwos: true }))
  })

  it('with getters that detach, infer, close or throw do no harm', async () => {
    expect(await run('gettersThatInterfere')).toEqual(
      endedWell({
        detachesTheOther: twice('PORT_MISMATCH'),
        reenters: [true, true],
        closes: twice('ENGINE_CLOSED'),
        throws: 'MINE',
        strings: [['one', 'TWO'], ['one', 'TWO'], 'ENGINE_CLOSED'],
      }),
    )
  })
})
