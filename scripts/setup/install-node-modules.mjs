import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { root } from './paths.mjs'
import { retry } from './retry.mjs'
import { runCommand } from './run-command.mjs'

async function readJson(...parts) {
  try {
    return JSON.parse(await readFile(path.join(root, ...parts), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * npm records what it installed in node_modules/.package-lock.json. Comparing that with the lock file tells whether
 * `npm ci` would change anything, also after somebody ran `npm install` by hand. Packages of other platforms are
 * optional and may be absent.
 */
async function isInstalled() {
  const [manifest, wanted, present] = await Promise.all([
    readJson('package.json'),
    readJson('package-lock.json'),
    readJson('node_modules', '.package-lock.json'),
  ])
  if (!manifest || !wanted || !present) return false
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    // A manifest and a lock file that disagree are left to npm, which explains it.
    if (!isDeepStrictEqual(manifest[group] ?? {}, wanted.packages[''][group] ?? {})) return false
  }
  return Object.entries(wanted.packages).every(([location, entry]) => {
    if (location === '') return true
    const found = present.packages[location]
    const { optional, devOptional } = entry.link ? wanted.packages[entry.resolved] : entry
    if (!found) return optional === true || devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Installs exactly what package-lock.json names, unless it is there already. */
export async function installNodeModules(report) {
  if (await isInstalled()) return
  report('installing the npm packages of package-lock.json')
  await retry('npm ci', () => runCommand('npm', ['ci', '--no-fund', '--no-audit'], { cwd: root }), report)
}
