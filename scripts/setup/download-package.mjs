// One file of a package registry, brought by that registry's own client, so that its mirrors, proxies and certificates
// apply. What arrives is compared with the pinned hash by whoever asked.
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { python } from './paths.mjs'
import { runCommand } from './run-command.mjs'

/** What must be installed for each client. */
export const clientPrograms = {
  pip: { command: [python, '-m', 'pip', '--version'], cure: 'apt-get install python3-pip' },
  maven: { command: ['mvn', '--version'], cure: 'apt-get install maven' },
  cargo: { command: ['cargo', '--version'], cure: 'apt-get install cargo' },
}

/**
 * Resolves with the path of the downloaded file.
 *
 * @param {{ client: 'cargo' | 'pip' | 'maven', name: string, version: string }} from
 * @param {{ into: string, sha256: string }} where an empty folder, and the hash for clients that check it themselves
 */
export async function downloadPackage(from, { into, sha256 }) {
  await mkdir(into, { recursive: true })
  if (from.client === 'pip') return await downloadWithPip(from, into, sha256)
  if (from.client === 'maven') return await downloadWithMaven(from, into)
  return await downloadWithCargo(from, into)
}

async function downloadWithPip({ name, version }, into, sha256) {
  const requirements = path.join(into, 'requirements.txt')
  await writeFile(requirements, `${name}==${version} --hash=sha256:${sha256}\n`)
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '--no-deps']
  await runCommand(python, [...args, '--require-hashes', '-r', requirements, '-d', into])
  return await soleFile(into, '.whl')
}

// With its local repository inside `into`: half a gigabyte should not be kept twice.
async function downloadWithMaven({ name, version }, into) {
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
  const args = ['-q', '-B', plugin, `-Dartifact=${name}:${version}`, `-DoutputDirectory=${into}`]
  await runCommand('mvn', [...args, `-Dmaven.repo.local=${path.join(into, 'repository')}`])
  return await soleFile(into, '.jar')
}

// `cargo fetch` for a throw-away package that depends on the crate. The crate's own dependencies are replaced by empty
// ones: only its files are wanted, and nothing of it is ever compiled or run.
async function downloadWithCargo({ name, version }, into) {
  const exact = version.replace(/\+.*/, '')
  const stubs = [
    'autocxx:0.30.0',
    'autocxx-build:0.30.0',
    'bindgen:0.72.0',
    'bitflags:2.13.1',
    'cc:1.0.0',
    'cxx:1.0.0',
    'regex:1.0.0',
  ]
  const patches = []
  for (const stub of stubs) {
    const [crate, stubVersion] = stub.split(':')
    await writeCrate(path.join(into, crate), crate, stubVersion)
    patches.push(`${crate} = { path = "${crate}" }`)
  }
  const lines = ['[dependencies]', `${name} = "=${exact}"`, '[patch.crates-io]', ...patches]
  await writeCrate(into, 'only-its-files', '0.0.0', lines)
  await runCommand('cargo', ['fetch', '--quiet'], { cwd: into })
  const registry = path.join(process.env.CARGO_HOME || path.join(homedir(), '.cargo'), 'registry', 'cache')
  for (const source of await readdir(registry)) {
    const file = path.join(registry, source, `${name}-${version}.crate`)
    if (existsSync(file)) return file
  }
  throw new Error(`cargo did not bring ${name} ${version} into ${registry}`)
}

async function writeCrate(folder, name, version, lines = []) {
  await mkdir(folder, { recursive: true })
  const manifest = [
    '[package]',
    `name = "${name}"`,
    `version = "${version}"`,
    'edition = "2021"',
    '[lib]',
    'path = "lib.rs"',
    ...lines,
  ]
  await writeFile(path.join(folder, 'Cargo.toml'), `${manifest.join('\n')}\n`)
  await writeFile(path.join(folder, 'lib.rs'), '')
}

async function soleFile(folder, extension) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension))
  if (names.length !== 1) throw new Error(`expected one file *${extension} in ${folder}, found ${names.length}`)
  return path.join(folder, names[0])
}
