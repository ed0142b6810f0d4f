// Preloaded into the sanitized test run. LeakSanitizer reports when a process ends by itself; vitest ends its workers
// with SIGTERM and, half a second later, with SIGKILL, so their leaks would never be seen.
const { ChildProcess } = require('node:child_process')

const isVitestWorker = (args) => args.some((arg) => /[\\/]vitest[\\/]dist[\\/]workers[\\/]forks\.js$/.test(arg))
const kill = ChildProcess.prototype.kill
const exit = process.exit.bind(process) // vitest replaces it in its workers.

if (isVitestWorker(process.argv)) process.once('SIGTERM', () => exit())

ChildProcess.prototype.kill = function (signal) {
  // Looking for leaks takes seconds. A worker that really hangs is ended by the time limit of the whole run.
  if (signal === 'SIGKILL' && isVitestWorker(this.spawnargs)) return true
  return kill.call(this, signal)
}
