import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import { inferShapes } from '../../lib/graph/shapes/infer-shapes.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import { convertToHalf } from '../../lib/quantization/half-precision/convert-to-half.js'
import type { HalfType } from '../../lib/quantization/half-precision/half-operators.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import caseList from '../reference/cases.json' with { type: 'json' }
import { type InputRecipe, makeInput } from '../reference/make-input.js'

const cases = new Map<string, InputRecipe>()
for (const { model, input, selectedBy } of caseList as unknown as readonly {
  model: string
  input: InputRecipe
  selectedBy?: string
}[]) {
  // Where rows are selected by scores that are all but equal, their order is open.
  if (model.endsWith('.onnx') && selectedBy === undefined && !cases.has(model)) cases.set(model, input)
}

async function run(source: string | Uint8Array, recipe: InputRecipe): Promise<InferenceResult> {
  const { data, shape } = await makeInput(recipe)
  const engine = await buildEngine({ model: source, shapes: { [recipe.name]: shape }, precision: 'fp32' })
  const results = await engine.infer({ [recipe.name]: Tensor.from(data, shape) })
  await engine.close()
  return results
}

/** Error over signal, in decibels below it. */
function noiseOf(expected: InferenceResult, found: InferenceResult): number {
  let [signal, error] = [0, 0]
  for (const [name, tensor] of Object.entries(expected)) {
    const [before, after] = [tensor.toFloat32(), (found[name] as Tensor).toFloat32()]
    for (const [at, value] of before.entries()) {
      signal += value ** 2
      error += (value - (after[at] as number)) ** 2
    }
  }
  return 10 * Math.log10(signal / error)
}

describeWithData('half precision of trained models', () => {
  it.each(
    [...cases].flatMap(([model, input]) =>
      (['f16', 'bf16'] as const).map((type): [string, HalfType, InputRecipe] => [model, type, input]),
    ),
  )('%s in %s', async (model, type, recipe) => {
    const path = join(dataFolder, model)
    const { graph } = foldGraph(raiseOpset(await readGraph(path)).graph)
    const { shape } = await makeInput(recipe)
    const { half, float, casts } = convertToHalf(graph, inferShapes(graph, { inputs: { [recipe.name]: shape } }), { type })
    const expected = await run(path, recipe)
    const found = await run(encodeGraph(graph), recipe)
    const noise = noiseOf(expected, found)
    console.info(`${model} ${type}: ${half.length} nodes, ${float.length} float, ${casts} casts, ${noise.toFixed(1)} dB`)
    expect(Object.keys(found)).toEqual(Object.keys(expected))
    expect(Object.values(found).map((tensor) => tensor.type)).toEqual(Object.values(expected).map((tensor) => tensor.type))
    expect(noise).toBeGreaterThan(type === 'f16' ? 40 : 20)
    if (type === 'f16') expect(half.length).toBeGreaterThan(float.length)
  })
})
