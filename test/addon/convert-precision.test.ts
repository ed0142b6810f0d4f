import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { convertPrecision } from '../../lib/api/quantization/convert-precision.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-half-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Its first product writes numbers near the end of f16 where the input is large. */
const model = encodeGraph(
  makeGraph({
    inputs: { x: [1, 8] },
    nodes: [
      { type: 'MatMul', name: 'first', inputs: ['x', 'a'], outputs: ['wide'] },
      { type: 'Tanh', name: 'tanh', inputs: ['wide'], outputs: ['narrow'] },
      { type: 'MatMul', name: 'second', inputs: ['narrow', 'b'], outputs: ['y'] },
    ],
    constants: { a: noise([8, 8], 'a'), b: noise([8, 8], 'b') },
    outputs: ['y'],
  }),
)
const samples = (scale: number) =>
  [0, 1, 2, 3].map((sample) => ({
    x: Tensor.from(noise([1, 8], `${sample}`, scale / 2, scale).values() as Float32Array, [1, 8]),
  }))

describe('a model in half precision', () => {
  it('stays float where samples bring what the type cannot hold', async () => {
    const narrow = await convertPrecision({ model, type: 'f16', calibration: { data: samples(1) } })
    expect(narrow).toMatchObject({ half: 3, float: [], casts: 2, output: null })
    const wide = await convertPrecision({ model, type: 'f16', calibration: { data: samples(1e5) } })
    expect(wide.float.map(({ node }) => node)).toEqual(['first', 'tanh'])
    expect(wide.half).toBe(1)
    expect((await convertPrecision({ model, type: 'bf16', calibration: { data: samples(1e5) } })).half).toBe(3)
    expect((await convertPrecision({ model, type: 'f16' })).half).toBe(3)
  })

  it('leaves nodes float by name, and refuses names that match nothing', async () => {
    const ignored = await convertPrecision({ model, type: 'f16', ignored: { names: ['second'] } })
    expect(ignored.float.map(({ node }) => node)).toEqual(['second'])
    await expect(convertPrecision({ model, type: 'f16', ignored: { names: ['third'] } })).rejects.toMatchObject({
      code: 'IGNORED_SCOPE_UNMATCHED',
    })
    await expect(convertPrecision({ model, type: 'f32' as 'f16' })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('is not made of a quantized one', async () => {
    const quantized = await quantize({ model, calibration: { data: samples(1) } })
    await expect(convertPrecision({ model: quantized.model, type: 'f16' })).rejects.toMatchObject({ code: 'MODEL_QUANTIZED' })
  })
})

describeWithData('a trained model in half precision', () => {
  it('is half as large, and written whole', async () => {
    const source = join(dataFolder, 'models', 'efficientnet_lite0_224.onnx')
    const output = join(folder, 'half.onnx')
    const result = await convertPrecision({ model: source, type: 'f16', output, keepInputsAndOutputs: false })
    expect(readdirSync(folder)).toEqual(['half.onnx'])
    expect(statSync(output).size / statSync(source).size).toBeLessThan(0.52)
    expect(Buffer.from(result.model).equals(readFileSync(output))).toBe(true)
    const graph = await readGraph(output)
    expect([...graph.inputs, ...graph.outputs].map(({ elementType }) => elementType)).toEqual(['f16', 'f16'])
  })
})
