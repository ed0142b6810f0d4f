// Lays out what is published, in .deps/stage/: the working tree itself is never published, since its package.json
// points at folders beside it and its addons at libraries in .deps.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openvinoVersion } from '../pins/openvino.mjs'
import { openvinoFolder, openvinoLibraries } from '../setup/fetch-openvino.mjs'
import { deps, hostPlatform, root } from '../setup/paths.mjs'
import { makePrebuild } from './make-prebuilds.mjs'
import { platformContents } from './platform-contents.mjs'

const readManifest = async (folder) => JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
const writeManifest = (folder, manifest) => writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

async function emptyStage(name) {
  const stage = path.join(deps, 'stage', name)
  await rm(stage, { recursive: true, force: true })
  await mkdir(stage, { recursive: true })
  return stage
}

/** Names of the platform packages that can be made on this machine. */
export const platformPackages = Object.keys(platformContents).filter((name) => platformContents[name].platform === hostPlatform)

/**
 * The main package: dist, the TypeScript it came from (for source maps) and kernels.node. It is small and needs no
 * engine, so it lies in the main package and one platform package cannot be mistaken for the other.
 */
export async function stageMainPackage(report) {
  const stage = await emptyStage('enginery')
  const { scripts: _scripts, devDependencies: _devDependencies, optionalDependencies, ...manifest } = await readManifest(root)
  for (const entry of ['dist', 'lib', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    await cp(path.join(root, entry), path.join(stage, entry), {
      recursive: true,
      filter: (source) => !source.endsWith('.tsbuildinfo'),
    })
  }
  for (const file of await makePrebuild('kernels', report)) {
    await cp(file, path.join(stage, 'native', 'kernels', 'prebuilds', hostPlatform, path.basename(file)))
  }
  // In the working tree they are folders beside it; who installs gets them from the registry, at the same version.
  const platforms = Object.keys(optionalDependencies).map((name) => [name, manifest.version])
  await writeManifest(stage, { ...manifest, optionalDependencies: Object.fromEntries(platforms) })
  return stage
}

/** A platform package: its addons, and beside them ($ORIGIN) the libraries they need. */
export async function stagePlatformPackage(name, report) {
  const stage = await emptyStage(name)
  const source = path.join(root, 'packages', name)
  await cp(source, stage, { recursive: true })
  await cp(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'))
  const { version } = await readManifest(root)
  const manifest = await readManifest(source)
  if (manifest.version !== version) {
    throw new Error(`packages/${name}/package.json has version ${manifest.version}, package.json ${version}: they go together`)
  }
  const { platform, addons, libraries } = platformContents[name]
  for (const [folder, addon] of Object.entries(addons)) {
    const prebuilds = path.join(stage, folder, 'prebuilds', platform)
    for (const file of await makePrebuild(addon, report)) await cp(file, path.join(prebuilds, path.basename(file)))
  }
  if (libraries.length === 0) return stage
  for (const library of libraries) {
    await cp(path.join(openvinoLibraries, library), path.join(stage, 'prebuilds', platform, library))
  }
  const licenses = path.join(openvinoFolder, `openvino-${openvinoVersion}.dist-info`, 'licenses')
  await cp(licenses, path.join(stage, 'licenses'), { recursive: true })
  return stage
}
