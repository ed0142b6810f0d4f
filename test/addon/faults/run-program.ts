import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

if (!existsSync(fileURLToPath(new URL('../../../dist/index.js', import.meta.url)))) {
  throw new Error('dist is missing: npm run build:ts')
}

const isSanitized = Boolean(process.env.ENGINERY_SANITIZED)

/** Fewer repetitions where each takes several times as long. */
export const rounds = (count: number): number => (isSanitized ? Math.ceil(count / 5) : count)

/** How a process ended, and all that it wrote. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  /** Options of Node itself. */
  readonly node?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Killed (SIGKILL) after this many milliseconds, four times as many under sanitizers; default 150,000. */
  readonly limit?: number
  /** A command to run Node under, for example a shell that sets limits. */
  readonly under?: readonly string[]
}

/** A child process that runs a file of `programs/`. */
export interface RunningProgram {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
}

export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { node = [], env, limit = 150_000, under = [] } = options
  const timeout = isSanitized ? limit * 4 : limit
  const path = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url))
  const [command, ...rest] = [...under, process.execPath, ...node, path, ...args] as [string, ...string[]]
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Ending) }
}

export function runProgram(name: string, args: readonly string[], options?: ProgramOptions): Promise<Ending> {
  return startProgram(name, args, options).ended
}

/** What a program that did nothing but print one line of JSON ends like. */
export function endedWell(answer: unknown): Ending {
  return { code: 0, signal: null, stdout: `${JSON.stringify(answer)}\n`, stderr: '' }
}
