import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../../lib/errors/parse-options.js'
import { attribute } from '../../../../lib/graph/attributes.js'
import { Constant } from '../../../../lib/graph/constant.js'
import { foldGraph } from '../../../../lib/graph/folding/fold-graph.js'
import { Graph } from '../../../../lib/graph/graph.js'
import { readGraph } from '../../../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../../../lib/graph/graph-node.js'
import type { GraphTensor } from '../../../../lib/graph/graph-tensor.js'
import { raiseOpset } from '../../../../lib/graph/opset/raise-opset.js'
import { quantizationSchema } from '../../../../lib/quantization/quantize-options.js'
import { recipeNames } from '../../../../lib/quantization/recipes/recipe.js'
import { findRecipes, leaveFloat, recipes } from '../../../../lib/quantization/recipes/recipes.js'
import { isComputing } from '../../../../lib/quantization/recipes/value-flow.js'
import { dataFolder, describeWithData } from '../../../data-folder.js'
import { SeededRandom } from '../../../fuzz/seeded-random.js'
import { GraphWriter } from './sketch-graph.js'

function attentionGraph(): Graph {
  const writer = new GraphWriter({ x: [1, 9, 32] })
  return writer.graph([writer.attention('x', 'x', 32, { name: 'a' })])
}

describe('recipes', () => {
  it('are all listed, each under its own name', () => {
    expect(Object.keys(recipes)).toEqual([...recipeNames])
    for (const name of recipeNames) expect(recipes[name].name).toBe(name)
  })

  it('can be turned off, one by one or together', () => {
    const graph = attentionGraph()
    const found = (options?: Parameters<typeof findRecipes>[1]) => findRecipes(graph, options).map(({ recipe }) => recipe)
    expect(found()).toEqual(['attention', 'normalization'])
    expect(found({ attention: false })).toEqual(['normalization'])
    expect(found({ attention: true })).toEqual(['attention', 'normalization'])
    expect(found(false)).toEqual([])
  })

  it('are refused by names that there are not, with those that there are', () => {
    const parse = (options: unknown) => parseOptions(quantizationSchema, { recipes: options }, parse)
    expect(parse({ attention: false }).recipes).toEqual({ attention: false })
    expect(() => parse({ atention: false })).toThrow(
      /option recipes\.atention: expected recipes among attention, .*received "atention"/,
    )
    expect(() => parse({ attention: 'no' })).toThrow(/expected boolean/)
    expect(quantizationSchema.parse({}).recipes).toBe(true)
  })

  it('add to what the user leaves float, whose reasons stay; what is only noted is quantized', () => {
    const findings = findRecipes(attentionGraph())
    const [first] = findings as [(typeof findings)[number]]
    const [mine, other] = first.nodes as [GraphNode, GraphNode]
    const all = leaveFloat(new Map([[mine, 'mine']]), findings)
    expect(all.get(mine)).toBe('mine')
    expect(all.get(other)).toMatch(/^attention: .* \(recipe attention\)$/)
    expect(leaveFloat(new Map(), [{ ...first, decision: 'note' }]).size).toBe(0)
  })
})

/** The same network with other names, its nodes in another order that is possible too. */
function disguise(graph: Graph, seed: string): { graph: Graph; nodes: Map<GraphNode, GraphNode> } {
  const random = new SeededRandom(seed)
  const copy = new Graph(new Map(graph.opsets))
  const tensors = new Map<GraphTensor, GraphTensor>()
  const shuffled = shuffle([...graph.tensors.values()], random)
  for (const [index, tensor] of shuffled.entries()) {
    const twin = copy.addTensor(`v${index}`, tensor)
    twin.constant = tensor.constant
    tensors.set(tensor, twin)
  }
  const twinOf = (tensor: GraphTensor | null) => (tensor === null ? null : (tensors.get(tensor) as GraphTensor))
  for (const input of graph.inputs) copy.addInput(twinOf(input) as GraphTensor)
  const nodes = new Map<GraphNode, GraphNode>()
  const waiting = new Set(shuffle([...graph.nodes], random))
  while (waiting.size > 0) {
    for (const node of waiting) {
      if (node.inputs.some((input) => input?.producer && waiting.has(input.producer))) continue
      waiting.delete(node)
      const { type, domain, attributes } = node
      const parts = { type, domain, attributes: [...attributes.values()], name: `n${nodes.size * 7919}` }
      nodes.set(node, copy.addNode({ ...parts, inputs: node.inputs.map(twinOf), outputs: node.outputs.map(twinOf) }))
    }
  }
  for (const output of graph.outputs) copy.addOutput(twinOf(output) as GraphTensor)
  return { graph: copy, nodes }
}

function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.bits() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** What is decided on each node, by the name of the node in the first graph. */
function decide(graph: Graph, nameOf: (node: GraphNode) => string): Record<string, string> {
  const decided: [string, string][] = []
  for (const { recipe, decision, nodes } of findRecipes(graph)) {
    for (const node of nodes) decided.push([`${recipe}: ${nameOf(node)}`, decision])
  }
  return Object.fromEntries(decided.sort())
}

const models = [
  'models/tiny_detr_digits_96.onnx',
  'models/tiny_dense_digits_96.onnx',
  'models/ch_PP-OCRv4_rec_infer.onnx',
  'models/ch_PP-OCRv4_det_infer.onnx',
  'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
  'models/yolox_nano_416.onnx',
  'models/nanodet_m_416.onnx',
  'rtdetr/rtdetr_tiny.onnx',
]

describeWithData('recipes on trained models', () => {
  const read = async (model: string) => foldGraph(raiseOpset(await readGraph(join(dataFolder, model))).graph).graph

  it.each(models)(
    'decide the same on %s whatever its nodes and tensors are called and however they are ordered',
    async (model) => {
      const graph = await read(model)
      const names = new Map([...graph.nodes].map((node, index) => [node, `${index}`]))
      const decided = decide(graph, (node) => names.get(node) as string)
      const other = disguise(graph, model)
      const originals = new Map([...other.nodes].map(([node, twin]) => [twin, names.get(node) as string]))
      expect(decide(other.graph, (node) => originals.get(node) as string)).toEqual(decided)
      expect(Object.keys(decided).length).toBeGreaterThan(model.includes('nanodet') ? -1 : 3)
    },
  )

  it.each(models)('decide the same on %s in a later operator set', async (model) => {
    const raised = foldGraph(raiseOpset(await readGraph(join(dataFolder, model))).graph).graph
    const later = spellForOpset18(await readGraph(join(dataFolder, model)))
    const countFloat = (graph: Graph) => {
      const counts: Record<string, number> = {}
      for (const { recipe, decision, nodes } of findRecipes(graph)) {
        for (const node of nodes) {
          if (isComputing(node)) counts[`${recipe} ${decision}`] = (counts[`${recipe} ${decision}`] ?? 0) + 1
        }
      }
      return counts
    }
    expect(countFloat(foldGraph(raiseOpset(later).graph).graph)).toEqual(countFloat(raised))
  })

  it.each([
    ['models/tiny_detr_digits_96.onnx', { attention: 10, 'query-decoder': 32, 'query-selection': 1, 'box-regression': 5 }],
    ['models/tiny_dense_digits_96.onnx', { attention: 2 }],
    ['models/ch_PP-OCRv4_rec_infer.onnx', { attention: 4 }],
    ['models/ch_PP-OCRv4_det_infer.onnx', {}],
    ['models/ch_ppocr_mobile_v2.0_cls_infer.onnx', {}],
    [
      'rtdetr/rtdetr_tiny.onnx',
      { attention: 8, 'deformable-attention': 6, 'query-decoder': 51, 'query-selection': 1, 'box-regression': 7 },
    ],
    ['models/yolox_nano_416.onnx', {}],
    ['models/nanodet_m_416.onnx', {}],
    ['models/squeezenet_fp32.onnx', {}],
    ['models/efficientnet_lite0_224.onnx', {}],
  ])('leave layers and products of %s float: %o', async (model, expected) => {
    const counts: Record<string, number> = {}
    for (const { recipe, decision, nodes } of findRecipes(await read(model))) {
      const computing = nodes.filter(isComputing).length
      if (decision === 'float' && computing > 0) counts[recipe] = (counts[recipe] ?? 0) + computing
    }
    expect(counts).toEqual(expected)
  })
})

/** ReduceMean and the like take axes as an input, and Split says how many parts: the same graph for a later operator set. */
function spellForOpset18(graph: Graph): Graph {
  const { graph: raised } = raiseOpset(graph)
  for (const node of [...raised.nodes]) {
    const axes = node.ints('axes')
    if (!node.is('ReduceMean', 'ReduceMax') || axes === null) continue
    const constant = raised.addConstant(`axes of ${node.outputs[0]?.name}`, Constant.ints(axes))
    node.attributes.delete('axes')
    node.attributes.set('keepdims', attribute.int('keepdims', node.int('keepdims', 1)))
    raised.setInput(node, 1, constant)
  }
  raised.opsets.set('', 18)
  return raised
}
