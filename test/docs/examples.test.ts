import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from './read-markdown.js'
import { runProgram } from './run-program.js'

/** What each example must print. */
const expected: Record<string, RegExp[]> = {
  'cancel.mjs': [
    /^build: ABORTED$/m,
    /^inferences: done, done, done, ABORTED, done$/m,
    /^stream: ABORTED/m,
    /^close: true, afterwards ENGINE_CLOSED$/m,
  ],
  'classify-digits.mjs': [
    /ms {2}compile$/m,
    /reads 1, is 1 .*reads 7, is 7$/m,
    /^One at a time: \d+\.\d\d ms/m,
    /^All requests busy: \d+ pictures per second/m,
    /^(399|400|398) of 400 read right\.$/m,
  ],
  'from-commonjs.cjs': [/^reads 1$/m],
  'infer-stream.mjs': [/^(399|400|398) of 400 read right, in order; never more than [1-8] pictures ahead/m],
  'look-inside.mjs': [/^\d+ operations, 7 convolutions$/m, /gives \[1, 96, 4, 4\]$/m, /^ *\d+ µs/m],
  'preprocess-in-engine.mjs': [/^The engine takes u8 \[1, 64, 64, 3\]$/m, /^It reads 1; .*by hand: 0\.00\d$/m],
  'quantize-models.mjs': [
    /^ +\d+\.\d s {2}digits\.onnx: 200 pictures, 7 of 8 Conv, 1 of 1 Gemm$/m,
    /^digits\.onnx +float +0\.99\d\d .* 0 of 9$/m,
    /^ +INT8 +0\.99\d\d +-?0\.00\d\d \[.* 8 of 9$/m,
    /^scenes\.onnx: \d+\.\d\d x as fast; INT8 (pays|does not pay) on this CPU/m,
  ],
  'reuse-memory.mjs': [/^(399|400|398) of 400 read right with one input/m, /^the last inference took \d/m],
  'tensorrt-networks.mjs': [
    /^resnet50: 178 layers, 25557032 parameters, makes prob \[1, 1000\]\n {2}(a plan of 10\d\.\d MB|not built: TENSORRT_)/m,
    /^yolov5n: 305 layers, 1872157 parameters, makes predictions \[1, 25200, 85\]\n {2}(a plan of \d+\.\d MB|not built: TENSORRT_)/m,
  ],
}

describe('examples', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-examples-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('are all run here', async () => {
    const programs = (await readdir(join(repository, 'examples'))).filter((name) => /\.[cm]?js$/.test(name))
    expect(programs.sort()).toEqual(Object.keys(expected).sort())
  })

  it.each(Object.entries(expected))('%s', { timeout: 600_000 }, async (name, patterns) => {
    const { exitCode, output, errors } = await runProgram(process.execPath, [join(repository, 'examples', name)], folder)
    expect({ exitCode, errors }, output).toEqual({ exitCode: 0, errors: '' })
    for (const pattern of patterns) expect(output).toMatch(pattern)
    expect(await readdir(folder), 'files left behind').toEqual([])
  })
})
