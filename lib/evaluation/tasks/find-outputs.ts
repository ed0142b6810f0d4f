import { engineryError } from '../../errors/enginery-error.js'
import type { ImageGeometry } from '../../preprocess/geometry.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { DecodeContext } from './task.js'

export type Outputs = Readonly<Record<string, Tensor>>

/** The error of a decoder whose outputs are not there. */
export function outputsUnfit(decoder: string, expected: string, outputs: Outputs): Error {
  return engineryError('DECODE_OUTPUTS_UNFIT', { decoder, expected, received: describeOutputs(outputs) })
}

/** For example `scores f32[1, 144, 10], boxes f32[1, 144, 4]`. */
export function describeOutputs(outputs: Outputs): string {
  const described = Object.entries(outputs).map(([name, { type, shape }]) => `${name} ${type}[${shape.join(', ')}]`)
  return described.join(', ') || 'no outputs'
}

/** @throws DECODE_OUTPUTS_UNFIT where there is none of this name */
export function outputNamed(decoder: string, outputs: Outputs, name: string): Tensor {
  if (!Object.hasOwn(outputs, name)) throw outputsUnfit(decoder, `an output named ${name}`, outputs)
  return outputs[name] as Tensor
}

/**
 * The output of this name; without a name, the only output.
 * @throws DECODE_OUTPUTS_UNFIT
 */
export function soleOutput(decoder: string, outputs: Outputs, name: string | undefined, expected: string): Tensor {
  if (name !== undefined) return outputNamed(decoder, outputs, name)
  const [only, ...others] = Object.values(outputs)
  if (!only || others.length > 0) throw outputsUnfit(decoder, `one output, ${expected}, or the option outputs`, outputs)
  return only
}

/**
 * How many samples of a batch to decode: one for each geometry, for the last batch of a fixed size may be padded.
 * @throws DECODE_GEOMETRY_UNFIT where there are more geometries than samples, or none though boxes are to be mapped
 */
export function countSamples(decoder: string, batch: number, context: DecodeContext, mapsBack: boolean): number {
  const geometries = context.geometry.length
  if (geometries === 0 && !mapsBack) return batch
  if (geometries === 0 || geometries > batch) throw engineryError('DECODE_GEOMETRY_UNFIT', { decoder, batch, geometries })
  return geometries
}

/**
 * The geometry of the first sample, which tells the size of the input.
 * @throws DECODE_GEOMETRY_UNFIT where there is none
 */
export function firstGeometry(decoder: string, context: DecodeContext): ImageGeometry {
  const [first] = context.geometry
  if (!first) throw engineryError('DECODE_GEOMETRY_UNFIT', { decoder, batch: 'some', geometries: 0 })
  return first
}
