import { describe, expect, it } from 'vitest'
import { createDbDecoder } from '../../../../lib/evaluation/tasks/db.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { padded, wholeInput } from './pictures.js'

/** A map with rectangles of pixels, `[x, y, width, height, probability]`. */
function mapOf(width: number, height: number, rectangles: readonly (readonly number[])[]): Tensor<'f32'> {
  const data = new Float32Array(width * height)
  for (const [x, y, w, h, value] of rectangles as [number, number, number, number, number][]) {
    for (let row = y; row < y + h; row++) data.fill(value, row * width + x, row * width + x + w)
  }
  return Tensor.from(data, [1, 1, height, width])
}

const close = (values: number[]) => values.map((value) => expect.closeTo(value, 6))

describe('createDbDecoder', () => {
  it('grows the rectangle of a region by area * ratio / perimeter', () => {
    // Centres from 20 to 60 and 30 to 40: 40 * 10 * 1.5 / 100 = 6.
    const [result] = createDbDecoder()({ map: mapOf(100, 80, [[20, 30, 41, 11, 0.75]]) }, { geometry: [wholeInput(100, 80)] })
    expect(result?.regions).toEqual([{ polygon: close([14, 24, 66, 24, 66, 46, 14, 46]), score: 0.75 }])
  })

  it('scales a smaller map, maps back through padding, cuts at the edges', () => {
    const map = mapOf(50, 40, [[10, 15, 21, 11, 0.75]])
    // 20 x 10, grown by 5; times 2 into the input, times 2 again less the padding into the picture.
    const [result] = createDbDecoder()({ map }, { geometry: [padded(100, 80, 12, 10)] })
    expect(result?.regions[0]?.polygon).toEqual(close([0, 20, 116, 20, 116, 100, 0, 100]))
    const [uncut] = createDbDecoder({ clip: false })({ map }, { geometry: [padded(100, 80, 12, 10)] })
    expect(uncut?.regions[0]?.polygon[0]).toBeCloseTo(-4, 6)
  })

  it('finds the smallest rectangle of a slanted region', () => {
    const size = 120
    const data = new Float32Array(size * size)
    const [cos, sin] = [Math.cos(0.3), Math.sin(0.3)]
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const [along, across] = [(x - 60) * cos + (y - 60) * sin, (y - 60) * cos - (x - 60) * sin]
        if (Math.abs(along) <= 40 && Math.abs(across) <= 8) data[y * size + x] = 1
      }
    }
    const decode = createDbDecoder({ unclipRatio: 0 })
    const [result] = decode({ map: Tensor.from(data, [1, size, size]) }, { geometry: [wholeInput(size)] })
    const corners = [
      [-40, -8],
      [40, -8],
      [40, 8],
      [-40, 8],
    ] as const
    const expected = corners.flatMap(([along, across]) => [60 + along * cos - across * sin, 60 + along * sin + across * cos])
    for (const [i, value] of (result?.regions[0]?.polygon ?? []).entries()) {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1.5)
    }
    expect(result?.regions[0]?.score).toBeGreaterThan(0.9)
  })

  it('joins pixels that touch at a corner, and parts what merges only below', () => {
    const corner = mapOf(40, 40, [
      [5, 5, 10, 10, 1],
      [15, 15, 10, 10, 1],
    ])
    const decode = createDbDecoder({ boxThreshold: 0.3 })
    expect(decode({ corner }, { geometry: [wholeInput(40)] })[0]?.regions).toHaveLength(1)
    const cup = mapOf(60, 40, [
      [5, 5, 8, 20, 1],
      [40, 5, 8, 20, 1],
      [5, 25, 43, 8, 1],
    ])
    expect(decode({ cup }, { geometry: [wholeInput(60, 40)] })[0]?.regions).toHaveLength(1)
    const apart = mapOf(60, 40, [
      [5, 5, 8, 20, 1],
      [14, 5, 8, 20, 1],
    ])
    expect(decode({ apart }, { geometry: [wholeInput(60, 40)] })[0]?.regions).toHaveLength(2)
  })

  it('leaves out what is small, weak or a line, and what exceeds the number of candidates', () => {
    const map = mapOf(100, 60, [
      [2, 2, 3, 3, 1],
      [10, 2, 20, 10, 0.5],
      [40, 2, 50, 1, 1],
      [2, 20, 30, 12, 0.9],
      [2, 40, 30, 12, 0.8],
    ])
    const geometry = [wholeInput(100, 60)]
    const scores = createDbDecoder()({ map }, { geometry })[0]?.regions.map(({ score }) => score)
    expect(scores).toEqual([expect.closeTo(0.9, 6), expect.closeTo(0.8, 6)])
    expect(createDbDecoder({ maxCandidates: 4 })({ map }, { geometry })[0]?.regions).toHaveLength(1)
  })

  it('finds nothing in an empty map or in NaN, and does not let NaN or infinity raise a score', () => {
    const decode = createDbDecoder()
    const geometry = [wholeInput(40)]
    expect(decode({ map: mapOf(40, 40, []) }, { geometry })).toEqual([{ task: 'text-detection', regions: [] }])
    expect(decode({ map: mapOf(40, 40, [[0, 0, 40, 40, Number.NaN]]) }, { geometry })[0]?.regions).toEqual([])
    expect(decode({ map: mapOf(40, 40, [[0, 0, 40, 40, Infinity]]) }, { geometry })[0]?.regions).toEqual([])
    const spoiled = mapOf(40, 40, [
      [10, 10, 20, 10, 1],
      [15, 12, 2, 2, Number.NaN],
    ])
    expect(decode({ spoiled }, { geometry })[0]?.regions[0]?.score).toBeCloseTo(1 - 4 / 200, 6)
  })

  it('decodes each map of a batch', () => {
    const data = [...mapOf(40, 40, []).data, ...mapOf(40, 40, [[10, 10, 20, 10, 1]]).data]
    const map = Tensor.from(new Float32Array(data), [2, 40, 40, 1])
    const results = createDbDecoder()({ map }, { geometry: [wholeInput(40), wholeInput(40)] })
    expect(results.map(({ regions }) => regions.length)).toEqual([0, 1])
  })

  it('refuses what is no map', () => {
    const map = Tensor.from(new Float32Array(32), [1, 2, 4, 4])
    expect(() => createDbDecoder()({ map }, { geometry: [wholeInput(4)] })).toThrow('one map, [batch, 1, height, width]')
    expect(() => createDbDecoder()({ map: mapOf(4, 4, []) }, { geometry: [] })).toThrow(
      expect.objectContaining({ code: 'DECODE_GEOMETRY_UNFIT' }),
    )
  })
})
