import { readFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { requireObject } from '../../errors/require-argument.js'
import { addonVariables, packageRoot } from '../../native/addon-search.js'
import type { CpuFeatures } from '../../native/kernels-addon.js'
import { type AddonAttempt, tryLoadKernels, tryLoadOpenVino } from '../../native/load-addon.js'
import { type CLibrary, detectCLibrary, platformName } from '../../native/platform.js'
import { checkFolder, type FolderReport } from './check-folder.js'
import { type Finding, findingsOf } from './environment-findings.js'
import { type OpenVinoReport, probeOpenVino } from './probe-openvino.js'
import { probeSharp, type SharpReport } from './probe-sharp.js'
import { probeTensorRt, type TensorRtReport } from './probe-tensorrt.js'

export interface AddonReport {
  readonly name: 'openvino' | 'kernels'
  readonly loaded: boolean
  /** The file that was loaded. */
  readonly path: string | null
  /** Every place that was looked at, in order. */
  readonly tried: readonly AddonAttempt[]
  readonly reason: string | null
  readonly cure: string | null
}

/** What is here to work with, what is missing, and what to do about it. */
export interface EnvironmentReport {
  /** Version of this package. */
  readonly enginery: string
  readonly node: { readonly version: string; readonly required: string; readonly supported: boolean }
  readonly system: {
    readonly platform: string
    readonly release: string
    readonly cLibrary: CLibrary
    readonly memoryBytes: number
  }
  /** Null where the kernels addon, which asks the processor, did not load. */
  readonly cpu: CpuFeatures | null
  readonly addons: readonly AddonReport[]
  /** Null where its addon did not load. */
  readonly openvino: OpenVinoReport | null
  readonly tensorrt: TensorRtReport
  /** The optional package that decodes and encodes pictures. */
  readonly sharp: SharpReport
  readonly folders: readonly FolderReport[]
  /** Variables that change what is found, where they are set. */
  readonly variables: Readonly<Record<string, string>>
  readonly findings: readonly Finding[]
}

export interface CheckEnvironmentOptions {
  /** A cache folder to look at: usable, and how full. */
  cache?: string | undefined
}

const watchedVariables = [
  ...Object.values(addonVariables),
  'OpenVINO_DIR',
  'TENSORRT_ROOT',
  'TRT_INTERNAL_OPTIONS',
  'CUDA_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'OPENVINO_LOG_LEVEL',
  'OV_CPU_MAX_ISA',
]

/**
 * Looks at the machine and the installation. Never throws for what is missing: that is what the report is about.
 *
 * @example
 * const { findings } = await checkEnvironment()
 * for (const { level, text, cure } of findings) if (level === 'problem') console.error(text, cure)
 */
export async function checkEnvironment(options: CheckEnvironmentOptions = {}): Promise<EnvironmentReport> {
  requireObject(options, 'an object', '(options)', checkEnvironment)
  const manifest = readManifest()
  const kernels = tryLoadKernels()
  const openvino = tryLoadOpenVino()
  const report: Omit<EnvironmentReport, 'findings'> = {
    enginery: manifest.version,
    node: {
      version: process.versions.node,
      required: manifest.engines.node,
      supported: satisfiesMinimum(process.versions.node, manifest.engines.node),
    },
    system: { platform: platformName, release: os.release(), cLibrary: detectCLibrary(), memoryBytes: os.totalmem() },
    cpu: 'reason' in kernels ? null : kernels.addon.cpuFeatures(),
    addons: [addonReport('openvino', openvino), addonReport('kernels', kernels)],
    openvino: 'reason' in openvino ? null : await probeOpenVino(openvino.addon),
    tensorrt: await probeTensorRt(),
    sharp: await probeSharp(),
    folders: options.cache === undefined ? [] : [await checkFolder('engine cache', options.cache)],
    variables: Object.fromEntries(watchedVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  }
  return { ...report, findings: findingsOf(report) }
}

// A bundler may have left the package's own manifest behind; that is no reason to say nothing.
function readManifest(): { version: string; engines: { node: string } } {
  try {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
    if (manifest.name === 'enginery') return manifest
  } catch {}
  return { version: 'unknown', engines: { node: '>=20.19.0' } }
}

function addonReport(
  name: AddonReport['name'],
  result: ReturnType<typeof tryLoadKernels> | ReturnType<typeof tryLoadOpenVino>,
): AddonReport {
  const { tried } = result
  if ('reason' in result)
    return { name, loaded: false, path: null, tried, reason: result.reason.message, cure: result.reason.cure }
  return { name, loaded: true, path: result.path, tried, reason: null, cure: null }
}

// `engines.node` is always `>=a.b.c` here.
function satisfiesMinimum(version: string, required: string): boolean {
  const minimum = required.replace(/^>=\s*/, '')
  return version.localeCompare(minimum, 'en', { numeric: true }) >= 0
}
