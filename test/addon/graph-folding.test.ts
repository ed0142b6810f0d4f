import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { countFoldedNodes, foldGraph } from '../../lib/graph/folding/fold-graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import caseList from '../reference/cases.json' with { type: 'json' }
import { compareAll, matchRows } from '../reference/compare-outputs.js'
import { type InputRecipe, makeInput } from '../reference/make-input.js'

/** Of the largest magnitude of an output: what merging constants may cost in float32. */
const tolerance = 1e-4

interface Case {
  readonly model: string
  readonly input: InputRecipe
  readonly selectedBy?: string
}

const rtdetr: Case = {
  model: 'rtdetr/rtdetr_tiny.onnx',
  input: {
    name: 'images',
    from: 'yolox_nano_416.in.f32',
    shape: [3, 416, 416],
    height: 160,
    width: 160,
    channels: 'reversed',
    scale: 255,
  },
  selectedBy: 'a TopK inside',
}
const cases = new Map<string, Case>([[rtdetr.model, rtdetr]])
for (const one of caseList as unknown as readonly Case[]) {
  if (one.model.endsWith('.onnx') && !cases.has(one.model)) cases.set(one.model, one)
}

/** Nodes that must be gone, by pass: of models whose exporter left them there. */
const expectedFolds: Readonly<Record<string, Record<string, Record<string, number>>>> = {
  'models/digits_cnn_bn.onnx': { 'batch-normalization': { BatchNormalization: 8 } },
  'models/ch_PP-OCRv4_det_infer.onnx': { constants: { Constant: 342 }, 'batch-normalization': { BatchNormalization: 3 } },
  'models/ch_PP-OCRv4_rec_infer.onnx': { constants: { Constant: 420 }, 'batch-normalization': { BatchNormalization: 6 } },
  'models/ch_ppocr_mobile_v2.0_cls_infer.onnx': {
    'batch-normalization': { BatchNormalization: 35 },
    identities: { Identity: 1 },
    arithmetic: { Add: 18 },
  },
  'models/squeezenet_fp32.onnx': { identities: { Dropout: 1 } },
  'models/tiny_detr_digits_96.onnx': { constants: { Where: 2, Equal: 2 } },
}

describeWithData('folding of trained models', () => {
  it('sees all of them', () => expect(cases.size).toBe(12))

  it.each([...cases.values()])('$model', async ({ model, input: recipe, selectedBy }) => {
    const path = join(dataFolder, model)
    const raised = raiseOpset(await readGraph(path))
    const folded = foldGraph(raised.graph)
    const counts = countFoldedNodes(folded.steps)
    const nodes = `${raised.graph.nodes.size} -> ${folded.graph.nodes.size} nodes`
    console.info(`${model}: opset ${raised.from} -> ${raised.to}, ${nodes}, folded ${JSON.stringify(counts)}`)
    expect(counts).toMatchObject(expectedFolds[model] ?? {})
    const { data, shape } = await makeInput(recipe)
    const run = async (source: string | Uint8Array): Promise<InferenceResult> => {
      const engine = await buildEngine({ model: source, shapes: { [recipe.name]: shape }, precision: 'fp32' })
      const results = await engine.infer({ [recipe.name]: Tensor.from(data, shape) })
      await engine.close()
      return results
    }
    const before = await run(path)
    const after = await run(encodeGraph(folded.graph))
    expect(Object.keys(after)).toEqual(Object.keys(before))
    if (selectedBy !== undefined) {
      // Between scores that are nearly equal the order of rows is open: sets of rows are compared.
      const rows = Object.entries(before).map(([name, output]) => [
        name,
        { shape: output.shape, values: [...output.toFloat32()] },
      ])
      const { matched, rows: all } = matchRows(Object.fromEntries(rows), after, tolerance)
      expect(matched).toBe(all)
      return
    }
    for (const [name, output] of Object.entries(before)) {
      const { maxAbs, maxAbsDiff, nonFinite } = compareAll(output.toFloat32(), after[name] as Tensor)
      expect(nonFinite).toBe(0)
      console.info(`  ${name}: |difference| at most ${(maxAbsDiff / maxAbs).toExponential(1)} of the largest`)
      expect(maxAbsDiff, `${model} ${name}`).toBeLessThanOrEqual(tolerance * maxAbs)
    }
  })
})
