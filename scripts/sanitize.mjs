// npm run test:sanitize [-- vitest arguments]: the addon tests with addons built under AddressSanitizer and
// UndefinedBehaviorSanitizer. Node itself is not instrumented, so the sanitizer's runtime is preloaded into it.
// The native unit tests have their own sanitized run: npm run test:native -- --sanitize.
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { readReports } from './sanitize/read-reports.mjs'
import { buildAddon, buildableAddons, headersFor } from './setup/build-addons.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'
import { findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'
import { deps, root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

/** Sanitizers write here: a report of a process deep below the test runner must not get lost. */
const reports = path.join(deps, 'sanitize', 'reports')
const suppressions = path.join(root, 'native', 'test', 'lsan-suppressions.txt')

/** Tests that would take most of the time and show nothing about native code. */
const LEFT_OUT = {
  'test/addon/engine-cache-processes.test.ts': 'starts and kills 100 processes to see what becomes of files',
  'test/addon/faults/shared-cache.test.ts': 'the same, with workers',
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
    // Tests that measure time or memory say why they are skipped when they see this.
    ENGINERY_SANITIZED: '1',
  }
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
  await rm(reports, { recursive: true, force: true })
  await mkdir(reports, { recursive: true })
  // Instrumented code is several times slower and moments come late: a test that did not hold is asked once more. What
  // tests say of the code is settled by the run without sanitizers; here reports count, and those of both tries do.
  const run = () =>
    runCommand(process.execPath, [vitest, 'run', '--retry=1', '--teardownTimeout=120000', ...args], {
      cwd: root,
      env,
      show: true,
    })
  const failure = await run().then(
    () => undefined,
    (error) => error,
  )
  const written = await readReports(reports)
  for (const { name, text } of written) console.error(`${name}:\n${text}\n`)
  if (written.length > 0)
    throw new Error(`the sanitizers reported faults of ${written.length} processes (above; whole in ${reports})`)
  if (failure) throw failure
  console.log('test:sanitize: no reports')
} catch (error) {
  console.error(`test:sanitize: ${error.message}`)
  process.exitCode = 1
}
