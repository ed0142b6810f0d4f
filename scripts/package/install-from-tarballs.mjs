// A folder like that of somebody who just installed the packages, on a machine with Node and nothing else.

import { existsSync, realpathSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runCommand } from '../setup/run-command.mjs'

/** Variables that would let the installed package see the development machine. */
const HIDDEN =
  /^(OpenVINO_DIR|ENGINERY_.*|CC|CXX|CPATH|LD_LIBRARY_PATH|LD_PRELOAD|NODE_OPTIONS|NODE_PATH|INIT_CWD|npm_(package|lifecycle|node|execpath|command).*)$/i

function findNpm() {
  const besideNode = path.join(
    path.dirname(realpathSync(process.execPath)),
    '..',
    'lib',
    'node_modules',
    'npm',
    'bin',
    'npm-cli.js',
  )
  const candidates = [process.env.npm_execpath, besideNode].filter(Boolean)
  const found = candidates.find((candidate) => existsSync(candidate))
  if (!found) throw new Error(`npm-cli.js was not found; run this through npm (tried ${candidates.join(', ')})`)
  return found
}

/** How to run a program without a network, or [] where this system does not let us. */
async function findNetworkCut() {
  for (const prefix of [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ]) {
    const works = await runCommand(prefix[0], [...prefix.slice(1), process.execPath, '-e', '']).then(
      () => true,
      () => false,
    )
    if (works) return prefix
  }
  return []
}

/**
 * Installs tarballs with scripts disabled, with a PATH on which lies nothing but node.
 *
 * @param {string[]} tarballs
 * @param {string[]} flags for `npm install`
 */
export async function installFromTarballs(tarballs, flags = []) {
  const folder = await mkdtemp(path.join(tmpdir(), 'enginery-proof-'))
  const bin = path.join(folder, 'bin')
  const home = path.join(folder, 'project')
  await mkdir(bin)
  await mkdir(home)
  await symlink(process.execPath, path.join(bin, 'node'))
  await writeFile(path.join(home, 'package.json'), JSON.stringify({ name: 'proof', private: true, type: 'commonjs' }))
  const visible = Object.entries(process.env).filter(([name]) => !HIDDEN.test(name))
  const env = { ...Object.fromEntries(visible), PATH: bin }
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...flags, ...tarballs]
  await runCommand(process.execPath, [findNpm(), ...install], { cwd: home, env })
  const cut = await findNetworkCut()
  // The program that cuts the network off is looked up with our own PATH and gives the bare one to what it starts.
  const [wrapper, ...wrapping] = [...cut, ...(cut.length > 0 ? ['/usr/bin/env', `PATH=${bin}`] : [])]
  return {
    folder: home,
    offline: cut.length > 0,
    /** Runs node with these arguments in the folder. */
    runNode: (args) =>
      wrapper
        ? runCommand(wrapper, [...wrapping, process.execPath, ...args], { cwd: home, env: { ...env, PATH: process.env.PATH } })
        : runCommand(process.execPath, args, { cwd: home, env }),
    /** Runs an installed command the way a shell does: through its link and its first line. */
    runInstalled: (name, args) => {
      const command = path.join(home, 'node_modules', '.bin', name)
      return wrapper
        ? runCommand(wrapper, [...wrapping, command, ...args], { cwd: home, env: { ...env, PATH: process.env.PATH } })
        : runCommand(command, args, { cwd: home, env })
    },
    copyIn: (file) => cp(file, path.join(home, path.basename(file))),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
