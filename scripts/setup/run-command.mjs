// Child processes for the scripts: a failure carries the command and the end of its output, so that nobody has to
// run a step again to learn why it failed.
import { spawn } from 'node:child_process'

const KEPT_OUTPUT = 16_000
const SHOWN_COMMAND = 300

const abbreviate = (text) => (text.length > SHOWN_COMMAND ? `${text.slice(0, SHOWN_COMMAND)}…` : text)

/**
 * Runs a command and resolves with its standard output (UTF-8).
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean }} [options] `show` passes the
 *   output through to this terminal as well.
 */
export function runCommand(command, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve, reject) => {
    // npm is a batch file on Windows, which only a shell can start.
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, { cwd, env: env ?? process.env, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let tail = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      tail = (tail + chunk).slice(-KEPT_OUTPUT)
      if (show) process.stdout.write(chunk)
    })
    child.stderr.on('data', (chunk) => {
      tail = (tail + chunk).slice(-KEPT_OUTPUT)
      if (show) process.stderr.write(chunk)
    })
    child.once('error', (error) => reject(new Error(`could not start ${command}: ${error.message}`)))
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output)
      else {
        const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
        const shown = show || tail.trim() === '' ? '' : `:\n${tail.trimEnd()}`
        const error = new Error(`\`${abbreviate([command, ...args].join(' '))}\` ${how}${shown}`)
        reject(Object.assign(error, { output: tail, exitCode: code }))
      }
    })
  })
}
