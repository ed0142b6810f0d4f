import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { definitionOf, type TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { openTensorRt } from '../../lib/engine/tensorrt/open-library.js'
import { runBuild } from '../../lib/engine/tensorrt/run-build.js'
import { silentLogger } from '../../lib/logging/logger.js'
import type { NativeBuildOutcome, NativeBuildRequest, NativeNetwork } from '../../lib/native/tensorrt-addon.js'
import { coreLibraries } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'replay-with-ten.mjs')

export const noSettings = { flags: {}, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }

export type Replayed = Pick<NativeBuildOutcome, 'kind' | 'errors' | 'refused' | 'settings' | 'calibrationShapes'> &
  Partial<NativeNetwork> & { warnings: string[] }

/** Networks as TensorRT 10.15 makes them, in a process of its own: it takes NVIDIA's switch for working without a device. */
export async function replayWithTen(
  networks: readonly TensorRtNetwork[],
  request: Partial<NativeBuildRequest> = {},
): Promise<Replayed[]> {
  return await describeWithTen(networks.map((network) => ({ ...request, network: definitionOf(network).native })))
}

/** Requests as TensorRT 10.15 answers them, in one process of its own. */
export async function describeWithTen(asked: readonly Partial<NativeBuildRequest>[]): Promise<Replayed[]> {
  const requests = asked.map((request) => ({ settings: noSettings, ...request }))
  const folder = await mkdtemp(join(tmpdir(), 'enginery-ten-network-'))
  try {
    const path = join(folder, 'requests.json')
    const asText = (_: string, value: unknown) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
    await writeFile(path, JSON.stringify(requests, asText))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const args = [program, coreLibraries['TensorRT 10.15'], path]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 })
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('outcome '))
      .map((line) => JSON.parse(line.slice('outcome '.length)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A network as TensorRT-RTX makes it, before anything is built from it. */
export async function replayWithRtx(network: TensorRtNetwork): Promise<NativeNetwork> {
  const opened = await openTensorRt(coreLibraries['TensorRT-RTX 1.7'])
  const request = { network: definitionOf(network).native, stronglyTyped: true, settings: noSettings, onlyDescribe: true }
  const outcome = await runBuild(opened, request, { model: 'the network', logger: silentLogger, signal: undefined })
  return outcome.network
}
