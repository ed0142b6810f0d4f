import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ResultStore, type ResultsKey, type SampleOutcome } from '../../../lib/evaluation/result-store.js'
import type { TaskResult } from '../../../lib/evaluation/tasks/task.js'

let folder = ''
let next = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-store-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fresh = () => join(folder, `${next++}`, 'deeper', 'm.results.jsonl')
const key: ResultsKey = {
  model: 'a'.repeat(64),
  device: 'CPU',
  precision: 'fp32',
  versions: 'v',
  engine: 'e',
  data: 'd',
  preprocess: 'p',
  task: 't',
}
const text = (id: string, value = 'x'): SampleOutcome => ({
  id,
  nonFinite: 0,
  result: { task: 'text-recognition', text: value, score: 0.5 },
})

async function filled(path: string, outcomes: readonly SampleOutcome[]): Promise<void> {
  const store = await ResultStore.open(path, key)
  for (const outcome of outcomes) store.add(outcome)
  await store.flush()
  await store.close()
}

async function readBack(path: string): Promise<SampleOutcome[]> {
  const store = await ResultStore.open(path, key)
  await store.close()
  return [...store.outcomes.values()]
}

describe('ResultStore', () => {
  const results: TaskResult[] = [
    {
      task: 'classification',
      classes: [
        { category: 3, score: 0.1 + 0.2 },
        { category: 0, score: 1e-45 },
      ],
    },
    { task: 'detection', detections: [{ category: 0, score: Math.fround(0.7), box: [-1.5, 0, 1 / 3, 5e-324] }] },
    { task: 'detection', detections: [] },
    { task: 'rotated-detection', detections: [{ category: 1, score: 0.5, polygon: [0, 1, 2, 3, 4, 5, 6, Math.PI] }] },
    { task: 'text-recognition', text: 'two\nlines \u2028 "quoted" \\ 図 😀 \u0000', score: 0 },
    { task: 'text-detection', regions: [{ polygon: [1, 2, 3, 4, 5, 6], score: 0.25 }] },
    {
      task: 'embedding',
      vector: Float32Array.of(0.1, -3e-39, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    },
  ]

  it.each(results.map((result, index) => [result.task, index] as const))(
    'keeps a result of %s as it is (%i)',
    async (_, index) => {
      const path = fresh()
      const outcome = { id: 'größe 1\n.png', nonFinite: index, result: results[index] as TaskResult }
      await filled(path, [outcome])
      expect(await readBack(path)).toEqual([outcome])
    },
  )

  it('goes on with what is there', async () => {
    const path = fresh()
    await filled(path, [text('a'), text('b')])
    await filled(path, [text('c')])
    expect((await readBack(path)).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(5)
  })

  it('drops a last line that was cut off, wherever, and only that', async () => {
    const path = fresh()
    await filled(path, [text('a'), text('b', '図')])
    const whole = await readFile(path)
    const lines = whole.toString('utf8').split('\n')
    const before = Buffer.byteLength(`${lines.slice(0, 2).join('\n')}\n`)
    for (let length = before; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length))
      expect(
        (await readBack(path)).map(({ id }) => id),
        `${length} bytes`,
      ).toEqual(['a'])
      await filled(path, [text('b', '図')])
      expect((await readFile(path)).equals(whole), `${length} bytes`).toBe(true)
    }
  })

  it('begins anew where not even the first line is whole', async () => {
    const path = fresh()
    await filled(path, [])
    const head = await readFile(path)
    for (const length of [0, 1, head.length - 1]) {
      await writeFile(path, head.subarray(0, length))
      await filled(path, [text('a')])
      expect(await readBack(path)).toEqual([text('a')])
    }
  })

  it.each(Object.keys(key) as (keyof ResultsKey)[])('refuses results of another %s and names it', async (name) => {
    const path = fresh()
    await filled(path, [text('a')])
    const before = await readFile(path)
    const other = { ...key, [name]: 'z'.repeat(64) }
    await expect(ResultStore.open(path, other)).rejects.toMatchObject({
      code: 'RESULTS_MISMATCH',
      message: expect.stringContaining(`: ${name} (there ${key[name].slice(0, 40)}, now ${'z'.repeat(40)})`),
    })
    expect((await readFile(path)).equals(before)).toBe(true)
  })

  it('names everything that differs, and what an older file does not say', async () => {
    const path = fresh()
    const { engine: _, ...older } = key
    await filled(path, [])
    await writeFile(path, `${JSON.stringify({ format: 'enginery-results/1', key: { ...older, device: 'GPU' } })}\n`)
    await expect(ResultStore.open(path, key)).rejects.toMatchObject({
      message: expect.stringMatching(/device \(there GPU, now CPU\), engine \(there nothing, now e\)/),
    })
  })

  it.each([
    ['{"format": "enginery-results/2", "key": {}}', 1],
    ['[]', 1],
    ['no JSON', 1],
    ['', 1],
  ])('says that %j is no first line', async (line, number) => {
    const path = fresh()
    await filled(path, [])
    await writeFile(path, `${line}\n`)
    const message = expect.stringContaining(`${path}:${number}: `)
    await expect(ResultStore.open(path, key)).rejects.toMatchObject({ code: 'RESULTS_INVALID', message })
  })

  it.each([
    '{}',
    '{"id": 1}',
    '{"id": "a", "nonFinite": -1, "result": {"task": "x"}}',
    '{"id": "a", "nonFinite": 0, "result": {}}',
    'x',
    '',
  ])('says in which line %j is no outcome', async (line) => {
    const path = fresh()
    await filled(path, [text('a')])
    await appendFile(path, `${line}\n${JSON.stringify(text('b'))}\n`)
    const message = expect.stringContaining(`${path}:3: `)
    await expect(ResultStore.open(path, key)).rejects.toMatchObject({ code: 'RESULTS_INVALID', message })
  })

  it('tells of a path that cannot be written', async () => {
    const path = fresh()
    await filled(path, [])
    await expect(ResultStore.open(join(path, 'below', 'x'), key)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    await expect(ResultStore.open(join(path, '..'), key)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })

  it('keeps lines whole however fast they come, in their order', async () => {
    const path = fresh()
    const outcomes = Array.from({ length: 300 }, (_, i) => text(String(i), 'x'.repeat(i * 7)))
    await filled(path, outcomes)
    expect(await readBack(path)).toEqual(outcomes)
  })

  it('reads lines that lie across the chunks that a file is read in', async () => {
    const path = fresh()
    const outcomes = Array.from({ length: 40 }, (_, i) => text(String(i), '図é'.repeat(i * 2500 + 7)))
    await filled(path, outcomes)
    await appendFile(path, '{"id": "cut o')
    expect(await readBack(path)).toEqual(outcomes)
    await filled(path, [text('last')])
    expect(await readBack(path)).toEqual([...outcomes, text('last')])
  })

  it('after a failure to write takes nothing more', async () => {
    const path = fresh()
    const store = await ResultStore.open(path, key)
    await store.close()
    // The file is closed: writing to it fails.
    store.add(text('a'))
    await expect(store.flush()).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    expect(() => store.add(text('b'))).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITTEN' }))
    expect(await readBack(path)).toEqual([])
  })

  it('in memory takes anything and writes nothing', async () => {
    const store = ResultStore.inMemory()
    const outcome: SampleOutcome = { id: 'a', nonFinite: 0, result: { task: 'custom', value: () => 1 } }
    store.add(outcome)
    await store.flush()
    await store.close()
    expect(store.outcomes.get('a')).toBe(outcome)
  })
})
