import { loadOpenVino } from '../../lib/native/load-addon.js'
import type { NativeInput, NativeModel, NativeOutput, NativePropertyValue } from '../../lib/native/openvino-addon.js'

export const openvino = loadOpenVino()

/** Plain float32 arithmetic: the default of some machines is bfloat16. */
export const exact = { INFERENCE_PRECISION_HINT: 'f32' }

/** Compiles the model for the CPU, runs it once and returns its outputs as bytes or strings. */
export function runOnce(
  model: NativeModel,
  inputs: NativeInput[],
  shapes?: (number[] | undefined)[],
  properties: Record<string, NativePropertyValue> = exact,
): (ArrayBuffer | string[])[] {
  const compiled = openvino.compileModelSync(model, 'CPU', properties)
  const [request] = compiled.createRequestsSync(1)
  if (request === undefined) throw new Error('no request was made')
  const results = request.inferSync(inputs, shapes).slice(0, model.outputs().length) as NativeOutput[]
  const copies = results.map((result) => {
    if (result === null) throw new Error('an output is missing')
    if (Array.isArray(result)) return result
    return result instanceof ArrayBuffer ? result : result.buffer.slice(0)
  })
  request.close()
  void compiled.close()
  return copies
}

/** The only output, as float32. */
export function runToFloats(model: NativeModel, inputs: NativeInput[], shapes?: (number[] | undefined)[]): Float32Array {
  return new Float32Array(runOnce(model, inputs, shapes)[0] as ArrayBuffer)
}

/** A generator of numbers that look random and are the same every time, in 0..1. */
export function makeRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`)
  let max = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number))
    if (!(difference <= max)) max = difference // NaN too
  }
  return max
}
