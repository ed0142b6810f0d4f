import { describe, expect, it } from 'vitest'
import { isEngineryError } from '../../../lib/errors/enginery-error.js'
import { attribute } from '../../../lib/graph/attributes.js'
import { Constant } from '../../../lib/graph/constant.js'
import { findQuantization } from '../../../lib/graph/find-quantization.js'
import { foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import { readGraph } from '../../../lib/graph/graph-from-onnx.js'
import { encodeGraph, messageFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../../lib/graph/opset/raise-opset.js'
import { mutateBytes, truncateBytes } from '../../fuzz/mutate-bytes.js'
import { mutateOnnx } from '../../fuzz/mutate-onnx.js'
import { SeededRandom } from '../../fuzz/seeded-random.js'
import { convolutionModel } from '../../models/encode-onnx.js'
import { floats, makeGraph, noise } from './make-graph.js'

/** Damaged models per seed; the environment can ask for more. */
const perSeed = Number(process.env.ENGINERY_FUZZ_COUNT ?? 250)

const branch = messageFromGraph(
  makeGraph({
    opset: 11,
    inputs: {},
    nodes: [{ type: 'Squeeze', inputs: ['c'], outputs: ['b'], attributes: { axes: [2, 3] } }],
    outputs: ['b'],
  }),
)

/** A bit of everything that is raised, inferred and folded. */
const network = makeGraph({
  opset: 11,
  inputs: { x: ['n', 3, 8, 8], flag: { type: 'bool', shape: [] } },
  constants: {
    ...{ w: noise([4, 3, 3, 3]), g: noise([4], 'g'), b: noise([4], 'b'), m: noise([4], 'm'), v: noise([4], 'v', 1, 2) },
    ...{ s: floats([1, 4, 1, 1], 1, 2, 3, 4), index: Constant.ints([0]), rest: Constant.ints([-1]), two: Constant.ints([2]) },
    ...{ scales: floats([4], 1, 1, 2, 2), roi: Constant.of('f32', [0], new Float32Array()), h: noise([4, 5], 'h') },
  },
  nodes: [
    { type: 'Pad', inputs: ['x', 'pads'], outputs: ['p'] },
    {
      type: 'Constant',
      inputs: [],
      outputs: ['pads'],
      attributes: { value: attribute.tensor('value', Constant.ints([0, 0, 1, 1, 0, 0, 1, 1]).toMessage('')) },
    },
    { type: 'Conv', inputs: ['p', 'w'], outputs: ['c'], attributes: { strides: [2, 2] } },
    {
      type: 'If',
      inputs: ['flag'],
      outputs: ['branched'],
      attributes: { then_branch: attribute.graph('', branch), else_branch: attribute.graph('', branch) },
    },
    { type: 'Conv', inputs: ['p', 'w'], outputs: ['d'] },
    { type: 'BatchNormalization', inputs: ['d', 'g', 'b', 'm', 'v'], outputs: ['e'] },
    { type: 'Mul', inputs: ['e', 's'], outputs: ['f'] },
    { type: 'Resize', inputs: ['f', 'roi', 'scales'], outputs: ['r'] },
    { type: 'MaxPool', inputs: ['r'], outputs: ['q'], attributes: { kernel_shape: [2, 2] } },
    { type: 'Split', inputs: ['q'], outputs: ['q0', 'q1'], attributes: { axis: 1, split: [1, 3] } },
    { type: 'Concat', inputs: ['q1', 'q0'], outputs: ['j'], attributes: { axis: 1 } },
    { type: 'ReduceMean', inputs: ['j'], outputs: ['mean'], attributes: { axes: [2, 3] } },
    { type: 'Shape', inputs: ['x'], outputs: ['shape'] },
    { type: 'Gather', inputs: ['shape', 'index'], outputs: ['n'] },
    { type: 'Mul', inputs: ['n', 'two'], outputs: ['n2'] },
    { type: 'Concat', inputs: ['n', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
    { type: 'Reshape', inputs: ['mean', 'target'], outputs: ['flat'] },
    { type: 'Gemm', inputs: ['flat', 'h'], outputs: ['o'] },
    { type: 'Identity', inputs: ['o'], outputs: ['i'] },
    { type: 'Softmax', inputs: ['i'], outputs: ['y'] },
    { type: 'ConstantOfShape', inputs: ['n2'], outputs: ['zeros'] },
  ],
  outputs: ['y', 'branched', 'zeros'],
})

const seeds: Readonly<Record<string, Uint8Array>> = {
  network: encodeGraph(network),
  convolutions: convolutionModel({ layers: 2, channels: 4, size: 8 }),
}

async function run(bytes: Uint8Array): Promise<string> {
  try {
    const graph = await readGraph(bytes)
    findQuantization(graph)
    const { graph: folded } = foldGraph(raiseOpset(graph).graph)
    await readGraph(encodeGraph(folded))
    return 'sound'
  } catch (error) {
    if (!isEngineryError(error) || error.code === 'BUG') throw error
    return error.code
  }
}

describe.each(Object.entries(seeds))('damaged copies of %s', (name, seed) => {
  it('are read and folded, or refused with a code', async () => {
    expect(await run(seed)).toBe('sound')
    const outcomes: Record<string, number> = {}
    for (let number = 0; number < perSeed; number++) {
      const random = new SeededRandom(`${name} ${number}`)
      const mutate = random.pick([mutateOnnx, mutateOnnx, mutateOnnx, mutateBytes, truncateBytes])
      const { bytes, what } = mutate(seed, random)
      const outcome = await run(bytes).catch((error: unknown) => {
        throw new Error(`${name} ${number}: ${what}`, { cause: error })
      })
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    // Damage that changes nothing, or everything, would test nothing.
    expect(outcomes.sound).toBeGreaterThan(perSeed / 20)
    expect(outcomes.MODEL_CORRUPT).toBeGreaterThan(perSeed / 20)
  })
})
