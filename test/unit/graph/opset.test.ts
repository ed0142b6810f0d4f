import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { graphFromSubgraph, readGraph } from '../../../lib/graph/graph-from-onnx.js'
import { encodeGraph, messageFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../../lib/graph/opset/raise-opset.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { encodeOnnx } from '../../models/encode-onnx.js'
import { makeGraph } from './make-graph.js'

const chain = (opset: number, ...types: string[]) =>
  makeGraph({
    opset,
    inputs: { t0: [2, 3] },
    nodes: types.map((type, i) => ({ type, name: `${type} ${i}`, inputs: [`t${i}`], outputs: [`t${i + 1}`] })),
    outputs: [`t${types.length}`],
  })

describe('raiseOpset', () => {
  it('leaves graphs alone that are new enough', () => {
    for (const opset of [13, 17, 23]) {
      const graph = chain(opset, 'Relu', 'NotAnOperatorOfOnnx')
      expect(raiseOpset(graph)).toEqual({ graph, from: opset, to: opset, converted: [] })
    }
  })

  it.each([6, 24, 0])('refuses opset %s', (opset) => {
    expect(() => raiseOpset(chain(opset, 'Relu'))).toThrow(expect.objectContaining({ code: 'OPSET_UNSUPPORTED' }))
  })

  it('names every operator that it cannot raise, and changes nothing', () => {
    const graph = chain(8, 'Relu', 'Scan', 'Whatever', 'Another', 'Whatever')
    const before = encodeGraph(graph)
    expect(() => raiseOpset(graph, 'old.onnx')).toThrow(
      expect.objectContaining({
        code: 'OPERATORS_NOT_RAISED',
        message: expect.stringMatching(/^old\.onnx uses operator set 8 .*: Another; Scan \(Scan 1: .*\); Whatever$/),
      }),
    )
    expect(encodeGraph(graph)).toEqual(before)
  })

  it('does not touch operators of other domains', () => {
    const graph = makeGraph({
      opset: 11,
      inputs: { x: [1] },
      nodes: [{ type: 'Squeeze', domain: 'my.company', inputs: ['x'], outputs: ['y'], attributes: { axes: [0] } }],
      outputs: ['y'],
    })
    expect([...raiseOpset(graph).graph.nodes][0]?.ints('axes')).toEqual([0])
  })

  it('raises subgraphs, with names that hide none outside', () => {
    const inside = messageFromGraph(
      makeGraph({
        opset: 11,
        inputs: {},
        nodes: [{ type: 'Unsqueeze', name: 'u', inputs: ['r'], outputs: ['a'], attributes: { axes: [0] } }],
        outputs: ['a'],
      }),
    )
    const graph = makeGraph({
      opset: 11,
      inputs: { x: [2], c: { type: 'bool', shape: [] } },
      nodes: [
        { type: 'Relu', inputs: ['x'], outputs: ['r'] },
        { type: 'Squeeze', inputs: ['x'], outputs: ['u_axes'] },
        {
          type: 'If',
          inputs: ['c'],
          outputs: ['y'],
          attributes: { then_branch: attribute.graph('', inside), else_branch: attribute.graph('', inside) },
        },
      ],
      outputs: ['y', 'u_axes'],
    })
    const { graph: raised, converted } = raiseOpset(graph)
    expect(converted).toEqual(['u', 'u'])
    const message = [...raised.nodes].find((node) => node.type === 'If')?.attributes.get('then_branch')?.graph
    const branch = graphFromSubgraph(message as never, raised.opsets)
    const [node] = branch.nodes
    expect(node?.attributes.size).toBe(0)
    expect(node?.inputs[1]?.constant?.numbers()).toEqual([0])
    expect(node?.inputs[1]?.name).toBe('u_axes_1')
    expect(node?.inputs[0]?.isOuter).toBe(true)
  })

  it('raises what a file of IR version 3 holds', async () => {
    const graph = await readGraph(
      encodeOnnx({
        opset: 9,
        inputs: [{ name: 'x', type: 'f32', shape: [1, 3, 1] }],
        outputs: [{ name: 'y', type: 'f32', shape: [3, 1] }],
        nodes: [{ op: 'Squeeze', inputs: ['x'], outputs: ['y'], attributes: { axes: [0] } }],
      }),
    )
    const again = await readGraph(encodeGraph(raiseOpset(graph).graph))
    expect(again.opset).toBe(13)
    expect(again.source?.irVersion).toBe(8)
    expect([...inferShapes(again).values()].map(({ shape }) => shape)).toContainEqual([3, 1])
  })
})
