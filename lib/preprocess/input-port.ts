import { engineryError } from '../errors/enginery-error.js'
import type { ElementType } from '../tensor/element-type.js'

/** What preprocessing wants to know of a model's input; a `Port` is one. */
export interface InputPort {
  readonly name: string
  readonly type: ElementType
  /** Lengths; anything else (`'dynamic'`, -1, a range) is open. `null`: even the number of dimensions is. */
  readonly shape: readonly (number | 'dynamic' | readonly unknown[])[] | null
}

export type PictureLayout = 'NCHW' | 'NHWC'
export type PictureType = 'f32' | 'f16' | 'u8'

/** What a port says; what it leaves open is missing. */
export interface InputFacts {
  readonly layout?: PictureLayout
  readonly type?: PictureType
  readonly width?: number
  readonly height?: number
}

/** Reads a port as the place for pictures of so many channels. @throws PREPROCESS_INVALID */
export function readInputPort(port: InputPort, channels: number, layout?: PictureLayout): InputFacts {
  const type = port.type
  if (type !== 'f32' && type !== 'f16' && type !== 'u8') {
    throw unfit(port, `expected an input of type f32, f16 or u8 for pictures, received ${type}`)
  }
  if (port.shape === null) return { type }
  if (port.shape.length !== 4) {
    throw unfit(port, `expected four dimensions (batch, channels, height, width in some order), received ${show(port)}`)
  }
  const lengths = port.shape.map((length) => (typeof length === 'number' && length > 0 ? length : undefined))
  const [, second, third, fourth] = lengths
  const guessed = second === channels ? 'NCHW' : fourth === channels ? 'NHWC' : undefined
  const used = layout ?? guessed
  const found = used === 'NHWC' ? fourth : second
  if (found !== undefined && found !== channels) {
    throw unfit(port, `expected ${channels} channels${used ? ` in ${used}` : ''}, received ${show(port)}`)
  }
  const [height, width] = used === 'NHWC' ? [second, third] : [third, fourth]
  return { type, ...(used && { layout: used }), ...(width && { width }), ...(height && { height }) }
}

function show(port: InputPort): string {
  const shape = port.shape?.map((length) => (typeof length === 'number' && length >= 0 ? length : '?'))
  return `[${shape?.join(', ')}]`
}

export function unfit(port: InputPort, reason: string): Error {
  return engineryError('PREPROCESS_INVALID', { reason: `input ${port.name}: ${reason}` })
}
