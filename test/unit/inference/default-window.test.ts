import { describe, expect, it } from 'vitest'
import type { Port } from '../../../lib/engine/backend.js'
import { defaultWindow } from '../../../lib/inference/default-window.js'

const port = (shape: Port['shape'], type: Port['type'] = 'f32'): Port => ({ name: 'x', names: ['x'], type, shape })
const windowOf = (requests: number, ...ports: Port[]) => defaultWindow({ requests, inputs: ports, outputs: [port([1, 10])] })

describe('defaultWindow', () => {
  it('keeps twice the requests under way where tensors are small', () => {
    expect(windowOf(4, port([1, 3, 224, 224]))).toBe(8)
    expect(windowOf(1, port([1]))).toBe(2)
  })

  it('keeps as many as requests where an inference takes a MiB or more, and never fewer than two', () => {
    expect(windowOf(4, port([1, 3, 640, 640]))).toBe(4)
    expect(windowOf(1, port([1, 3, 640, 640]))).toBe(2)
  })

  it('adds inputs and outputs up, by the size of their elements', () => {
    const shape = [1, 3, 256, 256]
    expect(windowOf(4, port(shape), port(shape))).toBe(4)
    expect(windowOf(4, port(shape, 'u8'), port(shape, 'u8'))).toBe(8)
  })

  it('does not guess at shapes that are open', () => {
    expect(windowOf(4, port([[1, 8], 3, 640, 640]), port(null))).toBe(8)
    expect(windowOf(4, port([1, 4_000_000], 'string'))).toBe(8)
  })
})
