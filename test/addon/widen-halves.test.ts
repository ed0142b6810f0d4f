import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { attribute } from '../../lib/graph/attributes.js'
import { Constant } from '../../lib/graph/constant.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import { widenHalves } from '../../lib/graph/folding/widen-halves.js'
import type { Graph } from '../../lib/graph/graph.js'
import { encodeGraph, messageFromGraph } from '../../lib/graph/onnx-from-graph.js'
import { sortNodes } from '../../lib/graph/sort-nodes.js'
import { fromFloat32, toFloat32 } from '../../lib/tensor/convert-elements.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { floats, type GraphSketch, makeGraph, noise } from '../unit/graph/make-graph.js'

type Half = 'f16' | 'bf16'

/** The same numbers, rounded to 16 bits. */
function half(constant: Constant, type: Half = 'f16'): Constant {
  return Constant.of(type, constant.shape, fromFloat32(type, constant.values() as Float32Array))
}

const types: Record<string, number> = { f32: 1, f16: 10 }
const cast = (from: string, to: string, type: string) => ({
  type: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: types[type] as number },
})
const f16 = (shape: number[]) => ({ type: 'f16', shape })

/** A convolution in 16 bits: weights, a Constant node, a filling, and an output in the middle that others read. */
const network = (): Graph => {
  const graph = makeGraph({
    inputs: { x: f16([1, 2, 4, 4]) },
    constants: { w: half(noise([3, 2, 3, 3])), b: half(noise([3], 'b')), n: Constant.ints([1]) },
    nodes: [
      { type: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['c'] },
      { type: 'Relu', inputs: ['c'], outputs: ['r'] },
      { type: 'Constant', inputs: [], outputs: ['k'], attributes: { value: tensorAttribute(half(floats([], 0.75))) } },
      { type: 'ConstantOfShape', inputs: ['n'], outputs: ['f'], attributes: { value: tensorAttribute(half(floats([1], 0.5))) } },
      { type: 'Mul', inputs: ['r', 'k'], outputs: ['m'] },
      { type: 'Add', inputs: ['m', 'f'], outputs: ['y'] },
      cast('r', 'z', 'f32'),
    ],
    outputs: ['r', 'y', 'z'],
  })
  for (const name of ['r', 'y']) (graph.tensors.get(name) as { elementType: string }).elementType = 'f16'
  return graph
}

function tensorAttribute(constant: Constant) {
  return attribute.tensor('value', constant.toMessage(''))
}

async function run(graph: Graph) {
  const engine = await buildEngine({ model: encodeGraph(graph), precision: 'fp32' })
  const inputs = graph.inputs.map(({ name, shape, elementType }) => {
    const values = noise(shape as number[], name).values() as Float32Array
    if (elementType === 'f32') return [name, Tensor.from(values, shape as number[])] as const
    return [name, Tensor.from(fromFloat32('f16', values), shape as number[], 'f16')] as const
  })
  const results = await engine.infer(Object.fromEntries(inputs))
  await engine.close()
  return graph.outputs.map(({ name }) => results[name] as Tensor)
}

describe('networks in floats of 16 bits', () => {
  it('compute in float32 behind the same inputs and outputs', async () => {
    const graph = network()
    const { graph: folded, steps } = foldGraph(graph)
    expect(steps.map(({ pass }) => pass)).toContain('half-floats')
    expect(sortNodes(folded).map(({ type }) => type)).toEqual(['Cast', 'Conv', 'Relu', 'Mul', 'Add', 'Cast', 'Cast'])
    const inside = [...folded.tensors.values()].filter(({ isGraphInput, isGraphOutput }) => !isGraphInput && !isGraphOutput)
    expect(inside.filter(({ elementType }) => elementType === 'f16')).toEqual([])
    const weights = [...folded.tensors.values()].find(({ constant }) => constant?.shape.length === 4)?.constant
    const rounded = half(noise([3, 2, 3, 3])).values() as Uint16Array
    expect(weights?.values()).toEqual(toFloat32('f16', rounded))
    const [before, after] = [await run(graph), await run(folded)]
    expect(after.map(({ type, shape }) => ({ type, shape }))).toEqual(before.map(({ type, shape }) => ({ type, shape })))
    for (const [index, tensor] of after.entries()) {
      const expected = (before[index] as Tensor).toFloat32()
      expect(Math.max(...expected)).toBeGreaterThan(0.1)
      // The engine too computes in float32 and rounds what it hands out.
      for (const [at, value] of tensor.toFloat32().entries()) expect(value).toBeCloseTo(expected[at] as number, 2)
    }
  })

  it('are widened once', () => {
    const { graph } = foldGraph(network())
    expect(foldGraph(graph).steps).toEqual([])
  })

  it('have float32 weights where those were stored short and cast', async () => {
    const graph = makeGraph({
      inputs: { x: [1, 2, 4, 4] },
      constants: { w: half(noise([3, 2, 3, 3])) },
      nodes: [cast('w', 'wide', 'f32'), { type: 'Conv', inputs: ['x', 'wide'], outputs: ['y'] }],
      outputs: ['y'],
    })
    const { graph: folded } = foldGraph(graph)
    expect(sortNodes(folded).map(({ type }) => type)).toEqual(['Conv'])
    const [[before], [after]] = [await run(graph), await run(folded)]
    expect([...(after as Tensor).toFloat32()]).toEqual([...(before as Tensor).toFloat32()])
  })

  it('may be bfloat16', () => {
    const graph = makeGraph({
      inputs: { x: { type: 'bf16', shape: [2, 5] } },
      constants: { w: half(floats([5, 1], 1, -2, 3, 0.5, -0.25), 'bf16') },
      nodes: [{ type: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      outputs: ['y'],
    })
    ;(graph.tensors.get('y') as { elementType: string }).elementType = 'bf16'
    const { graph: folded } = foldGraph(graph)
    expect(sortNodes(folded).map(({ type, attributes }) => [type, attributes.get('to')?.int])).toEqual([
      ['Cast', 1],
      ['MatMul', undefined],
      ['Cast', 16],
    ])
    expect([...folded.tensors.values()].find(({ constant }) => constant)?.constant?.values()).toEqual(
      Float32Array.of(1, -2, 3, 0.5, -0.25),
    )
  })

  it('read an output of theirs that a Cast writes through another', () => {
    const graph = makeGraph({
      inputs: { x: [4] },
      constants: { k: half(floats([1], 2)) },
      nodes: [cast('x', 'h', 'f16'), { type: 'Mul', inputs: ['h', 'k'], outputs: ['m'] }, cast('m', 'y', 'f32')],
      outputs: ['h', 'y'],
    })
    ;(graph.tensors.get('h') as { elementType: string }).elementType = 'f16'
    const { graph: folded } = foldGraph(graph)
    const [mul] = [...folded.nodes].filter((node) => node.is('Mul'))
    expect(mul?.inputs.map((input) => input?.elementType)).toEqual(['f32', 'f32'])
    expect(folded.tensors.get('h')?.elementType).toBe('f16')
  })

  it.each<[string, Pick<GraphSketch, 'nodes'>]>([
    ['an operator of another domain', { nodes: [{ type: 'Gelu', domain: 'com.microsoft', inputs: ['h'], outputs: ['y'] }] }],
    [
      'a subgraph',
      {
        nodes: [
          {
            type: 'If',
            inputs: ['h'],
            outputs: ['y'],
            attributes: {
              then_branch: attribute.graph('then_branch', messageFromGraph(makeGraph({ inputs: {}, nodes: [], outputs: [] }))),
            },
          },
        ],
      },
    ],
  ])('stay as they are with %s', (_, { nodes }) => {
    const graph = makeGraph({
      inputs: { x: f16([2]) },
      constants: { k: half(floats([1], 2)) },
      nodes: [{ type: 'Mul', inputs: ['x', 'k'], outputs: ['h'] }, ...nodes],
      outputs: ['y'],
    })
    expect(widenHalves.apply(graph)).toEqual([])
    expect(graph.tensors.get('k')?.elementType).toBe('f16')
  })
})
