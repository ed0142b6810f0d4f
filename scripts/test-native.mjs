// npm run test:native: builds and runs the native unit tests (GoogleTest). With --sanitize, under AddressSanitizer and
// UndefinedBehaviorSanitizer; with --sanitize-threads, under ThreadSanitizer. The last line says how many passed, failed
// and were skipped.
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { deps, root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

const sanitize = process.argv.includes('--sanitize')
const sanitizeThreads = process.argv.includes('--sanitize-threads')
const folder = path.join(deps, `native-test${sanitize ? '-sanitized' : sanitizeThreads ? '-threads' : ''}`)
const results = path.join(folder, 'gtest.json')

async function build() {
  await mkdir(folder, { recursive: true })
  const configure = ['-S', path.join(root, 'native/test'), '-B', folder, `-DENGINERY_SANITIZE=${sanitize ? 'ON' : 'OFF'}`]
  configure.push(`-DENGINERY_SANITIZE_THREADS=${sanitizeThreads ? 'ON' : 'OFF'}`)
  configure.push(`-DCMAKE_BUILD_TYPE=${sanitize || sanitizeThreads ? 'RelWithDebInfo' : 'Release'}`)
  await runCommand('cmake', configure)
  await runCommand('cmake', ['--build', folder, '--parallel', String(availableParallelism())])
}

try {
  await build()
  const program = path.join(folder, process.platform === 'win32' ? 'native_tests.exe' : 'native_tests')
  await rm(results, { force: true }) // A crash leaves no results; those of an earlier run must not stand in for them.
  // A refused allocation of an absurd size is a case that the tests ask for; AddressSanitizer would end the process.
  const nulls = { ASAN_OPTIONS: 'allocator_may_return_null=1', TSAN_OPTIONS: 'allocator_may_return_null=1' }
  const env = { ...nulls, ...process.env }
  const args = ['--gtest_brief=1', `--gtest_output=json:${results}`]
  // ThreadSanitizer does not follow into children that are forked beside threads and start some of their own.
  if (sanitizeThreads) args.push('--gtest_filter=-BackgroundWork.*')
  const failure = await runCommand(program, args, { show: true, env }).then(
    () => undefined,
    (error) => error,
  )
  if (failure && !existsSync(results)) throw failure
  const { tests, failures, errors = 0, testsuites } = JSON.parse(await readFile(results, 'utf8'))
  const skipped = testsuites.flatMap((suite) => suite.testsuite).filter((test) => test.result === 'SKIPPED').length
  const failed = failures + errors
  console.log(`${tests - failed - skipped} passed, ${failed} failed, ${skipped} skipped`)
  if (tests === 0) throw new Error('no native test was found')
  if (failure) throw failure
} catch (error) {
  console.error(`test:native: ${error.message}`)
  process.exitCode = 1
}
