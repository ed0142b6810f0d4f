// npm run test:sanitize [-- vitest arguments]: the addon tests with addons built under AddressSanitizer and
// UndefinedBehaviorSanitizer. Node itself is not instrumented, so the sanitizer's runtime is preloaded into it.
// The native unit tests have their own sanitized run: npm run test:native -- --sanitize.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readReports } from './sanitize/read-reports.mjs'
import { buildAddon, buildableAddons, headersFor } from './setup/build-addons.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'
import { findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'
import { deps, root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

/** Sanitizers write here: a report of a process deep below the test runner must not get lost. */
const reports = path.join(deps, 'sanitize', 'reports')
/** Which test file each process ran. */
const processes = path.join(deps, 'sanitize', 'processes')
/** What of the reports fails the run; CI prints its beginning last. Empty when there is none. */
const faults = path.join(deps, 'sanitize', 'faults.txt')
const suppressions = path.join(root, 'native', 'test', 'lsan-suppressions.txt')

/** Tests that would take most of the time and show nothing about native code. */
const LEFT_OUT = {
  'test/addon/engine-cache-processes.test.ts': 'starts and kills 100 processes to see what becomes of files',
  'test/addon/faults/shared-cache.test.ts': 'the same, with workers',
  'test/addon/quantize-sabotaged-detectors.test.ts': 'quantizes detectors again and again; what that runs, digits run, too',
  'test/addon/quantize-renamed.test.ts': 'quantizes models again under other names',
  'test/addon/half-precision.test.ts': 'runs trained models; test/addon/convert-precision.test.ts converts small ones',
  'test/addon/faults/saving.test.ts': 'kills processes and fills disks to see what becomes of files',
}

async function buildSanitized() {
  const files = {}
  const headers = { openvino: await fetchOpenvino(console.log), tensorrt: await findTensorrtHeaders() }
  for (const name of buildableAddons(headers)) {
    const out = path.join(deps, 'sanitize', name)
    await mkdir(out, { recursive: true })
    console.log(`sanitize: building ${name}.node`)
    await buildAddon(name, { definitions: { ENGINERY_SANITIZE: 'ON', ...headersFor(name, headers) }, out })
    files[name] = path.join(out, 'Release', `${name}.node`)
  }
  return files
}

/** The compiler knows where its runtime libraries are. */
async function findRuntimeLibrary(name) {
  const found = (await runCommand(process.env.CXX ?? 'c++', [`-print-file-name=${name}`])).trim()
  if (!path.isAbsolute(found)) throw new Error(`the compiler's ${name} was not found; with gcc on Debian it is in libasan8`)
  return found
}

function tensorrtVariables(files) {
  const named = Object.entries(files).filter(([name]) => name.startsWith('tensorrt-'))
  return Object.fromEntries(named.map(([name, file]) => [`ENGINERY_${name.replace('-', '_').toUpperCase()}_ADDON`, file]))
}

async function sanitizerEnvironment(files) {
  // Node has its C++ runtime linked in and hidden; AddressSanitizer looks for __cxa_throw when it starts and would end
  // the process at the first exception, so the shared one is loaded with it.
  const preload = [await findRuntimeLibrary('libasan.so'), await findRuntimeLibrary('libstdc++.so.6')]
  return {
    ...process.env,
    NODE_OPTIONS: `--require ${path.join(root, 'scripts', 'sanitize', 'let-workers-end.cjs')}`,
    LD_PRELOAD: preload.join(' '),
    // intercept_tls_get_addr=0: the search for leaks would read the thread-local blocks of threads that are ending just
    // then, and now and then crash itself ("Tracer caught signal 11").
    ASAN_OPTIONS: `log_path=${reports}/asan:detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0:allocator_may_return_null=1:intercept_tls_get_addr=0`,
    LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0:exitcode=98`,
    UBSAN_OPTIONS: `log_path=${reports}/ubsan:print_stacktrace=1:halt_on_error=1:exitcode=97`,
    // TBB would load one of its libraries in a way (RTLD_DEEPBIND) that AddressSanitizer refuses to run with.
    TBB_ENABLE_SANITIZERS: '1',
    ENGINERY_OPENVINO_ADDON: files.openvino,
    ENGINERY_KERNELS_ADDON: files.kernels,
    ...tensorrtVariables(files),
    ENGINERY_SANITIZED_PROCESSES: processes,
    // Tests that measure time or memory say why they are skipped when they see this.
    ENGINERY_SANITIZED: '1',
  }
}

/** The test file that a report's process ran; undefined of a program that a test started. */
async function findTestFile({ pid }) {
  return readFile(path.join(processes, pid), 'utf8').catch(() => undefined)
}

async function clear() {
  for (const folder of [reports, processes]) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
  }
}

/**
 * What allocates and never frees does so each time. The search for leaks reads stacks and registers of threads that run, and
 * misses a pointer now and then; so files with reported leaks, and nothing worse, are run once more, and what is not
 * reported again is shown and does not fail the run.
 */
async function dropUnrepeatedLeaks(found, runFiles) {
  const files = await Promise.all(found.map(findTestFile))
  if (found.length === 0 || found.some(({ ofLeaks }, index) => !ofLeaks || !files[index])) return found
  for (const [index, { name, text }] of found.entries()) console.error(`${name} (${files[index]}):\n${text}\n`)
  console.error('test:sanitize: leaks were reported; their test files are run once more')
  await clear()
  const failure = await runFiles([...new Set(files)])
  const again = await readReports(reports)
  if (failure && again.length === 0) return found
  if (again.length === 0) console.error('test:sanitize: none of these leaks was reported again')
  return again
}

try {
  const env = await sanitizerEnvironment(await buildSanitized())
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const asked = process.argv.slice(2)
  const args = asked.length > 0 ? asked : ['--project', 'addon', 'test/addon', 'test/contract']
  if (asked.length === 0) {
    for (const [file, why] of Object.entries(LEFT_OUT)) {
      console.log(`sanitize: leaving out ${file}: ${why}`)
      args.push('--exclude', file)
    }
  }
  await rm(faults, { force: true })
  await clear()
  // Instrumented code is several times slower and moments come late: a test that did not hold is asked once more. What
  // tests say of the code is settled by the run without sanitizers; here reports count, and those of both tries do.
  const run = (what, environment = env) =>
    runCommand(process.execPath, [vitest, 'run', '--retry=1', '--teardownTimeout=120000', ...what], {
      cwd: root,
      env: environment,
      show: true,
    }).then(
      () => undefined,
      (error) => error,
    )
  const failure = await run(args)
  // The first run's count of tests stays as it is.
  const withoutCount = { ...env, ENGINERY_TEST_REPORT: undefined }
  const found = await dropUnrepeatedLeaks(await readReports(reports), (files) =>
    run(['--project', 'addon', ...files], withoutCount),
  )
  if (found.length > 0) {
    const texts = await Promise.all(
      found.map(async (report) => `${report.name} (${(await findTestFile(report)) ?? 'a program of a test'}):\n${report.text}\n`),
    )
    await writeFile(faults, texts.join('\n'))
    console.error(texts.join('\n'))
    throw new Error(`the sanitizers reported faults of ${found.length} processes (above; whole in ${reports})`)
  }
  if (failure) throw failure
  console.log('test:sanitize: no reports')
} catch (error) {
  console.error(`test:sanitize: ${error.message}`)
  process.exitCode = 1
}
