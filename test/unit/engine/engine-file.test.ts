import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEngineFiles, readManifest, saveEngineFiles, writeFileAtomically } from '../../../lib/engine/engine-file.js'
import { engineryError } from '../../../lib/errors/enginery-error.js'
import { content } from './manifest-content.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-save-'))
  path = join(folder, 'e.blob')
})
afterEach(() => rm(folder, { recursive: true }))

const writing = (bytes: string) => (file: string) => writeFile(file, bytes, { flag: 'wx' })
const contents = async () => {
  const names = (await readdir(folder)).sort()
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])))
}

describe('saveEngineFiles', () => {
  it('writes engine and manifest, which are read back verified', async () => {
    const manifest = await saveEngineFiles(path, writing('engine'), content)
    expect(Object.keys(await contents())).toEqual(['e.blob', 'e.blob.json'])
    expect(manifest.blob.bytes).toBe(6)
    expect(await readEngineFiles(path)).toEqual({ path, manifest })
    expect(await readManifest(path)).toEqual(manifest)
  })

  it('replaces an older engine', async () => {
    await saveEngineFiles(path, writing('old'), content)
    await saveEngineFiles(path, writing('new'), content)
    expect(Object.keys(await contents())).toEqual(['e.blob', 'e.blob.json'])
    expect(await readFile(path, 'utf8')).toBe('new')
    await readEngineFiles(path)
  })

  it.each<[string, (file: string) => Promise<void>, string]>([
    ['the export fails', () => Promise.reject(engineryError('ENGINE_EXPORT_FAILED', { reason: 'no' })), 'ENGINE_EXPORT_FAILED'],
    [
      'the disk is full half way',
      async (file) => {
        await writeFile(file, 'half')
        throw Object.assign(new Error('write'), { code: 'ENOSPC' })
      },
      'FILE_NOT_WRITTEN',
    ],
    ['nothing was written', async () => {}, 'FILE_NOT_WRITTEN'],
  ])('leaves what was there when %s', async (_, writeBlob, code) => {
    await saveEngineFiles(path, writing('old'), content)
    const before = await contents()
    await expect(saveEngineFiles(path, writeBlob, content)).rejects.toMatchObject({ code })
    expect(await contents()).toEqual(before)
  })

  it('leaves the old engine when only the manifest cannot be put in place', async () => {
    await saveEngineFiles(path, writing('old'), content)
    const manifest = await readFile(`${path}.json`, 'utf8')
    // Appears between the check and the rename.
    const sabotage = async (file: string) => {
      await rm(`${path}.json`)
      await mkdir(`${path}.json`)
      await writeFile(join(`${path}.json`, 'x'), '')
      await writeFile(file, 'new')
    }
    await expect(saveEngineFiles(path, sabotage, content)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    await rm(`${path}.json`, { recursive: true })
    await writeFile(`${path}.json`, manifest)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(Object.keys(await contents())).toEqual(['e.blob', 'e.blob.json'])
    await readEngineFiles(path)
  })

  it('leaves nothing where there was nothing', async () => {
    const failing = () => Promise.reject(new Error('no'))
    await expect(saveEngineFiles(path, failing, content)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    expect(await contents()).toEqual({})
  })

  it('names the file that was asked for, not the temporary one', async () => {
    const native = (file: string) =>
      Promise.reject(engineryError('FILE_NOT_WRITTEN', { path: file, reason: `${file}: No space left on device` }))
    const error = await saveEngineFiles(path, native, content).catch((caught: Error) => caught)
    expect(error).toMatchObject({ message: `${path} could not be written: ${path}: No space left on device` })
  })

  it('refuses folders, missing and unwritable places', async () => {
    await mkdir(path)
    const failure = { code: 'FILE_NOT_WRITTEN' }
    await expect(saveEngineFiles(path, writing('x'), content)).rejects.toMatchObject({
      ...failure,
      message: expect.stringContaining('folder of that name'),
    })
    const absent = join(folder, 'absent', 'e.blob')
    await expect(saveEngineFiles(absent, writing('x'), content)).rejects.toMatchObject({
      ...failure,
      message: expect.stringContaining('ENOENT'),
    })
    if (process.getuid?.() !== 0) {
      await chmod(folder, 0o500)
      await expect(saveEngineFiles(join(folder, 'f.blob'), writing('x'), content)).rejects.toMatchObject(failure)
      await chmod(folder, 0o700)
    }
  })

  it.runIf(process.platform === 'linux')('reports a device that is full', async () => {
    await saveEngineFiles(path, writing('old'), content)
    const before = await contents()
    const writeToFullDevice = async (file: string) => {
      await symlink('/dev/full', file)
      await writeFile(file, 'x')
    }
    await expect(saveEngineFiles(path, writeToFullDevice, content)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining('no space is left'),
    })
    expect(await contents()).toEqual(before)
  })
})

describe('readEngineFiles', () => {
  it.each<[string, () => Promise<unknown>, string, string]>([
    ['no engine', () => rm(path), 'ENGINE_NOT_FOUND', 'e.blob'],
    ['no manifest', () => rm(`${path}.json`), 'MANIFEST_MISSING', 'e.blob.json'],
    ['a damaged manifest', () => truncate(`${path}.json`, 20), 'MANIFEST_INVALID', 'no JSON'],
    ['a shorter engine', () => truncate(path, 3), 'ENGINE_CORRUPT', 'it has 3 bytes, its manifest says 6'],
    ['a longer engine', () => appendFile(path, '!'), 'ENGINE_CORRUPT', 'it has 7 bytes'],
    ['a changed byte', () => writeFile(path, 'engime'), 'ENGINE_CORRUPT', 'SHA-256'],
  ])('refuses %s', async (_, damage, code, reason) => {
    await saveEngineFiles(path, writing('engine'), content)
    await damage()
    await expect(readEngineFiles(path)).rejects.toMatchObject({ code, message: expect.stringContaining(reason) })
  })

  it('refuses a folder', async () => {
    await expect(readEngineFiles(folder)).rejects.toMatchObject({ code: 'ENGINE_NOT_FOUND' })
  })
})

describe('writeFileAtomically', () => {
  it('leaves no temporary file behind', async () => {
    await writeFileAtomically(path, 'x')
    await expect(writeFileAtomically(join(folder, 'absent', 'x'), 'x')).rejects.toThrow('ENOENT')
    await mkdir(join(folder, 'taken'))
    await expect(writeFileAtomically(join(folder, 'taken'), 'x')).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['e.blob', 'taken'])
  })
})
