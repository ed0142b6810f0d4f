import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resizeFilters } from '../../../lib/image/resize-image.js'
import type { ResizeFilter } from '../../../lib/native/kernels-addon.js'
import { loadKernels } from '../../../lib/native/load-addon.js'
import { makePicture } from './make-picture.js'

interface Reference {
  title: string
  filter: ResizeFilter
  source: [width: number, height: number, channels: number]
  size: [width: number, height: number]
  box?: [number, number, number, number]
  /** The result in base64, or one byte of `every`. */
  bytes?: string
  every?: number
  sha256?: string
}

const file = new URL('../../reference/resampling/references.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Reference[] }

// OpenCV's cubic filter runs in single precision, whose last bit depends on the machine it was built for.
const tolerance = (filter: ResizeFilter) => (filter === 'opencv-cubic' ? 1 : 0)

function resizeAs({ source: [width, height, channels], size, filter, box }: Reference): Uint8Array {
  const target = new Uint8Array(size[0] * size[1] * channels)
  const picture = { width, height, channels, data: makePicture(width, height, channels) }
  loadKernels().resizeImageSync(picture, target, { width: size[0], height: size[1], filter, box })
  return target
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] as number))), 0)
}

describe('resampling gives the values of the original:', () => {
  it('there are references for every filter', () => {
    expect(new Set(cases.map(({ filter }) => filter))).toEqual(new Set(resizeFilters))
  })

  it.each(cases.map((one) => [one.filter, one.title, one] as const))('%s, %s', (_, __, one) => {
    const ours = resizeAs(one)
    if (one.sha256 !== undefined) {
      expect(createHash('sha256').update(ours).digest('hex')).toBe(one.sha256)
      return
    }
    const theirs = Buffer.from(one.bytes as string, 'base64')
    const every = one.every ?? 1
    const seen = ours.filter((_, index) => index % every === 0)
    expect(seen.length).toBe(theirs.length)
    expect(largestDifference(seen, theirs)).toBeLessThanOrEqual(tolerance(one.filter))
  })
})
