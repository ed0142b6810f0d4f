import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import { quantileOf } from '../../lib/calibration/aggregate-samples.js'
import type { NamedTensors } from '../../lib/calibration/calibration-runner.js'
import { collectStatistics } from '../../lib/calibration/collect-statistics.js'
import type { StatisticPoint } from '../../lib/calibration/statistic-points.js'
import { cloneGraph } from '../../lib/graph/clone-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import type { GraphTensor } from '../../lib/graph/graph-tensor.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const shown = ['x', 'wide', 'positive', 'pooled', 'flat', 'logits']

function makeModel(opset: number, batch: number | string = 'N', type = 'f32'): Graph {
  return makeGraph({
    opset,
    inputs: { x: { type, shape: [batch, 3, 12, 10] } },
    constants: { w: noise([20, 3, 3, 3], 'w'), b: noise([20], 'b'), m: noise([20, 7], 'm') },
    nodes: [
      { type: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['wide'], attributes: { pads: [1, 1, 1, 1] } },
      { type: 'Relu', inputs: ['wide'], outputs: ['positive'] },
      { type: 'GlobalAveragePool', inputs: ['positive'], outputs: ['pooled'] },
      { type: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
      { type: 'MatMul', inputs: ['flat', 'm'], outputs: ['logits'] },
      { type: 'Sigmoid', inputs: ['logits'], outputs: ['unobserved'] },
    ],
    outputs: ['unobserved'],
  })
}

function makeSamples(count: number, shape = [1, 3, 12, 10]): { x: Tensor }[] {
  return Array.from({ length: count }, (_, index) => ({
    x: Tensor.from(noise(shape, `sample ${index}`, -1 - index, 2).values() as Float32Array, shape),
  }))
}

/** What all tensors are, from an engine that shows them whole. */
async function runWhole(graph: Graph, samples: readonly NamedTensors[], shape: number[]) {
  const copy = cloneGraph(graph)
  for (const name of shown) {
    const tensor = copy.tensors.get(name)
    if (tensor === undefined || tensor.isGraphInput) continue
    tensor.elementType = 'f32'
    copy.addOutput(tensor)
  }
  const engine = await buildEngine({ model: encodeGraph(copy), shapes: { x: shape } })
  const results: Record<string, Tensor>[] = []
  for (const sample of samples) results.push({ ...(await engine.infer(sample)), ...sample })
  await engine.close()
  return results
}

function channelsOf(tensor: Tensor, axis: number): number[][] {
  const channels = tensor.shape[axis] as number
  const inner = tensor.shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const lists: number[][] = Array.from({ length: channels }, () => [])
  for (const [index, value] of tensor.toFloat32().entries()) lists[Math.floor(index / inner) % channels]?.push(value)
  return lists
}

/** Among other warnings. */
const told = (code: string) => expect.arrayContaining([expect.objectContaining({ code })])

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const points: StatisticPoint[] = shown.flatMap((tensor): StatisticPoint[] => [
  { tensor, kind: 'range' },
  { tensor, kind: 'channel-range', axis: 1 },
  { tensor, kind: 'channel-mean', axis: 1 },
  { tensor, kind: 'channel-spread', axis: 1 },
])

describe('statistics inside the model', () => {
  it.each([13, 18])('are those of the tensors themselves, opset %i', async (opset) => {
    const graph = makeModel(opset)
    const samples = makeSamples(9)
    const whole = await runWhole(graph, samples, [1, 3, 12, 10])
    const collected = await collectStatistics({ graph, points, samples, openModel: openCalibrationModel })
    expect(collected).toMatchObject({ sampleCount: 9, passes: 1, skipped: [], shapes: { x: [1, 3, 12, 10] } })
    expect([...collected.statistics.keys()]).toEqual(shown)
    for (const name of shown) {
      const { range, channelRange, channelMean, channelSpread } = collected.statistics.get(name) ?? {}
      const tensors = whole.map((outputs) => outputs[name] as Tensor)
      const values = tensors.map((tensor) => [...tensor.toFloat32()])
      // A minimum behind Relu is not measured: it is zero at the least.
      const floor = ['positive', 'pooled', 'flat'].includes(name)
      const close = (found: ArrayLike<number> | undefined, expected: number[]) => {
        expect(found?.length).toBe(expected.length)
        for (const [index, value] of expected.entries()) expect(found?.[index], `${name} ${index}`).toBeCloseTo(value, 4)
      }
      close(
        range?.maxima,
        values.map((list) => Math.max(...list)),
      )
      close(
        range?.minima,
        values.map((list) => (floor ? 0 : Math.min(...list))),
      )
      const channels = tensors.map((tensor) => channelsOf(tensor, 1))
      const each = <T>(make: (lists: number[][]) => T) =>
        (channels[0] as number[][]).map((_, channel) => make(channels.map((lists) => lists[channel] as number[])))
      close(
        channelRange?.maxima,
        each((lists) => Math.max(...lists.flat())),
      )
      close(
        channelRange?.minima,
        each((lists) => (floor ? 0 : Math.min(...lists.flat()))),
      )
      close(
        channelMean?.means,
        each((lists) => meanOf(lists.flat())),
      )
      const rows = (make: (list: number[]) => number) => channels.flatMap((lists) => lists.map(make))
      close(
        channelSpread?.maxima,
        rows((list) => Math.max(...list)),
      )
      close(
        channelSpread?.minima,
        rows((list) => (floor ? 0 : Math.min(...list))),
      )
      close(
        channelSpread?.squares,
        each((lists) => meanOf(lists.flat().map((value) => value ** 2))),
      )
    }
  })

  it('take samples without a batch dimension, in batches where the model has a fixed one', async () => {
    const samples = makeSamples(9, [3, 12, 10])
    const single = await collectStatistics({ graph: makeModel(13), points, samples, openModel: openCalibrationModel })
    const stacked = await collectStatistics({ graph: makeModel(13, 4), points, samples, openModel: openCalibrationModel })
    expect(stacked).toMatchObject({ sampleCount: 8, shapes: { x: [4, 3, 12, 10] }, warnings: told('BATCH_INCOMPLETE') })
    const maxima = single.statistics.get('wide')?.range?.maxima as Float32Array
    expect(stacked.statistics.get('wide')?.range?.maxima[1]).toBeCloseTo(Math.max(...maxima.slice(4, 8)), 4)
  })

  it('of samples with shapes of their own', async () => {
    const graph = makeModel(13)
    ;(graph.inputs[0] as { shape: unknown }).shape = ['N', 3, 'H', 'W']
    const samples = [...makeSamples(2, [1, 3, 12, 10]), ...makeSamples(2, [1, 3, 7, 9])]
    const dynamic = await collectStatistics({ graph, points, samples, isDynamic: true, openModel: openCalibrationModel })
    expect(dynamic).toMatchObject({ sampleCount: 4, shapes: null, skipped: [] })
    const fixed = await collectStatistics({ graph, points, samples: samples.slice(2), openModel: openCalibrationModel })
    const [all, last] = [dynamic, fixed].map(({ statistics }) => statistics.get('logits')?.range?.maxima as Float32Array)
    expect(all?.[3]).toBeCloseTo(last?.[1] as number, 4)
    await expect(collectStatistics({ graph, points, samples, openModel: openCalibrationModel })).rejects.toMatchObject({
      code: 'CALIBRATION_SAMPLE_INVALID',
      details: { sample: 2 },
    })
  })

  it('find NaN behind an operator that hides it', async () => {
    const samples = makeSamples(3)
    ;(samples[1]?.x.data as Float32Array)[17] = Number.NaN
    const options = {
      graph: makeModel(13),
      points: [{ tensor: 'logits', kind: 'range' }] as const,
      openModel: openCalibrationModel,
    }
    await expect(collectStatistics({ ...options, samples })).rejects.toMatchObject({
      code: 'CALIBRATION_NOT_FINITE',
      details: { sample: 1, tensor: 'x' },
    })
    const left = await collectStatistics({ ...options, samples, onNotFinite: 'skip' })
    expect(left).toMatchObject({ sampleCount: 2, warnings: told('SAMPLES_NOT_FINITE') })
    expect(left.statistics.get('logits')?.range?.maxima.length).toBe(2)
  })

  const whole: StatisticPoint[] = shown.flatMap((tensor): StatisticPoint[] => [
    { tensor, kind: 'histogram' },
    { tensor, kind: 'quantiles', lower: 0.1, upper: 0.95 },
  ])

  it('and of whole tensors beside it, in as many passes as memory allows', async () => {
    const graph = makeModel(13)
    const samples = makeSamples(9)
    const options = { graph, points: [...points, ...whole], openModel: openCalibrationModel }
    const once = await collectStatistics({ ...options, samples })
    expect(once.passes).toBe(1)
    const outputs = await runWhole(graph, samples, [1, 3, 12, 10])
    for (const name of shown) {
      const { range, histogram, quantiles } = once.statistics.get(name) ?? {}
      const tensors = outputs.map((output) => [...(output[name] as Tensor).toFloat32()])
      const { width, first, counts } = histogram as NonNullable<typeof histogram>
      expect(counts.reduce((sum, count) => sum + count)).toBe(tensors.flat().length)
      const [min, max] = [Math.min(...tensors.flat()), Math.max(...tensors.flat())]
      expect(Math.abs(first * width - min)).toBeLessThanOrEqual(width)
      expect(Math.abs((first + counts.length) * width - max)).toBeLessThanOrEqual(width)
      expect(max - min).toBeGreaterThan(1000 * width)
      for (const [sample, values] of tensors.entries()) {
        const sorted = Float32Array.from(values).sort()
        expect(quantiles?.low[sample]).toBeCloseTo(quantileOf(sorted, 0.1), 4)
        expect(quantiles?.high[sample]).toBeCloseTo(quantileOf(sorted, 0.95), 4)
      }
      expect(range?.maxima.length).toBe(9)
    }
    const split = await collectStatistics({ ...options, samples, memoryLimit: 200_000 })
    expect(split.passes).toBeGreaterThan(2)
    expect(split.statistics).toEqual(once.statistics)
    const spent = collectStatistics({ ...options, samples: samples.values(), memoryLimit: 200_000 })
    await expect(spent).rejects.toMatchObject({ code: 'CALIBRATION_SOURCE_SPENT' })
  })

  it('of weights are those of one look', async () => {
    const all: StatisticPoint[] = [
      { tensor: 'w', kind: 'channel-range', axis: 0 },
      { tensor: 'w', kind: 'range' },
      { tensor: 'w', kind: 'histogram' },
      { tensor: 'm', kind: 'channel-mean', axis: 1 },
      { tensor: 'm', kind: 'channel-spread', axis: 1 },
    ]
    const { statistics } = await collectStatistics({
      graph: makeModel(13),
      points: all,
      samples: makeSamples(3),
      openModel: openCalibrationModel,
    })
    const w = statistics.get('w')
    expect(w?.channelRange?.maxima.length).toBe(20)
    expect(w?.range?.maxima).toEqual(Float32Array.of(Math.max(...(w?.channelRange?.maxima ?? []))))
    expect(w?.histogram?.counts.reduce((sum, count) => sum + count)).toBe(20 * 27)
    expect(statistics.get('m')?.channelMean?.means.length).toBe(7)
    expect(statistics.get('m')?.channelSpread?.squares.every((square) => square > 0)).toBe(true)
  })

  it('cannot be had of what is no float, which is said', async () => {
    const graph = makeModel(13)
    const shape = graph.addOperator({ type: 'Shape', inputs: [graph.tensors.get('wide') as GraphTensor] }, 'sizes')
    const collected = await collectStatistics({
      graph,
      points: [{ tensor: shape.name, kind: 'range' }, ...points],
      samples: makeSamples(1),
      openModel: openCalibrationModel,
    })
    expect(collected.skipped).toMatchObject([{ point: { tensor: 'sizes' }, reason: 'its elements are i64, not floating point' }])
  })
})
