import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import { openvino } from '../../lib/api/engines/openvino.js'
import type { Port } from '../../lib/engine/backend.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import type { Engine } from '../../lib/inference/engine.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import caseList from './cases.json' with { type: 'json' }
import { matchRows, relativeDifference, type StoredOutput } from './compare-outputs.js'
import { type InputRecipe, makeInput, type PreparedInput } from './make-input.js'
import references from './model-outputs.json' with { type: 'json' }

interface ReferenceCase {
  readonly name: string
  readonly model: string
  readonly input: InputRecipe
  /** 'input': those of the input, given to buildEngine. Absent: what the model says, an open batch being 1. */
  readonly shapes?: 'input' | 'dynamic'
  /** The tensor by which a TopK inside selects the rows of the outputs. */
  readonly selectedBy?: string
  /** Of the largest magnitude of an output; 1e-3 unless a case says otherwise, and why. */
  readonly tolerance?: number
}

interface Reference {
  readonly runtime: string
  readonly inputSha256: string
  readonly outputs: Readonly<Record<string, StoredOutput>>
}

const cases = caseList as unknown as readonly ReferenceCase[]
const stored = references as unknown as Readonly<Record<string, Reference>>

// Names beyond the first are not kept: OpenVINO exports only some of what it calls a tensor inside.
const describePort = ({ name, type, shape }: Port) => ({ name, type, shape })

// Refreshed by: npm run update:references
describeWithData('outputs of trained models', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-reference-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  describe.each(cases)('$name', ({ name, model, input: recipe, shapes, selectedBy, tolerance = 1e-3 }) => {
    const path = join(dataFolder, model)
    const reference = stored[name] as Reference
    const outputs = Object.fromEntries(Object.entries(reference.outputs).filter(([output]) => output !== selectedBy))
    let prepared: PreparedInput
    let input: Tensor
    let engine: Engine
    let options: { shapes?: 'dynamic' | Record<string, number[]> }
    let first: InferenceResult

    beforeAll(async () => {
      prepared = await makeInput(recipe)
      input = Tensor.from(prepared.data, prepared.shape)
      options = shapes === undefined ? {} : { shapes: shapes === 'dynamic' ? shapes : { [recipe.name]: prepared.shape } }
      engine = await buildEngine({ model: path, ...options })
      first = await engine.infer(input)
    })
    afterAll(() => engine.close())

    function expectReference(results: InferenceResult) {
      expect(Object.keys(results)).toEqual(Object.keys(outputs))
      for (const [output, { shape }] of Object.entries(outputs)) expect(results[output]?.shape, output).toEqual(shape)
      if (selectedBy) {
        const { matched, rows } = matchRows(outputs, results, tolerance)
        expect(matched, `of ${rows} rows`).toBe(rows)
        return
      }
      for (const [output, expected] of Object.entries(outputs)) {
        const result = results[output] as Tensor
        expect(relativeDifference(expected, result), output).toBeLessThanOrEqual(tolerance)
      }
    }

    function expectSameBits(results: InferenceResult, expected: InferenceResult) {
      for (const output of Object.keys(outputs)) expect(results[output]?.data, output).toEqual(expected[output]?.data)
    }

    it('takes the input that the reference was made with', () => {
      const { buffer, byteOffset, byteLength } = prepared.data
      const digest = createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength))
      expect(digest.digest('hex')).toBe(reference.inputSha256)
      expect(engine.inputs.map((port) => port.name)).toEqual([recipe.name])
    })

    it(`agrees with ${reference.runtime}`, () => expectReference(first))

    it('gives the same bits through inferSync, native memory and outputs of the caller', async () => {
      expectSameBits(engine.inferSync(input), first)
      const native = Tensor.copyOf(input)
      expectSameBits(await engine.infer(native), first)
      const own = Object.fromEntries(
        Object.entries(first).map(([output, { type, shape }]) => [output, Tensor.allocate(type, shape)]),
      )
      if (shapes !== 'dynamic') expectSameBits(await engine.infer(native, { outputs: own }), first)
      native.release()
    })

    it('gives the same bits when saved and loaded', async () => {
      const saved = join(folder, 'saved.blob')
      await engine.save(saved)
      const loaded = await loadEngine(saved)
      expect(loaded.inputs.map(describePort)).toEqual(engine.inputs.map(describePort))
      expect(loaded.outputs.map(describePort)).toEqual(engine.outputs.map(describePort))
      const { notes } = await loaded.describe()
      expect(notes.some((note) => note.includes('stays dynamic'))).toBe(shapes === 'dynamic')
      expectSameBits(await loaded.infer(input), first)
      await loaded.close()
    })

    it('gives the same bits when built from bytes', async () => {
      const fromBytes = await buildEngine({ model: await readFile(path), ...options })
      expectSameBits(await fromBytes.infer(input), first)
      await fromBytes.close()
    })

    it('agrees in throughput mode, with all requests busy', async () => {
      const busy = await buildEngine({ model: path, ...options, hints: { performance: 'throughput', requests: 2 } })
      expect(busy.requests).toBe(2)
      let count = 0
      for await (const results of busy.inferMany([input, input, input, input, input])) {
        expectReference(results)
        count++
      }
      expect(count).toBe(5)
      await busy.close()
    })

    if (!selectedBy) return
    it('selects rows by the same scores', async () => {
      const opened = await openvino.readModel(path)
      opened.addOutput(selectedBy)
      const selecting = await buildEngine({ model: opened, ...options })
      opened.close()
      const results = await selecting.infer(input)
      const scores = reference.outputs[selectedBy] as StoredOutput
      expect(relativeDifference(scores, results[selectedBy] as Tensor)).toBeLessThanOrEqual(tolerance)
      await selecting.close()
    })
  })
})
