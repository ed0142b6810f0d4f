import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { convolutionModel, unaryModel } from '../models/encode-onnx.js'
import { cliPath, parseReport, runCli, runOnTerminal, runProgram, temporaryFolder } from './spawn-cli.js'

const ctrlC = '\u0003'

// Some ten megabytes: writing the engine takes long enough to be interrupted in.
const largeModel = () => convolutionModel({ layers: 16, channels: 128, size: 24 })

describe('Ctrl-C', () => {
  it('during a build ends with 130 and leaves nothing behind', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), largeModel())
    let sent = false
    const { code, output } = await runOnTerminal(['build', 'm.onnx', '-o', 'm.blob', '--cache', 'engines'], {
      cwd,
      onOutput: (text, type) => {
        if (sent || !text.includes('compile')) return
        sent = true
        type(ctrlC)
      },
    })
    expect(output).toMatch(/stopping/)
    expect(code).toBe(130)
    expect((await readdir(cwd)).filter((name) => name.startsWith('m.'))).toEqual(['m.onnx'])
    expect(await temporaryFilesIn(cwd)).toEqual([])
  })

  it.each([['latency'], ['throughput'], ['sync']])('during bench (%s) ends with 130, without figures', async (mode) => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), unaryModel('Relu', [1, 64]))
    const how = mode === 'sync' ? ['--sync'] : ['--mode', mode]
    let sent = false
    const { code, output } = await runOnTerminal(['bench', 'm.onnx', '--duration', '600', ...how], {
      cwd,
      onOutput: (text, type) => {
        if (sent || !text.includes('measurement')) return
        sent = true
        type(ctrlC)
      },
    })
    expect(code).toBe(130)
    expect(output).not.toMatch(/p99/)
  })

  it('is reported as ABORTED with --json', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), unaryModel('Relu', ['n', 64]))
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      let sent = false
      const outcome = await runCli(['bench', 'm.onnx', '--duration', '600', '--json', '--verbose'], {
        cwd,
        onStderr: (text, kill) => {
          // Said at the end of the build.
          if (sent || !text.includes('open batch dimension')) return
          sent = true
          kill(signal)
        },
      })
      expect(outcome).toMatchObject({ code, stderr: expect.stringMatching(/^stopping/m) })
      expect(parseReport(outcome)).toMatchObject({ error: { code: 'ABORTED', cause: `received ${signal}` } })
    }
  })

  it('at any moment leaves whole engines or none, and no temporary files', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), largeModel())
    const build = (name: string) => ['build', 'm.onnx', '-o', `${name}.blob`, '--cache', `cache-${name}`]
    const began = performance.now()
    expect(await runCli(build('whole'), { cwd })).toMatchObject({ code: 0 })
    const took = performance.now() - began
    const seen = new Set<number | string | null>()
    const interrupt = async (name: string, onStart: (kill: (signal: NodeJS.Signals) => void) => void) => {
      const { code, signal } = await runCli(build(name), { cwd, onStart })
      // The signal may come before the command listens (SIGINT) and after it is done (0).
      expect([0, 130, 'SIGINT'], name).toContain(code ?? signal)
      seen.add(code ?? signal)
      const files = await readdir(cwd)
      expect(files.includes(`${name}.blob`), name).toBe(files.includes(`${name}.blob.json`))
      expect(await temporaryFilesIn(cwd), name).toEqual([])
    }
    for (let part = 1; part <= 10; part++) {
      await interrupt(`${part} tenths`, (kill) => setTimeout(() => kill('SIGINT'), (part / 10) * took))
    }
    // The folder is there before the model is compiled, whatever that takes.
    let timer: NodeJS.Timeout | undefined
    await interrupt('compiling', (kill) => {
      timer = setInterval(() => {
        if (!existsSync(join(cwd, 'cache-compiling'))) return
        clearInterval(timer)
        kill('SIGINT')
      }, 2)
    })
    clearInterval(timer)
    expect(seen).toContain(130)
  })

  it('a second time ends the process at once, however stuck it is', async () => {
    const program = `
      import { watchInterrupts } from ${JSON.stringify(new URL('watch-interrupts.js', pathToFileURL(cliPath)).href)}
      const { signal } = watchInterrupts(() => console.log('first'))
      setInterval(() => {}, 1000) // never ends by itself
      console.log('ready')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => child.on('close', (...how) => resolve(how)))
    for await (const text of child.stdout.setEncoding('utf8')) child.kill(/ready|first/.test(text) ? 'SIGINT' : 'SIGKILL')
    expect(await ended).toEqual([null, 'SIGINT'])
  })
})

async function temporaryFilesIn(folder: string): Promise<string[]> {
  await wait(50)
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.tmp'))
}

describe('a closed pipe', () => {
  it('is no failure', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), unaryModel('Relu', [1, 200_000]))
    const line = 'set -o pipefail; $CLI run m.onnx --random-input --json | head -c 100 >/dev/null; echo $?'
    const outcome = await runProgram('bash', ['-c', line], { cwd, env: { CLI: `${process.execPath} ${cliPath}` } })
    expect(outcome).toMatchObject({ stdout: '0\n', stderr: '' })
  })

  it('is told from a full disk', async () => {
    const outcome = await runProgram('bash', ['-c', '$CLI doctor > /dev/full'], {
      env: { CLI: `${process.execPath} ${cliPath}` },
    })
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error FILE_NOT_WRITTEN: standard output .*ENOSPC/) })
  })
})

describe('progress bars', () => {
  it('are drawn on a terminal, and not with --quiet or a dumb one', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), unaryModel('Relu', [1, 64]))
    const args = ['bench', 'm.onnx', '--duration', '400ms', '--warm-up', '200ms']
    const drawn = await runOnTerminal(args, { cwd })
    expect(drawn.code).toBe(0)
    for (const label of ['compile', 'warm-up', 'measurement'])
      expect(drawn.output, label).toMatch(new RegExp(`\r\u001b\\[K${label} +\\[#* *\\] +\\d+ %`))
    expect((await runOnTerminal([...args, '--quiet'], { cwd })).output).not.toContain('\u001b[K')
    expect((await runOnTerminal(args, { cwd, env: { TERM: 'dumb' } })).output).not.toContain('\u001b[K')
  })

  it('are not drawn in a pipe', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'm.onnx'), unaryModel('Relu', [1, 64]))
    const outcome = await runCli(['bench', 'm.onnx', '--duration', '300ms', '--warm-up', '0'], { cwd })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    for (const moving of ['\u001b', '\r']) expect(outcome.stdout).not.toContain(moving)
  })
})
