import { spawn } from 'node:child_process'

export interface Outcome {
  readonly exitCode: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a program to its end; what does not end within the limit is killed. */
export function runProgram(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 500_000,
    })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output, errors }))
  })
}
