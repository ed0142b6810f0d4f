// Preloaded into the sanitized test run. LeakSanitizer reports when a process ends by itself; vitest ends its workers
// with SIGTERM and, half a second later, with SIGKILL, so their leaks would never be seen.
const { ChildProcess } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const isVitestWorker = (args) => args.some((arg) => /[\\/]vitest[\\/]dist[\\/]workers[\\/]forks\.js$/.test(arg))
const kill = ChildProcess.prototype.kill
const exit = process.exit.bind(process) // vitest replaces it in its workers.

/** Reports are named by process: this says which test file each ran. */
function noteTestFile() {
  const { filepath } = globalThis.__vitest_worker__ ?? {}
  if (filepath) writeFileSync(join(process.env.ENGINERY_SANITIZED_PROCESSES, String(process.pid)), filepath)
}

function end() {
  noteTestFile()
  exit()
}

if (isVitestWorker(process.argv)) {
  // A worker with nothing left to do would begin to end by itself, and SIGTERM would then end its search for leaks.
  setInterval(() => {}, 2 ** 30)
  process.once('SIGTERM', end)
  process.once('disconnect', end)
  // Programs that tests start leave in the midst of things, on purpose. What they had in hand then is no leak, and
  // LeakSanitizer itself falls over threads that end while it looks. Every other fault is still reported.
  process.env.ASAN_OPTIONS = process.env.ASAN_OPTIONS.replace('detect_leaks=1', 'detect_leaks=0')
}

ChildProcess.prototype.kill = function (signal) {
  // Looking for leaks takes seconds. A worker that really hangs is ended by the time limit of the whole run.
  if (signal === 'SIGKILL' && isVitestWorker(this.spawnargs)) return true
  return kill.call(this, signal)
}

// Node unloads addons with the last thread that used them, and a leak of one that is gone has no name by which it could
// be suppressed. Ours stay anyway (-z nodelete); so do those of others here.
const RTLD_NODELETE = 0x1000
const { dlopen } = process
process.dlopen = function open(module, filename, flags = require('node:os').constants.dlopen.RTLD_LAZY) {
  return dlopen.call(this, module, filename, flags | RTLD_NODELETE)
}
