import { type AddonName, addonVariables } from './addon-search.js'
import type { CLibrary } from './platform.js'

/** Everything that the advice depends on, so that it can be tested for machines that are not at hand. */
export interface LoadCircumstances {
  readonly addon: AddonName
  /** For example `linux-x64`. */
  readonly platform: string
  readonly publishedPlatforms: readonly string[]
  readonly cLibrary: CLibrary
  readonly isCheckout: boolean
  readonly isBundled: boolean
  /** The environment variable that named the file, if one did. */
  readonly variable: string | null
  /** For example `@enginery/openvino-linux-x64`. */
  readonly platformPackage: string
}

export type LoadFailureKind =
  | 'glibc-too-old'
  | 'libstdcxx-too-old'
  | 'musl'
  | 'other-architecture'
  | 'library-missing'
  | 'symbol-missing'
  | 'damaged'
  | 'not-executable'
  | 'thread-storage'
  | 'not-an-addon'
  | 'other-version'
  | 'incomplete'
  | 'unknown'

export interface LoadFailure {
  readonly kind: LoadFailureKind
  /** What to do. */
  readonly advice: string
}

const debianImage = 'In a container, use an image with glibc, such as node:22-slim, in place of an Alpine one.'
const reinstall = 'Delete node_modules and install again.'

/** Kind and cure of a failure to load a file that is there, from the words of the dynamic linker or of Node. */
export function explainLoadFailure(message: string, here: LoadCircumstances): LoadFailure {
  const glibc = newestVersion(message, /version [`']GLIBC_([\d.]+)' not found/g)
  if (glibc !== null) {
    const has = here.cLibrary.version === null ? 'has an older one' : `has ${here.cLibrary.version}`
    return {
      kind: 'glibc-too-old',
      advice: `The addon needs glibc ${glibc} or newer and this system ${has}: use a newer distribution or base image, or build in a checkout on this one.`,
    }
  }
  const libstdcxx = newestVersion(message, /version [`'](?:GLIBCXX|CXXABI)_([\d.]+)' not found/g)
  if (libstdcxx !== null) {
    return {
      kind: 'libstdcxx-too-old',
      advice: `The C++ library (libstdc++.so.6) of this system lacks version ${libstdcxx}: use a newer distribution or base image. If LD_LIBRARY_PATH leads to an older copy, as Conda's may, unset it.`,
    }
  }
  if (here.cLibrary.name === 'musl' || /Error (?:loading shared library|relocating)/.test(message)) {
    return { kind: 'musl', advice: `The addon needs glibc; this system runs musl. ${debianImage}` }
  }
  if (
    /wrong ELF class|is for (?:arch|machine)|incompatible architecture|not a valid Win32 application|exec format error/i.test(
      message,
    )
  ) {
    return {
      kind: 'other-architecture',
      advice: `The addon is for another processor than ${here.platform}. node_modules was probably copied from another machine: ${reinstall}`,
    }
  }
  const missing = /(lib[\w.+-]+): cannot open shared object file|Library not loaded: (\S+)/.exec(message)
  if (missing) return { kind: 'library-missing', advice: adviseOnLibrary((missing[1] ?? missing[2]) as string, here) }
  if (/specified module could not be found/i.test(message)) {
    return { kind: 'library-missing', advice: adviseOnLibrary('a library beside the addon', here) }
  }
  if (/undefined symbol|symbol not found|procedure could not be found|version [`'][^`']+' not found/i.test(message)) {
    return {
      kind: 'symbol-missing',
      advice: here.isCheckout
        ? 'The addon was built against another version of a library: npm run setup.'
        : `A library of another version was found first: unset LD_LIBRARY_PATH and LD_PRELOAD. If that changes nothing: ${reinstall}`,
    }
  }
  if (/file too short|invalid ELF header|is cut short|truncated|not a mach-o file|file is empty/i.test(message)) {
    return {
      kind: 'damaged',
      advice: here.isCheckout ? 'The file is damaged: npm run setup.' : `The file is damaged: ${reinstall}`,
    }
  }
  if (/failed to map segment|permission denied|operation not permitted/i.test(message)) {
    return {
      kind: 'not-executable',
      advice:
        'The folder forbids running code (mounted with noexec, or unreadable): install on another file system or change the rights.',
    }
  }
  if (/static TLS/i.test(message)) {
    return {
      kind: 'thread-storage',
      advice: 'Load enginery before other addons, or start Node with the library of the message in LD_PRELOAD.',
    }
  }
  if (/did not self-register|NODE_MODULE_VERSION|no napi_register_module|Node-API version/i.test(message)) {
    return {
      kind: 'not-an-addon',
      advice: here.variable
        ? `Let ${here.variable} name an addon of this package.`
        : `The file is not an addon of this package: ${reinstall}`,
    }
  }
  if (/both must be the same/.test(message)) {
    return { kind: 'other-version', advice: `The platform package does not belong to this enginery: ${reinstall}` }
  }
  if (/installation is incomplete/.test(message)) {
    return {
      kind: 'incomplete',
      advice: here.isCheckout ? 'Build it: npm run setup.' : `The platform package lacks its files: ${reinstall}`,
    }
  }
  return { kind: 'unknown', advice: 'Run `enginery doctor` and compare its output with docs/errors.md.' }
}

function adviseOnLibrary(library: string, here: LoadCircumstances): string {
  if (/openvino|tbb/i.test(library)) {
    return here.isCheckout
      ? `${library} is missing: npm run setup fetches OpenVINO; with OpenVINO_DIR set, check that it still points to an installation.`
      : `${library} belongs beside the addon, in the package ${here.platformPackage}. A bundler or a deployment that copies .node files alone leaves it behind: copy the whole package, or: ${reinstall}`
  }
  return `Install the system library ${library}. If it is installed, check LD_LIBRARY_PATH.`
}

/** What to do where no file was found at all. */
export function adviseOnAbsence(here: LoadCircumstances): string {
  if (here.variable !== null) return `Let ${here.variable} name an existing .node file, or unset it.`
  if (here.isCheckout) {
    const needs = here.addon.startsWith('tensorrt-') ? ' -- --tensorrt=headers-10,headers-11' : ''
    return `Build it: npm run setup${needs}.`
  }
  if (here.isBundled) {
    return 'A bundler has moved enginery away from its files: keep it out of the bundle (esbuild, Vite and Rollup: external; webpack: externals; Next.js: serverExternalPackages) and ship node_modules with it.'
  }
  if (!here.publishedPlatforms.includes(here.platform)) {
    return `No ready-made addon is published for ${here.platform}, only for ${here.publishedPlatforms.join(', ')}: build it in a checkout and name it with ${addonVariables[here.addon]}.`
  }
  if (here.cLibrary.name === 'musl') return `Addons are published for glibc; this system runs musl. ${debianImage}`
  // Small, and needed by few: npm does not install it by itself.
  if (here.addon.startsWith('tensorrt-')) return `Install it: npm install ${here.platformPackage}.`
  if (here.addon === 'kernels') return `The installation of enginery is incomplete. ${reinstall}`
  return [
    `npm did not install the optional dependency ${here.platformPackage}.`,
    'Run: npm install --include=optional.',
    'If the lockfile was written on another operating system or by `--omit=optional`, delete node_modules and package-lock.json first.',
    `pnpm and Yarn: add this platform to supportedArchitectures. Or name it yourself: npm install ${here.platformPackage}.`,
  ].join(' ')
}

function newestVersion(message: string, pattern: RegExp): string | null {
  const versions = [...message.matchAll(pattern)].map((match) => match[1] as string)
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null
}
