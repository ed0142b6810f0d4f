// What a fresh machine must have before anything else can be done. All that is missing is named at once, with the
// command that brings it.
import { python } from './paths.mjs'
import { runCommand } from './run-command.mjs'

const MINIMUM_NODE = [20, 19]

async function firstThatRuns(candidates) {
  for (const [command, ...args] of candidates) {
    try {
      return { command, output: await runCommand(command, args) }
    } catch {
      // The next candidate may be there; the caller reports when none is.
    }
  }
  return undefined
}

function isAtLeast(text, minimum) {
  const match = /(\d+)\.(\d+)/.exec(text)
  if (!match) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1])
}

/** Resolves with one sentence per missing tool; an empty list means that set-up can go on. */
export async function findMissingPrerequisites() {
  const missing = []
  if (!isAtLeast(process.versions.node, MINIMUM_NODE)) {
    missing.push(`Node.js ${MINIMUM_NODE.join('.')} or newer: this is ${process.versions.node}. Install a current LTS release.`)
  }
  const [pip, cmake, compiler, generator] = await Promise.all([
    firstThatRuns([[python, '-m', 'pip', '--version']]),
    firstThatRuns([['cmake', '--version']]),
    firstThatRuns([process.env.CXX, 'c++', 'g++', 'clang++', 'cl'].filter(Boolean).map((name) => [name, '--version'])),
    firstThatRuns([
      ['ninja', '--version'],
      ['make', '--version'],
    ]),
  ])
  if (!pip && !process.env.OpenVINO_DIR) {
    const interpreter = await firstThatRuns([[python, '--version']])
    missing.push(
      interpreter
        ? 'pip, which fetches the OpenVINO libraries: Debian and Ubuntu have it as python3-pip, Fedora too; ' +
            `or run: ${python} -m ensurepip.`
        : 'Python 3 with pip, which fetches the OpenVINO libraries: apt-get install python3 python3-pip ' +
            '(Fedora: dnf install python3-pip; macOS: brew install python).',
    )
  }
  if (!cmake || !isAtLeast(cmake.output, [3, 18])) {
    missing.push(
      'CMake 3.18 or newer: apt-get install cmake (Fedora: dnf install cmake; macOS: brew install cmake; ' +
        'anywhere: pip install cmake).',
    )
  }
  if (!compiler) {
    missing.push(
      'a C++17 compiler: apt-get install g++ (Fedora: dnf install gcc-c++; macOS: xcode-select --install; ' +
        'Windows: the C++ workload of the Visual Studio Build Tools).',
    )
  }
  if (!generator && process.platform !== 'win32') {
    missing.push('Ninja or make: apt-get install ninja-build (Fedora: dnf install ninja-build; macOS: brew install ninja).')
  }
  return missing
}
