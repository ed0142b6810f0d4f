/**
 * What differs between operating systems and processors: the one place that knows.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Platforms that ready-made addons are published for. */
export const publishedPlatforms: readonly string[] = ['linux-x64']

/** Node's names of this machine, for example `linux-x64`. */
export const platformName = `${process.platform}-${process.arch}`

/** How shared libraries are called here. */
const libraryNames: Partial<Record<NodeJS.Platform, { prefix: string; suffix: string }>> = {
  win32: { prefix: '', suffix: '.dll' },
  darwin: { prefix: 'lib', suffix: '.dylib' },
}

/** File name of a shared library, without version. @example sharedLibraryName('openvino') // 'libopenvino.so' */
export function sharedLibraryName(name: string): string {
  const { prefix, suffix } = libraryNames[process.platform] ?? { prefix: 'lib', suffix: '.so' }
  return `${prefix}${name}${suffix}`
}

/** Files that OpenVINO's GPU plugin loads from the system and that the platform package does not carry. */
export const gpuDriverLibraries: readonly string[] =
  process.platform === 'win32' ? ['OpenCL.dll'] : process.platform === 'darwin' ? [] : ['libOpenCL.so.1']

/** Packages that may carry `openvino.node` for this machine, in the order they are tried. */
export const openVinoPackages: readonly string[] = [
  `@enginery/openvino-${platformName}`,
  `@enginery/openvino-cpu-${platformName}`,
]

/** Carries the addons over TensorRT for this machine, and nothing of NVIDIA's. */
export const tensorrtPackage = `@enginery/tensorrt-${platformName}`

export interface CLibrary {
  readonly name: 'glibc' | 'musl' | 'none'
  /** Of glibc, for example `2.36`. */
  readonly version: string | null
}

let cLibrary: CLibrary | undefined

/** The C library that this Node runs on; `none` outside Linux. Takes milliseconds the first time. */
export function detectCLibrary(): CLibrary {
  cLibrary ??= process.platform === 'linux' ? readCLibrary() : { name: 'none', version: null }
  return cLibrary
}

function readCLibrary(): CLibrary {
  const { report } = process
  // Newer than our typings; without it the report looks up the names of all network peers, which can take seconds.
  const settings = report as unknown as { excludeNetwork?: boolean }
  const before = settings.excludeNetwork
  settings.excludeNetwork = true
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
    const version = header?.glibcVersionRuntime
    return version === undefined ? { name: 'musl', version: null } : { name: 'glibc', version }
  } finally {
    if (before !== undefined) settings.excludeNetwork = before
  }
}

export interface BinaryFacts {
  /** As Node calls it (`x64`, `arm64`), or the number from the file; null where the format is not known here. */
  readonly architecture: string | null
  /** False where the file ends before the place its own header points to: loading such a file ends the process. */
  readonly complete: boolean
}

const elfMachines: Record<number, string> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' }

/**
 * What the header of a shared library says; today of ELF files, which Linux uses.
 *
 * The dynamic linker reports a library for another processor as "No such file", and touching the pages that a
 * truncated one lacks is a bus error, so both are looked up before.
 */
export function readBinaryFacts(path: string): BinaryFacts {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(64)
    const length = readSync(file, header, 0, 64, 0)
    const isElf64 = length === 64 && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1
    if (!isElf64) return { architecture: null, complete: true }
    const machine = header.readUInt16LE(18)
    const sectionsEnd = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
    return { architecture: elfMachines[machine] ?? `machine ${machine}`, complete: fstatSync(file).size >= sectionsEnd }
  } finally {
    closeSync(file)
  }
}
