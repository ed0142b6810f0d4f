import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OpenedTensorRt } from '../../../../lib/engine/tensorrt/open-library.js'
import { openPlugins, pluginFailure } from '../../../../lib/engine/tensorrt/plugin-libraries.js'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'enginery-plugin-paths-')))
  for (const name of ['a.so', 'b.so', 'self.so']) await writeFile(join(folder, name), name)
  await symlink(join(folder, 'a.so'), join(folder, 'link.so'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)

/** A stand-in for an addon: libraries called self.so register themselves. */
function libraryOf(line: 'v10' | 'rtx' = 'v10') {
  const opened: string[] = []
  const openPlugins = async (path: string) => {
    opened.push(path)
    return path.endsWith('self.so') ? 'registered' : 'creators'
  }
  return { opened, library: { line, title: 'TensorRT 10.15', addon: { openPlugins } } as unknown as OpenedTensorRt }
}

it('each file is opened once; those that registered themselves and those for plans are not loaded again', async () => {
  const { opened, library } = libraryOf()
  const plugins = [at('a.so'), at('link.so'), at('self.so'), at('b.so')]
  const found = await openPlugins({ plugins, pluginsToSerialize: [at('b.so')], builder: { versionCompatible: true } }, library)
  expect(opened).toEqual([at('a.so'), at('self.so'), at('b.so')])
  expect(found).toMatchObject({ load: [at('a.so'), at('b.so')], serialize: [at('b.so')], apart: [at('a.so')] })
})

it('a plan is of what is in the libraries, wherever they lie', async () => {
  const identify = async (name: string) => (await openPlugins({ plugins: [at(name)] }, libraryOf().library)).identity
  const before = await identify('a.so')
  expect(before.plugins).toEqual([{ name: 'a.so', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  expect(await identify('link.so')).toEqual(before)
  await writeFile(at('a.so'), 'compiled anew')
  expect(await identify('a.so')).not.toEqual(before)
  expect((await openPlugins({}, libraryOf().library)).identity).toEqual({})
})

it('nothing is opened where networks take no plugins, or where a file is missing', async () => {
  for (const [line, plugins, code] of [
    ['rtx', [at('a.so')], 'TENSORRT_OPTION_UNSUPPORTED'],
    ['v10', [at('a.so'), at('none.so')], 'TENSORRT_PLUGIN_LIBRARY_FAILED'],
  ] as const) {
    const { opened, library } = libraryOf(line)
    await expect(openPlugins({ plugins: [...plugins] }, library)).rejects.toMatchObject({ code })
    expect(opened).toEqual([])
  }
})

it('what a registry said is told of the library that it said it of', () => {
  const error = pluginFailure(new Error('/b.so: is there already'), ['/a.so', '/b.so'], libraryOf().library)
  expect(error.message).toBe('The library of plugins /b.so cannot be used: is there already')
})
