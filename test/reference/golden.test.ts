import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { openvino } from '../../lib/api/engines/openvino.js'
import { dataFolder, describeWithData, hasData } from '../data-folder.js'
import { compareAll, matchRows, relativeDifference, type StoredOutput } from './compare-outputs.js'
import { readGolden } from './make-input.js'
import references from './model-outputs.json' with { type: 'json' }

interface GoldenCase {
  readonly model: string
  readonly input: { readonly name: string; readonly shape: number[]; readonly file: string }
  readonly outputs: readonly { readonly name: string; readonly shape: number[]; readonly file: string }[]
}

const tolerance = 1e-3
const cases: GoldenCase[] = hasData ? JSON.parse(await readFile(join(dataFolder, 'golden', 'golden.json'), 'utf8')).cases : []
// Its rows are selected by a TopK: the inputs of that and the set of rows are compared.
const selecting = 'tiny_detr_digits_96.onnx'

describeWithData('golden outputs', () => {
  it('are those of six models', () => {
    expect(cases.length).toBe(6)
    expect(cases.filter(({ model }) => model === selecting).length).toBe(1)
  })

  it.each(cases.filter(({ model }) => model !== selecting))('$model', async ({ model, input, outputs }) => {
    const engine = await buildEngine({ model: join(dataFolder, 'models', model), shapes: { [input.name]: input.shape } })
    const results = await engine.infer({ [input.name]: await readGolden(input.file) })
    for (const { name, shape, file } of outputs) {
      const result = results[name]
      expect(result?.shape).toEqual(shape)
      const { maxAbs, maxAbsDiff, nonFinite } = compareAll(await readGolden(file), result as never)
      expect(nonFinite).toBe(0)
      expect(maxAbsDiff / maxAbs, `${model} ${name}`).toBeLessThanOrEqual(tolerance)
    }
    await engine.close()
  })

  it(`${selecting}: the inputs of its TopK, and the set of rows`, async () => {
    const { model: file, input, outputs } = cases.find(({ model }) => model === selecting) as GoldenCase
    const selector = '/ReduceMax_output_0'
    const model = await openvino.readModel(join(dataFolder, 'models', file))
    model.addOutput(selector)
    const engine = await buildEngine({ model, shapes: { [input.name]: input.shape } })
    model.close()
    const results = await engine.infer(await readGolden(input.file))
    const stored = references.tiny_detr.outputs[selector]
    expect(relativeDifference(stored, results[selector] as never)).toBeLessThanOrEqual(tolerance)
    const golden: Record<string, StoredOutput> = {}
    for (const { name, shape, file } of outputs) golden[name] = { shape, values: [...(await readGolden(file))] }
    expect(matchRows(golden, results, tolerance)).toEqual({ matched: 16, rows: 16 })
    await engine.close()
  })
})
