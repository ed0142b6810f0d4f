import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import { collectStatistics } from '../../lib/calibration/collect-statistics.js'
import { rangeEstimatorSchema } from '../../lib/calibration/range-estimator-options.js'
import type { StatisticPoint } from '../../lib/calibration/statistic-points.js'
import { cloneGraph } from '../../lib/graph/clone-graph.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import { inferShapes } from '../../lib/graph/shapes/infer-shapes.js'
import { quantizeGraph } from '../../lib/quantization/quantize-graph.js'
import { targets } from '../../lib/quantization/targets/targets.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { noise } from '../unit/graph/make-graph.js'

const target = targets['openvino-cpu']
// Narrow on purpose: what is cut off shifts means, which weights know nothing of.
const estimator = rangeEstimatorSchema.parse({ statistic: 'minmax', aggregate: 'min' })

async function quantizeBoth(model: string, name: string, shape: readonly number[]) {
  const { graph } = foldGraph(raiseOpset(await readGraph(join(dataFolder, 'models', model))).graph)
  const samples = Array.from({ length: 12 }, (_, sample) => ({
    [name]: Tensor.from(noise([...shape], `${sample}`, -1 - sample / 4, 1 + sample / 6).values() as Float32Array, shape),
  }))
  const measure = async (measured: Graph, points: readonly StatisticPoint[]) =>
    (await collectStatistics({ graph: measured, points, samples, openModel: openCalibrationModel })).statistics
  const run = async (biasCorrection: true | 'full') => {
    const quantized = cloneGraph(graph)
    const how = {
      target,
      isSymmetric: false,
      estimator,
      channelAlignment: false,
      smoothQuant: false,
      perChannel: true,
      ignored: new Map(),
    } as const
    const result = await quantizeGraph(
      quantized,
      inferShapes(quantized),
      { ...how, biasCorrection },
      (points) => measure(graph, points),
      measure,
    )
    return { quantized, result }
  }
  const [fast, full] = [await run(true), await run('full')]
  const points = full.result.placement.weights.map(
    ({ use }): StatisticPoint => ({ tensor: use.node.outputs[0]?.name as string, kind: 'channel-mean', axis: 1 }),
  )
  const float = await measure(graph, points)
  /** For each layer, the largest shift of a channel's mean over the largest mean. */
  const shiftsOf = async (quantized: Graph) => {
    const found = await measure(quantized, points)
    return points.map(({ tensor }) => {
      const before = float.get(tensor)?.channelMean?.means as Float64Array
      const after = found.get(tensor)?.channelMean?.means as Float64Array
      const most = before.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      return before.reduce((worst, mean, channel) => Math.max(worst, Math.abs(mean - (after[channel] as number)) / most), 0)
    })
  }
  return {
    fast: await shiftsOf(fast.quantized),
    full: await shiftsOf(full.quantized),
    steps: full.result.biasSteps,
    without: fast.result.biasSteps,
  }
}

describeWithData('biases that are corrected by running the quantized model', () => {
  it.each([
    ['digits_cnn_bnfolded.onnx', 'input', [1, 1, 32, 32]],
    ['digits_cnn_bn.onnx', 'input', [1, 1, 32, 32]],
  ] as const)('give every layer of %s the means of the float model', async (model, name, shape) => {
    const { fast, full, steps, without } = await quantizeBoth(model, name, shape)
    console.info(
      `${model}: worst shift ${Math.max(...fast).toExponential(1)} by weights alone, ${Math.max(...full).toExponential(1)} in full`,
    )
    expect(without).toEqual([])
    expect(steps.length).toBeGreaterThan(4)
    expect(steps.reduce((sum, { layers }) => sum + layers, 0)).toBe(full.length)
    expect(Math.max(...fast)).toBeGreaterThan(0.02)
    expect(Math.max(...full)).toBeLessThan(5e-3)
  })
})
