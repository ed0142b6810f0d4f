import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { unaryModel } from '../models/encode-onnx.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-changed-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('refuses a model that is written while an engine is built of it, and keeps nothing under its digest', async () => {
  const path = join(folder, 'model.onnx')
  const cache = join(folder, 'cache')
  await writeFile(path, unaryModel('Relu', [1, 4]))
  const build = buildEngine({
    model: path,
    cache,
    onProgress: ({ stage }) => {
      if (stage === 'read') writeFileSync(path, unaryModel('Abs', [1, 4]))
    },
  })
  await expect(build).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
  expect(await readdir(cache)).toEqual([])
  const engine = await buildEngine({ model: path, cache })
  expect((await engine.infer(new Float32Array([-1, 2, -3, 4]))).y?.data).toEqual(new Float32Array([1, 2, 3, 4]))
  await engine.close()
})
