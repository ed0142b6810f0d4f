import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { deps } from '../setup/paths.mjs'
import { runCommand } from '../setup/run-command.mjs'
import { platformContents } from './platform-contents.mjs'
import { platformPackages, stageMainPackage, stagePlatformPackage } from './stage-packages.mjs'

/** Where the packed packages lie. */
export const tarballs = path.join(deps, 'tarballs')

async function pack(stage) {
  const output = await runCommand('npm', ['pack', '--json', '--pack-destination', tarballs], { cwd: stage })
  const [{ filename, size, unpackedSize }] = JSON.parse(output)
  return { tarball: path.join(tarballs, filename), size, unpackedSize }
}

/**
 * Packs the main package and the platform packages of this machine, and holds them to their sizes.
 *
 * @returns {Promise<Record<string, { tarball: string, size: number, unpackedSize: number }>>} by name of the folder
 */
export async function packPackages(report) {
  await rm(tarballs, { recursive: true, force: true })
  await mkdir(tarballs, { recursive: true })
  const packed = { enginery: await pack(await stageMainPackage(report)) }
  for (const name of platformPackages) packed[name] = await pack(await stagePlatformPackage(name, report))
  for (const [name, { size, unpackedSize }] of Object.entries(packed)) {
    report(`${name}: ${megabytes(size)} packed, ${megabytes(unpackedSize)} unpacked`)
    const { maximumUnpacked } = platformContents[name] ?? {}
    if (maximumUnpacked !== undefined && unpackedSize > maximumUnpacked) {
      throw new Error(`${name} takes ${unpackedSize} bytes unpacked, at most ${maximumUnpacked} are promised`)
    }
  }
  return packed
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB (${bytes} bytes)`
