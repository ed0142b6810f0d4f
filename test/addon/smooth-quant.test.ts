import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import { collectStatistics } from '../../lib/calibration/collect-statistics.js'
import { rangeEstimatorSchema } from '../../lib/calibration/range-estimator-options.js'
import { Constant } from '../../lib/graph/constant.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import type { GraphTensor } from '../../lib/graph/graph-tensor.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import { inferShapes } from '../../lib/graph/shapes/infer-shapes.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import { SmoothQuant } from '../../lib/quantization/algorithms/smooth-quant.js'
import { placeQuantizers } from '../../lib/quantization/placement/place-quantizers.js'
import type { Placement } from '../../lib/quantization/quantizer.js'
import { targets } from '../../lib/quantization/targets/targets.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import caseList from '../reference/cases.json' with { type: 'json' }
import { compareAll } from '../reference/compare-outputs.js'
import { type InputRecipe, makeInput } from '../reference/make-input.js'

/** Of the largest magnitude of an output: what dividing here and multiplying there may cost in float32. */
const tolerance = 1e-4
const estimator = rangeEstimatorSchema.parse('mean-minmax')

const cases = new Map<string, InputRecipe>()
for (const { model, input, selectedBy } of caseList as unknown as readonly {
  model: string
  input: InputRecipe
  selectedBy?: string
}[]) {
  // Where rows are selected by scores that are all but equal, their order is open.
  if (model.endsWith('.onnx') && selectedBy === undefined && !cases.has(model)) cases.set(model, input)
}

/** The products before quantizers, without these. */
function addProducts(graph: Graph, { activations }: Placement, { factors }: SmoothQuant): void {
  for (const { tensor: name, uses } of activations) {
    const divided = factors.get(name)
    if (divided === undefined) continue
    const tensor = graph.tensors.get(name) as GraphTensor
    const inverse = Float32Array.from(divided.factors, (factor) => 1 / factor)
    const shape = [inverse.length, ...new Array<number>(divided.following).fill(1)]
    const moreInputs = [graph.addConstant(`${name}_inverse`, Constant.of('f32', shape, inverse))]
    graph.insertAfter(tensor, { type: 'Mul', name: `${name}_divided`, moreInputs }, uses)
  }
}

describeWithData('smoothing of trained models changes nothing before rounding', () => {
  it.each(
    [...cases].flatMap(([model, input]) =>
      (['tensorrt', 'openvino-cpu'] as const).map((target) => [model, target, input] as const),
    ),
  )('%s for %s', async (model, name, recipe) => {
    const { graph } = foldGraph(raiseOpset(await readGraph(join(dataFolder, model))).graph)
    const { data, shape } = await makeInput(recipe)
    const samples = [{ [recipe.name]: Tensor.from(data, shape) }]
    const run = async (): Promise<InferenceResult> => {
      const engine = await buildEngine({ model: encodeGraph(graph), shapes: { [recipe.name]: shape }, precision: 'fp32' })
      const results = await engine.infer(samples[0] as Record<string, Tensor>)
      await engine.close()
      return results
    }
    const before = await run()
    const shapes = inferShapes(graph, { inputs: { [recipe.name]: shape } })
    const target = targets[name]
    const placement = placeQuantizers(graph, shapes, {
      target,
      isSymmetric: target.activationType === 'i8',
      perChannel: true,
      ignored: new Map(),
    })
    const smoothing = new SmoothQuant(graph, placement, shapes, { target, estimator, alpha: 0.5, convolutions: true })
    const ranges = placement.activations.map(({ tensor }) => ({ tensor, kind: 'range' as const }))
    const points = [...ranges, ...smoothing.statisticPoints()]
    const { statistics } = await collectStatistics({
      graph,
      points,
      samples,
      shapes: { [recipe.name]: [...shape] },
      openModel: openCalibrationModel,
    })
    smoothing.apply(graph, statistics)
    addProducts(graph, placement, smoothing)
    const count = (by: string) => smoothing.smoothed.filter((one) => one.by === by).length
    console.info(
      `${model} ${name}: ${count('producer')} by producers, ${count('product')} by products, ${smoothing.unsmoothed.length} not`,
    )
    expect(smoothing.smoothed.length + smoothing.unsmoothed.length).toBe(placement.activations.length)
    if (name === 'tensorrt') expect(count('product')).toBe(0)
    else expect(smoothing.smoothed.length).toBeGreaterThan(0)
    const after = await run()
    for (const [output, tensor] of Object.entries(before)) {
      const { maxAbs, maxAbsDiff, nonFinite } = compareAll(tensor.toFloat32(), after[output] as Tensor)
      expect(nonFinite).toBe(0)
      expect(maxAbsDiff, `${model} ${output}`).toBeLessThanOrEqual(tolerance * maxAbs)
    }
  })
})
