import { beforeAll, describe, expect, it } from 'vitest'
import { endedWell, rounds, startProgram } from '../faults/run-program.js'
import { buildStandIn, missing, standInAddon, standInDriver } from './stand-in-caller.js'

const run = (args: readonly string[], options = {}) =>
  startProgram('../../stand-in/programs/calibrate', [standInAddon, standInDriver, ...args], options).ended

describe.skipIf(missing !== null)('processes in which a stand-in for TensorRT calibrates', () => {
  beforeAll(buildStandIn, 600_000)

  it('eight builds whose providers need the pool of libuv, which has one thread', async () => {
    const env = { UV_THREADPOOL_SIZE: '1' }
    expect(await run(['filesOnOneThread'], { env })).toEqual(endedWell(Array.from({ length: 8 }, () => 4)))
  })

  it.each(['never', 'endless', 'slow'])('workers that are terminated, the provider being %s', async (provider) => {
    expect(await run(['terminateWorkers', provider])).toEqual(endedWell('nothing left'))
  })

  it.each(['never', 'endless', 'slow'])('process.exit(7) in the middle, the provider being %s', async (provider) => {
    for (let round = 0; round < rounds(8); round++) {
      expect(await run(['leave', provider])).toEqual({ code: 7, signal: null, stdout: '', stderr: '' })
    }
  })

  it('a calibration that is given up keeps no process', async () => {
    expect(await run(['cancel'])).toEqual(endedWell('NATIVE_CANCELLED'))
  })

  it('callbacks are garbage when their builds are over', async () => {
    expect(await run(['collected'], { node: ['--expose-gc'] })).toEqual(endedWell(20))
  })
})
