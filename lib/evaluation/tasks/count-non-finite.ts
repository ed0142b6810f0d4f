import type { Outputs } from './find-outputs.js'

/**
 * How many numbers of the outputs are NaN or infinite. Decoders pass over these, so that a score
 * stays a score; this tells that a model gives them.
 */
export function countNonFinite(outputs: Outputs): number {
  let count = 0
  for (const tensor of Object.values(outputs)) {
    if (!['f16', 'bf16', 'f32', 'f64'].includes(tensor.type)) continue
    const values = tensor.type === 'f64' ? (tensor.data as Float64Array) : tensor.toFloat32()
    // x - x is 0 for finite numbers alone.
    for (let i = 0; i < values.length; i++) if ((values[i] as number) - (values[i] as number) !== 0) count++
  }
  return count
}
