// OpenVINO's libraries and headers, from the pinned wheel, into .deps/openvino. pip does the download, so that its
// mirrors, proxies and certificates apply; the hash is checked by pip and once more by us before unpacking.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { openvinoVersion, openvinoWheels } from '../pins/openvino.mjs'
import { hashFile, readStamp, writeStamp } from './content-hash.mjs'
import { cacheFolder, deps, hostPlatform, python, root } from './paths.mjs'
import { retry } from './retry.mjs'
import { runCommand } from './run-command.mjs'

/** Where the wheel is unpacked: `openvino/` and `openvino-<version>.dist-info/` lie in it. */
export const openvinoFolder = path.join(deps, 'openvino')

/** The folder with OpenVINO's shared libraries, as unpacked from the wheel. */
export const openvinoLibraries = path.join(openvinoFolder, 'openvino', 'libs')

async function downloadWheel(wheel, report) {
  const folder = path.join(cacheFolder(), 'openvino', wheel.sha256)
  const cached = await findIntactWheel(folder, wheel.sha256)
  if (cached) return cached
  await mkdir(folder, { recursive: true })
  const incoming = await mkdtemp(path.join(folder, 'incoming-'))
  try {
    report(`downloading OpenVINO ${openvinoVersion} into ${folder}`)
    const abi = `cp${wheel.pythonVersion.replace('.', '')}`
    const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '--no-deps']
    args.push('--python-version', wheel.pythonVersion, '--implementation', 'cp', '--abi', abi)
    args.push('--platform', wheel.pipPlatform, '--require-hashes', '-r', path.join(root, 'scripts/pins/openvino.txt'))
    args.push('-d', incoming)
    await retry('the download of OpenVINO', () => runCommand(python, args), report)
    const downloaded = await findIntactWheel(incoming, wheel.sha256)
    if (!downloaded) throw new Error(`pip did not bring the OpenVINO wheel with SHA-256 ${wheel.sha256}`)
    const kept = path.join(folder, path.basename(downloaded))
    await rename(downloaded, kept)
    return kept
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

async function findIntactWheel(folder, sha256) {
  const names = existsSync(folder) ? await readdir(folder) : []
  for (const name of names.filter((entry) => entry.endsWith('.whl'))) {
    const file = path.join(folder, name)
    if ((await hashFile(file)) === sha256) return file
    await rm(file) // A half-written or damaged file would only be in the way of the next download.
  }
  return undefined
}

async function unpack(wheel) {
  const incoming = `${openvinoFolder}.incoming-${process.pid}`
  const outgoing = `${openvinoFolder}.outgoing-${process.pid}`
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  try {
    await runCommand(python, ['-m', 'zipfile', '-e', wheel, incoming])
    // Two renames: whoever is stopped in between finds no folder, never half of one.
    if (existsSync(openvinoFolder)) await rename(openvinoFolder, outgoing)
    await rename(incoming, openvinoFolder)
  } finally {
    await rm(incoming, { recursive: true, force: true })
    await rm(outgoing, { recursive: true, force: true })
  }
}

/**
 * Makes OpenVINO available for building and returns what the addon's build depends on: the version and where from.
 *
 * @returns {Promise<{ cmakeFolder: string, identity: string }>}
 */
export async function fetchOpenvino(report) {
  if (process.env.OpenVINO_DIR) {
    const cmakeFolder = path.resolve(process.env.OpenVINO_DIR)
    const config = path.join(cmakeFolder, 'OpenVINOConfig.cmake')
    if (!existsSync(config)) {
      throw new Error(`OpenVINO_DIR should be the folder that holds OpenVINOConfig.cmake; ${cmakeFolder} does not.`)
    }
    return { cmakeFolder, identity: `${cmakeFolder} ${await readFile(config, 'utf8')}` }
  }
  const wheel = openvinoWheels[hostPlatform]
  if (!wheel) {
    throw new Error(
      `no OpenVINO wheel is pinned for ${hostPlatform} (pinned: ${Object.keys(openvinoWheels).join(', ')}). ` +
        `Install OpenVINO ${openvinoVersion} from its archive and set OpenVINO_DIR to its runtime/cmake folder.`,
    )
  }
  const cmakeFolder = path.join(openvinoFolder, 'openvino', 'cmake')
  if ((await readStamp('openvino')) !== wheel.sha256 || !existsSync(cmakeFolder)) {
    const file = await downloadWheel(wheel, report)
    report(`unpacking OpenVINO ${openvinoVersion} into ${path.relative(root, openvinoFolder)}`)
    await mkdir(deps, { recursive: true })
    await unpack(file)
    await writeStamp('openvino', wheel.sha256)
  }
  return { cmakeFolder, identity: wheel.sha256 }
}
