import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
const run = (scenario: string) =>
  runProgram('use-contexts', [folder, scenario], { node: ['--experimental-vm-modules', '--no-warnings'] })

describe('vm contexts', () => {
  it('may give arrays to an engine outside', async () => {
    const relu = '0,2,0,4'
    expect(await run('arrays')).toEqual(endedWell([relu, relu, relu, true, true, 'INPUT_TYPE', 'INPUT_INVALID']))
  })

  it('may hold the package itself, as they do in test runners', async () => {
    expect(await run('package')).toEqual(endedWell(Array.from({ length: 11 }, () => true)))
  })
})
