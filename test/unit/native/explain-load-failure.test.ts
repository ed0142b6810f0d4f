import { describe, expect, it } from 'vitest'
import { adviseOnAbsence, explainLoadFailure, type LoadCircumstances } from '../../../lib/native/explain-load-failure.js'

const installed: LoadCircumstances = {
  addon: 'openvino',
  platform: 'linux-x64',
  publishedPlatforms: ['linux-x64'],
  cLibrary: { name: 'glibc', version: '2.28' },
  isCheckout: false,
  isBundled: false,
  variable: null,
  platformPackage: '@enginery/openvino-linux-x64',
}
const file = '/srv/node_modules/@enginery/openvino-linux-x64/prebuilds/linux-x64/openvino.node'

// Messages as dynamic linkers and Node write them.
describe('explainLoadFailure', () => {
  it.each([
    [
      `/lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.34' not found (required by ${file})`,
      'glibc-too-old',
      'glibc 2.34 or newer and this system has 2.28',
    ],
    [
      `libm.so.6: version \`GLIBC_2.9' not found (required by a)\nlibc.so.6: version \`GLIBC_2.34' not found (required by b)`,
      'glibc-too-old',
      '2.34',
    ],
    [`/lib64/libstdc++.so.6: version \`GLIBCXX_3.4.29' not found (required by ${file})`, 'libstdcxx-too-old', '3.4.29'],
    [`/lib64/libstdc++.so.6: version \`CXXABI_1.3.13' not found (required by ${file})`, 'libstdcxx-too-old', 'LD_LIBRARY_PATH'],
    [`Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${file})`, 'musl', 'node:22-slim'],
    [`Error relocating ${file}: __memcpy_chk: symbol not found`, 'musl', 'glibc'],
    [`${file}: wrong ELF class: ELFCLASS32`, 'other-architecture', 'copied from another machine'],
    [`${file} is for machine arm64, this Node is x64`, 'other-architecture', 'linux-x64'],
    [
      `dlopen(${file}, 0x0001): tried: '${file}' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))`,
      'other-architecture',
      'Delete node_modules',
    ],
    [`\\\\?\\C:\\a\\openvino.node is not a valid Win32 application.`, 'other-architecture', 'another processor'],
    [
      'libopenvino.so.2641: cannot open shared object file: No such file or directory',
      'library-missing',
      'copy the whole package',
    ],
    [
      'libtbb.so.12: cannot open shared object file: No such file or directory',
      'library-missing',
      '@enginery/openvino-linux-x64',
    ],
    [
      'libgomp.so.1: cannot open shared object file: No such file or directory',
      'library-missing',
      'Install the system library libgomp.so.1',
    ],
    ['The specified module could not be found.\n\\\\?\\C:\\a\\openvino.node', 'library-missing', 'Install'],
    [`${file}: undefined symbol: _ZN2ov4CoreC1Ev`, 'symbol-missing', 'LD_LIBRARY_PATH'],
    [`${file}: file too short`, 'damaged', 'Delete node_modules'],
    [`${file}: invalid ELF header`, 'damaged', 'damaged'],
    [`${file} is cut short: it ends before its own section table`, 'damaged', 'damaged'],
    [`${file}: failed to map segment from shared object`, 'not-executable', 'noexec'],
    [`EACCES: permission denied, open '${file}'`, 'not-executable', 'rights'],
    [`/usr/lib/libgomp.so.1: cannot allocate memory in static TLS block`, 'thread-storage', 'LD_PRELOAD'],
    [`Module did not self-register: '${file}'.`, 'not-an-addon', 'not an addon'],
    [
      '@enginery/openvino-linux-x64 is version 0.1.0, enginery is 0.2.0: both must be the same',
      'other-version',
      'does not belong',
    ],
    [
      '/srv/node_modules/@enginery/openvino-linux-x64 holds no addon: the installation is incomplete',
      'incomplete',
      'lacks its files',
    ],
    ['something nobody has seen before', 'unknown', 'enginery doctor'],
  ])('%s', (message, kind, advice) => {
    const failure = explainLoadFailure(message, installed)
    expect(failure.kind).toBe(kind)
    expect(failure.advice).toContain(advice)
  })

  it('sends the owner of a checkout to the set-up', () => {
    const checkout = { ...installed, isCheckout: true }
    for (const message of [
      'libopenvino.so.2641: cannot open shared object file',
      `${file}: undefined symbol: x`,
      '/repo/packages/openvino-linux-x64 holds no addon: the installation is incomplete',
      `${file}: file too short`,
    ]) {
      expect(explainLoadFailure(message, checkout).advice).toContain('npm run setup')
    }
  })

  it('blames musl for anything strange on musl', () => {
    const alpine: LoadCircumstances = { ...installed, cLibrary: { name: 'musl', version: null } }
    expect(explainLoadFailure('unexpected reloc type', alpine).kind).toBe('musl')
  })

  it('names the variable that chose the file', () => {
    const chosen = { ...installed, variable: 'ENGINERY_OPENVINO_ADDON' }
    expect(explainLoadFailure('Module did not self-register', chosen).advice).toContain('ENGINERY_OPENVINO_ADDON')
  })
})

describe('adviseOnAbsence', () => {
  it.each<[string, Partial<LoadCircumstances>, string]>([
    ['lost optional dependencies', {}, 'npm install --include=optional'],
    ['lockfile of another system', {}, 'package-lock.json'],
    ['checkout', { isCheckout: true }, 'npm run setup'],
    ['bundle', { isBundled: true }, 'serverExternalPackages'],
    ['other platform', { platform: 'darwin-arm64' }, 'only for linux-x64'],
    ['musl', { cLibrary: { name: 'musl', version: null } }, 'node:22-slim'],
    ['variable', { variable: 'ENGINERY_OPENVINO_ADDON' }, 'ENGINERY_OPENVINO_ADDON'],
    ['kernels, which are no optional dependency', { addon: 'kernels' }, 'incomplete'],
  ])('%s', (_, difference, advice) => {
    expect(adviseOnAbsence({ ...installed, ...difference })).toContain(advice)
  })
})
