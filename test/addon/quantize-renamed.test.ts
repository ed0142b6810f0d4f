import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import type { Graph } from '../../lib/graph/graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../lib/graph/graph-node.js'
import type { GraphTensor } from '../../lib/graph/graph-tensor.js'
import { encodeOnnxModel, type LoadedModel, loadOnnxModel } from '../../lib/model/onnx-file.js'
import type { NodeMessage } from '../../lib/model/onnx-messages.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { SeededRandom } from '../fuzz/seeded-random.js'
import { noise } from '../unit/graph/make-graph.js'

interface Disguised {
  readonly bytes: Uint8Array
  /** New names of tensors by the old ones. */
  readonly names: ReadonlyMap<string, string>
}

/** The same network: every node and tensor has another name, initializers and nodes are in another order. */
function disguise(model: LoadedModel, seed: string): Disguised {
  const random = new SeededRandom(seed)
  const { graph } = model
  const all = new Set<string>()
  for (const { name } of [...graph.inputs, ...graph.outputs, ...graph.initializers, ...graph.values]) all.add(name ?? '')
  for (const { inputs, outputs } of graph.nodes) for (const name of [...inputs, ...outputs]) all.add(name)
  all.delete('')
  const names = new Map(shuffle([...all], random).map((name, index) => [name, `v${index}`]))
  const rename = (name = '') => names.get(name) ?? ''
  const nodes = shuffleNodes(graph.nodes, random).map((node, index) => ({
    ...node,
    name: `n${(index * 7919) % 10007}`,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }))
  const renamed = {
    ...graph,
    nodes,
    initializers: shuffle(graph.initializers, random).map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    values: shuffle(graph.values, random).map((value) => ({ ...value, name: rename(value.name) })),
  }
  return { bytes: encodeOnnxModel({ ...model, graph: renamed }), names }
}

function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  const shuffled = [...items]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T]
  }
  return shuffled
}

/** Any order in which a node follows those it reads from. */
function shuffleNodes(nodes: readonly NodeMessage[], random: SeededRandom): NodeMessage[] {
  const unwritten = new Set(nodes.flatMap(({ outputs }) => outputs))
  unwritten.delete('')
  const waiting = [...nodes]
  const order: NodeMessage[] = []
  while (waiting.length > 0) {
    const ready = waiting.flatMap(({ inputs }, index) => (inputs.some((input) => unwritten.has(input)) ? [] : [index]))
    const [next] = waiting.splice(random.pick(ready), 1) as [NodeMessage]
    for (const output of next.outputs) unwritten.delete(output)
    order.push(next)
  }
  return order
}

const digest = (tensor: GraphTensor | null | undefined) => {
  const bytes = tensor?.constant?.rawBytes()
  return bytes ? createHash('sha256').update(bytes).digest('hex').slice(0, 16) : 'none'
}

const quantizerOf = (tensor: GraphTensor | null | undefined) => {
  const dequantize = tensor?.producer
  if (!dequantize?.is('DequantizeLinear')) return null
  const [source, scale, zero] = dequantize.inputs
  const from = source?.producer?.is('QuantizeLinear') ? source.producer.inputs[0] : null
  // A product that smoothing added is called by what it divides.
  const [divided, factors] = from?.producer?.is('Mul') ? from.producer.inputs : []
  const isAdded = divided !== undefined && from?.name === `${divided?.name}_Mul`
  const origin = isAdded ? divided : from
  return {
    from: origin?.name ?? digest(source),
    factors: isAdded ? digest(factors) : 'none',
    scale: digest(scale),
    zero: digest(zero),
  }
}

/** Every node that reads integers, by what it writes: from where, with which scales and zero points. */
function describeResult(graph: Graph, nameOf: (name: string) => string): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  const describe = (node: GraphNode) =>
    node.inputs.map((input) => {
      const quantizer = quantizerOf(input)
      return quantizer ? { ...quantizer, from: nameOf(quantizer.from) } : digest(input)
    })
  for (const node of graph.nodes) {
    if (node.is('QuantizeLinear', 'DequantizeLinear') || !node.inputs.some((input) => quantizerOf(input) !== null)) continue
    found[nameOf(node.outputs[0]?.name ?? '')] = [node.type, ...describe(node)]
  }
  return found
}

async function quantizeTwice(source: string | Uint8Array, shapes: Record<string, number[]>, seed: string, check: boolean) {
  const samples = (names: (name: string) => string) =>
    Array.from({ length: 6 }, (_, sample) =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => {
          const data = noise(shape, `${name} ${sample}`, -1, 2).values() as Float32Array
          return [names(name), Tensor.from(data, shape)]
        }),
      ),
    )
  const run = (model: string | Uint8Array, names: (name: string) => string) =>
    quantize({ model, calibration: { data: samples(names) }, check })
  const { bytes, names } = disguise(await loadOnnxModel(source), seed)
  const first = await run(source, (name) => name)
  const again = await run(source, (name) => name)
  expect(Buffer.from(again.model).equals(first.model), 'the same bytes twice').toBe(true)
  const other = await run(bytes, (name) => names.get(name) as string)
  return {
    first: describeResult(await readGraph(first.model), (name) => names.get(name) ?? name),
    other: describeResult(await readGraph(other.model), (name) => name),
  }
}

describeWithData('names and the order of a file decide nothing', () => {
  it.each<[string, Record<string, number[]>]>([
    ['digits_cnn_bn.onnx', { input: [1, 1, 32, 32] }],
    ['digits_cnn_bnfolded.onnx', { input: [1, 1, 32, 32] }],
    ['tiny_dense_digits_96.onnx', { images: [1, 3, 96, 96] }],
    ['squeezenet_fp32.onnx', { data_0: [1, 3, 224, 224] }],
    ['yolox_nano_416.onnx', { images: [1, 3, 416, 416] }],
    ['tiny_detr_digits_96.onnx', { images: [1, 3, 96, 96] }],
  ])(
    '%s',
    async (model, shapes) => {
      // Noise holds nothing to be found, and what a transformer finds in it is refused.
      const check = !model.includes('detr')
      const { first, other } = await quantizeTwice(join(dataFolder, 'models', model), shapes, model, check)
      expect(Object.keys(first).length).toBeGreaterThan(3)
      expect(other).toEqual(first)
      // What is noisy is quantized three times.
    },
    600_000,
  )
})
