import type { Port } from '../engine/backend.js'
import { byteLengthOf } from '../tensor/element-type.js'

/** From here on an inference that waits with its inputs costs more (in cache) than one that comes a moment later. */
const LARGE = 2 ** 20

/** Bytes of a tensor; 0 where its shape is open or its elements have no fixed size. */
function byteLengthOfPort({ type, shape }: Port): number {
  if (type === 'string' || !shape?.every((dimension) => typeof dimension === 'number')) return 0
  return byteLengthOf(
    type,
    shape.reduce((product: number, dimension) => product * (dimension as number), 1),
  )
}

/**
 * Inferences of a stream that are under way at a time: enough that no request waits for JavaScript, and no more. Measured
 * with frames of 1x3x640x640 (4.9 MB in, 4.9 MB out) through a Relu on two cores with 32 MiB of cache: 8 at a time
 * give .8 of what 4 give, single precision nets of 20 ms an inference the same with either.
 */
export function defaultWindow(engine: {
  readonly requests: number
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}): number {
  const bytes = [...engine.inputs, ...engine.outputs].reduce((sum, port) => sum + byteLengthOfPort(port), 0)
  return bytes >= LARGE ? Math.max(2, engine.requests) : engine.requests * 2
}
