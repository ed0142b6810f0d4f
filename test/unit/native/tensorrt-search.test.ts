import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTensorRt, lineOf, listLibraryFolders } from '../../../lib/native/tensorrt-search.js'

describe.runIf(process.platform === 'linux')('findTensorRt', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'enginery-search-'))
    const place = async (folder: string, ...names: string[]) => {
      await mkdir(join(root, folder), { recursive: true })
      for (const name of names) await writeFile(join(root, folder, name), name)
    }
    await place(
      'sdk/lib',
      'libnvinfer.so.11.4.0',
      'libnvonnxparser.so.11',
      'libnvinfer_plugin.so.11',
      'libnvinfer_builder_resource_sm89.so.11.4.0',
    )
    await symlink('libnvinfer.so.11.4.0', join(root, 'sdk/lib/libnvinfer.so.11'))
    await symlink('libnvinfer.so.11', join(root, 'sdk/lib/libnvinfer.so'))
    await place('venv/lib/python3.12/site-packages/tensorrt_rtx_libs', 'libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1')
    await place('old', 'libnvinfer.so.8', 'libnvinfer_lean.so.8')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  const search = (folders: string[]) => findTensorRt(folders.map((folder) => ({ place: 'test', folder: join(root, folder) })))

  it('finds a library once, however many names it has, with parser and plugins of its major', () => {
    const found = search(['sdk/lib', 'sdk/lib'])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      product: 'tensorrt',
      kind: 'full',
      major: 11,
      parser: join(root, 'sdk/lib/libnvonnxparser.so.11'),
      plugins: join(root, 'sdk/lib/libnvinfer_plugin.so.11'),
    })
    expect(lineOf(found[0] as never)).toBe('v11')
  })

  it("finds Python's packages and the SDK through the environment, the SDK first", () => {
    const folders = listLibraryFolders({ TENSORRT_ROOT: join(root, 'sdk'), VIRTUAL_ENV: join(root, 'venv') })
    const found = findTensorRt(folders).filter(({ core }) => core.startsWith(root))
    expect(found.map(({ product, place }) => [product, place])).toEqual([
      ['tensorrt', 'TENSORRT_ROOT'],
      ['tensorrt-rtx', "Python's packages"],
    ])
    expect(lineOf(found[1] as never)).toBe('rtx')
  })

  it('lists versions that there is no addon for, and says so', () => {
    const found = search(['old'])
    expect(found.map(({ kind, major }) => [kind, major]).sort()).toEqual([
      ['full', 8],
      ['lean', 8],
    ])
    expect(found.map(lineOf)).toEqual([null, null])
  })

  it('a folder that is not there holds nothing', () => {
    expect(search(['nowhere'])).toEqual([])
  })
})
