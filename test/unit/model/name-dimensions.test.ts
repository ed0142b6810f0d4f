import { expect, it } from 'vitest'
import { nameDimensions } from '../../../lib/model/name-dimensions.js'
import { readOnnxModel } from '../../../lib/model/onnx-reader.js'
import { encodeOnnx } from '../../models/encode-onnx.js'

const modelOf = (...shapes: (number | string)[][]) =>
  encodeOnnx({
    inputs: shapes.map((shape, index) => ({ name: `x${index}`, type: 'f32' as const, shape })),
    outputs: [{ name: 'y', type: 'f32', shape: ['?', '?'] }],
    nodes: [{ op: 'Relu', inputs: ['x0'], outputs: ['y'] }],
  })

const shapesOf = async (bytes: Uint8Array) => (await readOnnxModel(bytes)).inputs.map(({ shape }) => shape)

it('gives a name of its own to each open dimension of inputs whose name has no letter', async () => {
  const named = nameDimensions(modelOf(['?', 3, '?', 'width'], ['-1', '*']))
  expect(await shapesOf(named)).toEqual([
    ['x0_axis0', 3, 'x0_axis2', 'width'],
    ['x1_axis0', 'x1_axis1'],
  ])
})

it('takes no name that is there already', async () => {
  expect(await shapesOf(nameDimensions(modelOf(['?', '?'], ['x0_axis0', 'x0_axis1'])))).toEqual([
    ['x0_axis0_', 'x0_axis1_'],
    ['x0_axis0', 'x0_axis1'],
  ])
})

it.each([[[['n', 'n']]], [[['?', 3]]], [[[1, 2]]], [[['größe', 'größe']]]])('leaves %j as it is, to the byte', (shapes) => {
  const model = modelOf(...(shapes as (number | string)[][]))
  expect(nameDimensions(model)).toBe(model)
})
