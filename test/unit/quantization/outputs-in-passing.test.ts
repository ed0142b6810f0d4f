import { describe, expect, it } from 'vitest'
import type { Graph } from '../../../lib/graph/graph.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { KeptInferences } from '../../../lib/quantization/verification/kept-inferences.js'
import { areOutputsDear } from '../../../lib/quantization/verification/outputs-in-passing.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../graph/make-graph.js'

/** Two layers, of which the second has `classes` channels; what it reads is observed. */
function twoLayers(classes: number): Graph {
  return makeGraph({
    inputs: { x: [1, 3, 8, 8] },
    constants: { first: noise([16, 3, 1, 1]), second: noise([classes, 16, 1, 1]) },
    nodes: [
      { type: 'Conv', inputs: ['x', 'first'], outputs: ['features'] },
      { type: 'Relu', inputs: ['features'], outputs: ['active'] },
      { type: 'Conv', inputs: ['active', 'second'], outputs: ['scores'] },
    ],
    outputs: ['scores'],
  })
}

describe('outputs of the float model', () => {
  const isDear = (classes: number, all: number, observed = ['x', 'active']) => {
    const graph = twoLayers(classes)
    return areOutputsDear(graph, inferShapes(graph), observed, { all, kept: 32 })
  }

  it('are computed again where the layers behind the last observed tensor are much of the model', () => {
    // 48 products for each pixel before, 16 for each class behind.
    expect(isDear(3, 65)).toBe(true)
    expect(isDear(3, 64)).toBe(false)
    expect(isDear(100, 200)).toBe(true)
  })

  it('are taken in passing where they cost nothing more, or few samples are read', () => {
    expect(isDear(100, 32)).toBe(false)
    expect(isDear(100, 200, ['scores'])).toBe(false)
    const bare = makeGraph({
      inputs: { x: [1, 4] },
      nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
      outputs: ['y'],
    })
    expect(areOutputsDear(bare, inferShapes(bare), ['x'], { all: 1000, kept: 1 })).toBe(false)
  })
})

describe('kept inferences', () => {
  const countKept = (floats: number) => {
    const kept = new KeptInferences(32)
    for (let inference = 0; inference < 40; inference++) {
      kept.seeInputs(inference, { x: Tensor.from(new Float32Array(floats), [1, floats]) })
    }
    return kept.listInputs().length
  }

  it('are all that are wanted where they are small, fewer where they are large, and two in any case', () => {
    expect(countKept(16)).toBe(32)
    expect(countKept(3 * 224 * 224)).toBe(17)
    expect(countKept(3 * 416 * 416)).toBe(12)
    expect(countKept(4 << 20)).toBe(2)
  })

  it('are whole only once their outputs were seen', () => {
    const kept = new KeptInferences(2)
    kept.seeInputs(0, { x: Tensor.from(new Float32Array(1), [1]) })
    kept.seeInputs(1, { x: Tensor.from(new Float32Array(1), [1]) })
    expect(kept.list()).toHaveLength(0)
    kept.seeOutputs(0, { y: Tensor.from(new Float32Array(1), [1]) })
    expect(kept.list()).toHaveLength(1)
    expect(kept.isFull).toBe(false)
  })
})
