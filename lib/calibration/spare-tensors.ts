import { freeMemory } from '../image/free-memory.js'
import type { Tensor } from '../tensor/tensor.js'
import type { NamedTensors } from './calibration-runner.js'

const spare = new WeakSet<Tensor>()

/**
 * Says that nobody but the calibration holds a tensor, so that its memory goes back as soon as it was used. Samples are
 * megabytes each under a handful of bytes of JavaScript: the garbage collector lets many of them gather before it looks.
 */
export function markSpare(tensor: Tensor): void {
  spare.add(tensor)
}

/** Somebody keeps them. */
export function keepSample(sample: NamedTensors): void {
  for (const tensor of Object.values(sample)) spare.delete(tensor)
}

/** Another tensor takes the place of one, over the same memory. */
export function passOn(from: Tensor, to: Tensor): void {
  if (spare.delete(from)) spare.add(to)
}

/** Gives memory back; nothing happens to tensors that somebody else holds. */
export function releaseSpare(sample: NamedTensors): void {
  for (const tensor of Object.values(sample)) {
    if (!spare.delete(tensor)) continue
    const { data } = tensor
    if (tensor.isNative || Array.isArray(data)) tensor.release()
    else freeMemory(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}
