import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EvaluatedModel, type EvaluateOptions, type Evaluation, evaluate } from '../../lib/index.js'
import { SeededRandom } from '../fuzz/seeded-random.js'
import { convolutionModel, unaryModel } from '../models/encode-onnx.js'
import { colorModel } from '../models/picture-models.js'

const program = fileURLToPath(new URL('programs/evaluate-with-results.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'enginery-resume-'))
const at = (...path: string[]) => join(folder, ...path)
const count = 60
const size = 32

const options = {
  models: [at('slow.onnx')],
  data: { format: 'label-file', images: at('pictures'), annotations: at('labels.json'), classes: ['a', 'b', 'c'] },
  preprocess: {},
  task: { decoder: 'embedding' },
  metrics: [{ name: 'spearman', pairs: pairsOf(count) }],
  bootstrap: { resamples: 200 },
  perSample: true,
} satisfies EvaluateOptions

/** Each picture with the next, and a number that they are to correlate with. */
function pairsOf(length: number) {
  return Array.from({ length: length - 1 }, (_, i) => ({ first: nameOf(i), second: nameOf(i + 1), target: (i * 7) % 31 }))
}

function nameOf(index: number): string {
  return `${String(index).padStart(2, '0')}.png`
}

let whole: Evaluation

beforeAll(async () => {
  const random = new SeededRandom('resume')
  mkdirSync(at('pictures'))
  for (let i = 0; i < count; i++) {
    await sharp(random.bytes(24 * 24 * 3), { raw: { width: 24, height: 24, channels: 3 } })
      .png()
      .toFile(at('pictures', nameOf(i)))
  }
  writeFileSync(
    at('labels.json'),
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [nameOf(i), i % 3]))),
  )
  // Slow enough that there is a middle to be stopped in.
  writeFileSync(at('slow.onnx'), convolutionModel({ layers: 24, channels: 3, size }))
  writeFileSync(at('colors.onnx'), colorModel(size))
  whole = await evaluate(options)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ofModel = ({ models }: Evaluation) => {
  const [{ metrics, results, samples, nonFiniteSamples }] = models as [EvaluatedModel]
  return { metrics, results, samples, nonFiniteSamples }
}
const resumed = ({ models }: Evaluation) => models[0]?.resumed as number
const fileIn = (results: string, model = 'slow.onnx') => join(results, `${model}.results.jsonl`)
const linesIn = (results: string) =>
  existsSync(fileIn(results)) ? readFileSync(fileIn(results), 'utf8').split('\n').length - 1 : 0

describe('an evaluation that was stopped', () => {
  it.each([1, 30])('by its signal after %i samples goes on, with the same results and scores', async (stopAfter) => {
    const results = at(`aborted-${stopAfter}`)
    const controller = new AbortController()
    const onProgress: EvaluateOptions['onProgress'] = ({ done }) => done === stopAfter && controller.abort()
    const stopped = evaluate({ ...options, results, signal: controller.signal, onProgress })
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' })
    const again = await evaluate({ ...options, results })
    expect(resumed(again)).toBeGreaterThanOrEqual(stopAfter)
    expect(resumed(again)).toBeLessThanOrEqual(count)
    expect(ofModel(again)).toEqual(ofModel(whole))
    // Nothing is left to be inferred.
    const third = await evaluate({ ...options, results })
    expect(resumed(third)).toBe(count)
    expect(ofModel(third)).toEqual(ofModel(whole))
  })

  it('by SIGKILL at any moment goes on, with the same results and scores', async () => {
    const held: number[] = []
    for (const lines of [0, 1, 12, 40]) {
      const results = at(`killed-${lines}`)
      const child = spawn(process.execPath, [program, JSON.stringify({ ...options, results })], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      // Without a single line: at the moment that the file is there.
      while (child.exitCode === null && (lines === 0 ? !existsSync(fileIn(results)) : linesIn(results) < lines)) await wait(1)
      child.kill('SIGKILL')
      await ended
      const again = await evaluate({ ...options, results })
      held.push(resumed(again))
      expect(ofModel(again), `killed after ${lines} lines`).toEqual(ofModel(whole))
      expect(linesIn(results)).toBe(count + 1)
    }
    // At least one was really killed on its way.
    expect(held.filter((each) => each > 0 && each < count).length).toBeGreaterThanOrEqual(2)
  })

  it('in the midst of writing a line loses that line only', async () => {
    const results = at('cut')
    await evaluate({ ...options, results })
    const text = readFileSync(fileIn(results))
    const twenty = text.toString('utf8').split('\n').slice(0, 21).join('\n').length + 1
    for (const more of [1, 40, 300]) {
      writeFileSync(fileIn(results), text.subarray(0, twenty + more))
      const again = await evaluate({ ...options, results })
      expect(resumed(again)).toBe(20)
      expect(ofModel(again)).toEqual(ofModel(whole))
      expect(linesIn(results)).toBe(count + 1)
    }
  })

  it('in one model of two goes on with what each of them lacks', async () => {
    const results = at('two')
    const models = [at('slow.onnx'), at('colors.onnx')]
    const both = await evaluate({ ...options, models, results })
    const lines = readFileSync(fileIn(results), 'utf8').split('\n')
    writeFileSync(fileIn(results), `${lines.slice(0, 11).join('\n')}\n`)
    const again = await evaluate({ ...options, models, results })
    expect(again.models.map(({ resumed }) => resumed)).toEqual([10, count])
    // What the second had is not inferred once more.
    expect(readFileSync(fileIn(results, 'colors.onnx'), 'utf8').split('\n')).toHaveLength(count + 2)
    const comparable = ({ models }: Evaluation) => models.map(({ resumed: _, ...rest }) => rest)
    expect(comparable(again)).toEqual(comparable(both))
    expect(ofModel(again)).toEqual(ofModel(whole))
  })

  it('keeps pictures that are broken out of the file, and reads them again', async () => {
    const results = at('repaired')
    cpSync(at('pictures'), at('some-broken'), { recursive: true })
    const path = at('some-broken', nameOf(5))
    const bytes = readFileSync(path)
    const data = { ...options.data, images: at('some-broken') }
    // Of the same length: the digest of the data knows sizes, not contents.
    writeFileSync(path, Buffer.alloc(bytes.length))
    const without = await evaluate({ ...options, data, results })
    expect(without.data.broken.map(({ id }) => id)).toEqual([nameOf(5)])
    writeFileSync(path, bytes)
    const again = await evaluate({ ...options, data, results })
    expect([resumed(again), again.data.broken]).toEqual([count - 1, []])
    expect(ofModel(again)).toEqual(ofModel(whole))
  })
})

describe('results of something else', () => {
  const fewer = { count: 20, seed: 3 }
  const changes: [what: string, change: Partial<EvaluateOptions>][] = [
    ['data', { subset: fewer }],
    ['preprocess', { preprocess: { color: 'BGR' } }],
    ['task', { task: { decoder: 'embedding', normalize: false } }],
    ['engine', { engine: { properties: { INFERENCE_NUM_THREADS: 1 } } }],
    ['engine', { engine: { shapes: { x: [1, 3, size, size] } } }],
    ['model', { models: [at('other', 'slow.onnx')] }],
  ]

  beforeAll(async () => {
    mkdirSync(at('other'))
    writeFileSync(at('other', 'slow.onnx'), unaryModel('Relu', [1, 3, size, size]))
    await evaluate({ ...options, results: at('results') })
  })

  it.each(changes)('%s: refused, and the file is as it was', async (what, change) => {
    const before = readFileSync(fileIn(at('results')))
    await expect(evaluate({ ...options, ...change, results: at('results') })).rejects.toMatchObject({
      code: 'RESULTS_MISMATCH',
      message: expect.stringMatching(
        new RegExp(`slow\\.onnx\\.results\\.jsonl holds results of something else: ${what} \\(there [^,]+, now [^,]+\\)`),
      ),
    })
    expect(readFileSync(fileIn(at('results'))).equals(before)).toBe(true)
  })

  it('but metrics, intervals and the reading ahead may change', async () => {
    const metrics = [{ name: 'spearman' as const, pairs: pairsOf(20) }]
    const again = await evaluate({ ...options, results: at('results'), metrics, bootstrap: false, ahead: 0 })
    expect(resumed(again)).toBe(count)
  })

  it('that are no results at all are told of by line', async () => {
    const results = at('edited')
    cpSync(at('results'), results, { recursive: true })
    const text = readFileSync(fileIn(results), 'utf8')
    const lines = text.split('\n')
    writeFileSync(fileIn(results), [...lines.slice(0, 3), '{"id": 7}', ...lines.slice(4)].join('\n'))
    await expect(evaluate({ ...options, results })).rejects.toMatchObject({
      code: 'RESULTS_INVALID',
      message: expect.stringContaining('slow.onnx.results.jsonl:4'),
    })
    writeFileSync(fileIn(results), 'something\n')
    await expect(evaluate({ ...options, results })).rejects.toMatchObject({ code: 'RESULTS_INVALID' })
    appendFileSync(fileIn(results), text)
    await expect(evaluate({ ...options, results })).rejects.toMatchObject({ code: 'RESULTS_INVALID' })
  })
})

describe('a folder for results that cannot be written', () => {
  it('is told of before the first picture', async () => {
    writeFileSync(at('a file'), '')
    for (const results of [at('a file'), at('a file', 'below')]) {
      await expect(evaluate({ ...options, results })).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    }
    mkdirSync(fileIn(at('taken')), { recursive: true })
    await expect(evaluate({ ...options, results: at('taken') })).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })

  it('and one that is full ends the evaluation there; with room it goes on', async () => {
    const results = at('full')
    // In units of 512 or 1024 bytes: room for some lines. Each has 3,072 numbers.
    const under = ['-c', 'ulimit -f 600; exec "$@"', 'bash', process.execPath, program, JSON.stringify({ ...options, results })]
    const child = spawn('bash', under, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (text: Buffer) => {
      said += text
    })
    expect(await once(child, 'close')).toEqual([0, null])
    expect(said).toMatch(/^FILE_NOT_WRITTEN .*(larger than allowed|too large)/)
    const held = linesIn(results) - 1
    expect(held).toBeLessThan(count / 2)
    const again = await evaluate({ ...options, results })
    expect(resumed(again)).toBe(held)
    expect(ofModel(again)).toEqual(ofModel(whole))
    expect(readdirSync(results)).toEqual(['slow.onnx.results.jsonl'])
  })
})
