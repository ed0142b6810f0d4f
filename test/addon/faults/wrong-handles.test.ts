import { expect, it } from 'vitest'
import { runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()

it('the raw addon refuses every wrong receiver and argument, what is closed and what is busy, and works afterwards', async () => {
  const { stdout, ...ending } = await runProgram('confuse-handles', [folder])
  expect(ending).toEqual({ code: 0, signal: null, stderr: '' })
  const { refused, accepted, output } = JSON.parse(stdout)
  expect(accepted).toEqual([])
  expect(refused).toBeGreaterThan(900)
  expect(output).toEqual([0, 2, 0, 4])
})
