// Where the scripts put things. One place, so that no script spells a folder by itself.
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '')
export const deps = path.join(root, '.deps')
export const stamps = path.join(deps, 'stamps')

/** The name Node, npm and prebuildify give this machine: `linux-x64`. */
export const hostPlatform = `${process.platform}-${process.arch}`

/** Downloads are kept outside the clone, so that a second clone needs no network. */
export function cacheFolder() {
  if (process.env.ENGINERY_CACHE) return path.resolve(process.env.ENGINERY_CACHE)
  if (process.platform === 'win32' && process.env.LOCALAPPDATA) {
    return path.join(process.env.LOCALAPPDATA, 'enginery', 'cache')
  }
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'enginery')
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'enginery')
}

/** The virtual environments of Python name their programs' folder differently on Windows. */
export function pythonProgram(environment, name) {
  return process.platform === 'win32' ? path.join(environment, 'Scripts', `${name}.exe`) : path.join(environment, 'bin', name)
}

/** `python3`, except on Windows, where the installer names it `python`. */
export const python = process.env.PYTHON || (process.platform === 'win32' ? 'python' : 'python3')
