import type { LayerName } from './layer-names.js'

/** How a window moves over the axes behind batch and channels; one number for each of them. */
export interface Window {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly pre: readonly number[]
  readonly post: readonly number[]
  readonly dilation: readonly number[]
  readonly mode: LayerName<'padding'>
}

/** Lengths that a convolution or a pooling makes of `lengths`; -1 where one is open. */
export function slideWindow(lengths: readonly number[], window: Window): number[] {
  return lengths.map((length, axis) => (length < 0 ? -1 : slide(length, axis, window)))
}

function slide(length: number, axis: number, { size, stride, pre, post, dilation, mode }: Window): number {
  const step = at(stride, axis)
  if (mode === 'same-upper' || mode === 'same-lower') return Math.ceil(length / step)
  const room = length + at(pre, axis) + at(post, axis) - reach(at(size, axis), at(dilation, axis))
  return (mode === 'explicit-round-up' ? Math.ceil(room / step) : Math.floor(room / step)) + 1
}

/** Lengths that a deconvolution makes. */
export function spreadWindow(lengths: readonly number[], { size, stride, pre, post, dilation, mode }: Window): number[] {
  return lengths.map((length, axis) => {
    if (length < 0) return -1
    if (mode === 'same-upper' || mode === 'same-lower') return length * at(stride, axis)
    const whole = (length - 1) * at(stride, axis) + reach(at(size, axis), at(dilation, axis))
    return whole - at(pre, axis) - at(post, axis)
  })
}

function reach(size: number, dilation: number): number {
  return dilation * (size - 1) + 1
}

function at(list: readonly number[], axis: number): number {
  return list[axis] as number
}
