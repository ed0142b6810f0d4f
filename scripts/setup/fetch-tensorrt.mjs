// TensorRT's headers and libraries for building and testing the addons in native/tensorrt, into .deps/tensorrt. Nobody
// who has NVIDIA's SDK needs this: TENSORRT_ROOT names it.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { headerFolders, tensorrtParts } from '../pins/tensorrt.mjs'
import { hashFile, readStamp, writeStamp } from './content-hash.mjs'
import { clientPrograms, downloadPackage } from './download-package.mjs'
import { cacheFolder, deps, hostPlatform, python, root } from './paths.mjs'
import { retry } from './retry.mjs'
import { runCommand } from './run-command.mjs'

export const tensorrtFolder = path.join(deps, 'tensorrt')

const megabytes = (bytes) => `${Math.max(1, Math.round(bytes / 1e6))} MB`
const cachedFile = (part) => path.join(cacheFolder(), 'tensorrt', part.sha256)
const stampOf = (name) => `tensorrt-${name}`
const isUnpacked = async (name, part) =>
  (await readStamp(stampOf(name))) === part.sha256 &&
  Object.values(part.unpack).every((folder) => existsSync(path.join(tensorrtFolder, folder)))

/**
 * Brings parts of TensorRT, all that this machine can use unless told.
 *
 * @param {string[]} asked names of `tensorrtParts`; empty for all
 */
export async function fetchTensorrt(asked, report) {
  const unknown = asked.filter((name) => !(name in tensorrtParts))
  if (unknown.length > 0) {
    throw new Error(`--tensorrt knows ${Object.keys(tensorrtParts).join(', ')}; received ${unknown.join(', ')}`)
  }
  const wanted = Object.entries(tensorrtParts).filter(
    ([name, { platform }]) => (platform === '*' || platform === hostPlatform) && (asked.length === 0 || asked.includes(name)),
  )
  const missing = []
  for (const [name, part] of wanted) if (!(await isUnpacked(name, part))) missing.push([name, part])
  await bringArchives(
    missing.map(([, part]) => part),
    report,
  )
  for (const [name, part] of missing) {
    report(`unpacking ${part.what} (${megabytes(part.unpacked)}) into ${path.relative(root, tensorrtFolder)}`)
    await unpack(part)
    await writeStamp(stampOf(name), part.sha256)
  }
}

async function bringArchives(parts, report) {
  const absent = []
  for (const part of parts) if (!(await isIntact(cachedFile(part), part.sha256))) absent.push(part)
  if (absent.length === 0) return
  const total = absent.reduce((sum, { bytes }) => sum + bytes, 0)
  const list = absent.map(({ what, bytes }) => `${what} ${megabytes(bytes)}`).join(', ')
  report(`TensorRT: ${megabytes(total)} to download into ${path.dirname(cachedFile(absent[0]))}: ${list}`)
  await refuseMissingClients(new Set(absent.map(({ from }) => from.client)))
  for (const part of absent) await bringArchive(part, report)
}

async function refuseMissingClients(clients) {
  const missing = []
  for (const client of clients) {
    const { command, cure } = clientPrograms[client]
    const [program, ...args] = command
    await runCommand(program, args).catch(() => missing.push(`${client} (${cure})`))
  }
  if (missing.length > 0) throw new Error(`fetching TensorRT needs ${missing.join(', ')}`)
}

async function isIntact(file, sha256) {
  if (!existsSync(file)) return false
  if ((await hashFile(file)) === sha256) return true
  await rm(file) // A half-written or damaged file would only be in the way of the next download.
  return false
}

async function bringArchive(part, report) {
  const target = cachedFile(part)
  await mkdir(path.dirname(target), { recursive: true })
  const incoming = await mkdtemp(`${target}-incoming-`)
  try {
    report(`downloading ${part.what}`)
    let attempt = 0
    const bring = () => downloadPackage(part.from, { into: path.join(incoming, String(++attempt)), sha256: part.sha256 })
    const file = await retry(`the download of ${part.what}`, bring, report)
    if ((await hashFile(file)) !== part.sha256) {
      throw new Error(
        `${part.from.client} brought ${part.from.name} ${part.from.version} with another SHA-256 than ${part.sha256}`,
      )
    }
    const whole = path.join(incoming, 'whole')
    // Another client's own cache keeps its file.
    await (file.startsWith(incoming) ? rename(file, whole) : copyFile(file, whole))
    await rename(whole, target)
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

async function unpack(part) {
  await mkdir(tensorrtFolder, { recursive: true })
  const incoming = await mkdtemp(path.join(tensorrtFolder, 'incoming-'))
  try {
    if (part.archive === 'zip') await runCommand(python, ['-m', 'zipfile', '-e', cachedFile(part), incoming])
    else await runCommand('tar', ['-xzf', cachedFile(part), '-C', incoming])
    for (const [inside, folder] of Object.entries(part.unpack)) {
      const target = path.join(tensorrtFolder, folder)
      await rm(target, { recursive: true, force: true })
      await mkdir(path.dirname(target), { recursive: true })
      await rename(path.join(incoming, inside), target)
    }
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

/**
 * The folder with NvInfer.h of each line of TensorRT that can be compiled here: NVIDIA's SDK in TENSORRT_ROOT for the line
 * it is of, what was fetched for the others. Lines without headers are left out.
 *
 * @returns {Promise<Record<string, string>>} v10, v11, rtx
 */
export async function findTensorrtHeaders() {
  const found = {}
  for (const [line, folder] of Object.entries(headerFolders)) {
    const fetched = path.join(tensorrtFolder, folder)
    if (existsSync(path.join(fetched, 'NvInfer.h'))) found[line] = fetched
  }
  const sdk = process.env.TENSORRT_ROOT && path.resolve(process.env.TENSORRT_ROOT, 'include')
  if (sdk && existsSync(path.join(sdk, 'NvInferVersion.h'))) {
    const text = await readFile(path.join(sdk, 'NvInferVersion.h'), 'utf8')
    const line = lineOfHeaders(text)
    if (line) found[line] = sdk
  }
  return found
}

/** Which of our addons headers belong to; undefined for a line that enginery has none for. */
export function lineOfHeaders(version) {
  if (/#define\s+TRT_MAJOR_RTX\s+1\b/.test(version)) return 'rtx'
  const major = /#define\s+(?:TRT_MAJOR_ENTERPRISE|NV_TENSORRT_MAJOR)\s+(\d+)/.exec(version)?.[1]
  return { 10: 'v10', 11: 'v11' }[major]
}
