import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const cliPath = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CliOutcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface SpawnOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void
  /** Called with everything that came on standard error so far, whenever more comes. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs a program to its end. */
export function runProgram(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<CliOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      options.onStderr?.(stderr, (signal) => child.kill(signal))
    })
    options.onStart?.((signal) => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

/** Runs `enginery` as a user would, from the compiled package. */
export function runCli(args: readonly string[], options: SpawnOptions = {}): Promise<CliOutcome> {
  return runProgram(process.execPath, [cliPath, ...args], options)
}

export interface TerminalOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  /** Called with everything on the screen so far, whenever more comes; `type` presses keys. */
  readonly onOutput?: (text: string, type: (keys: string) => void) => void
}

/** Runs `enginery` on a terminal of its own, where both streams are one. */
export function runOnTerminal(
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const line = [process.execPath, cliPath, ...args].map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ')
    const env = { ...process.env, TERM: 'xterm', ...options.env }
    const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      cwd: options.cwd,
      env,
      stdio: 'pipe',
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      options.onOutput?.(output, (keys) => child.stdin.write(keys))
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** The JSON document that a command printed. */
export function parseReport(outcome: CliOutcome): Record<string, unknown> {
  try {
    return JSON.parse(outcome.stdout) as Record<string, unknown>
  } catch {
    throw new Error(`no JSON on standard output: ${outcome.stdout}\n${outcome.stderr}`)
  }
}

/** An empty folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'enginery-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
