import { describe, expect, it } from 'vitest'
import { createRotatedDecoder } from '../../../../lib/evaluation/tasks/rotated.js'
import type { ImageGeometry } from '../../../../lib/preprocess/geometry.js'
import { padded, rowsOf, transposed, wholeInput } from './pictures.js'

const right = Math.PI / 2
const geometry = [wholeInput(100)]
const near = (values: number[]) => values.map((value) => expect.closeTo(value, 3))

/** Eight places; the others hold nothing. */
const table = (rows: number[][]) => rowsOf([...rows, ...Array.from({ length: 8 - rows.length }, () => Array(7).fill(0))])

describe('createRotatedDecoder', () => {
  const yolo = table([
    [50, 40, 20, 10, 0.75, 0, right],
    [50, 40, 10, 20, 0.5, 0, 0],
    [50, 40, 20, 10, 0, 0.25, 0],
  ])

  it('suppresses by the shape, whatever the angle', () => {
    const [result] = createRotatedDecoder()({ output0: transposed(yolo) }, { geometry })
    expect(result?.detections).toEqual([
      { category: 0, score: 0.75, polygon: near([55, 30, 55, 50, 45, 50, 45, 30]) },
      { category: 1, score: 0.25, polygon: near([40, 35, 60, 35, 60, 45, 40, 45]) },
    ])
    const loose = createRotatedDecoder({ iouThreshold: 0.3, classAgnostic: true })
    expect(loose({ output0: yolo }, { geometry })[0]?.detections).toHaveLength(1)
  })

  it('takes the angle after the box, in degrees, the other way around', () => {
    const output = table([[50, 40, 20, 10, 30, 0.5, 0]])
    const decode = createRotatedDecoder({ angle: 'fifth', angleUnit: 'degrees', angleDirection: 'counterclockwise' })
    const [result] = decode({ output }, { geometry })
    // Counterclockwise by 30 degrees: the right end goes up.
    const corner = result?.detections[0]?.polygon.slice(2, 4)
    expect(corner).toEqual(near([50 + 10 * Math.cos(right / 3) - 5 * 0.5, 40 - 5 - 5 * Math.cos(right / 3)]))
  })

  it('takes boxes and scores apart, by shape or by name', () => {
    const boxes = rowsOf([[50, 40, 20, 10, 0]])
    const scores = rowsOf([[0, 0.5]])
    const expected = [{ category: 1, score: 0.5, polygon: near([40, 35, 60, 35, 60, 45, 40, 45]) }]
    expect(createRotatedDecoder()({ scores, boxes }, { geometry })[0]?.detections).toEqual(expected)
    const five = { a: rowsOf([[0, 0, 0, 0, 0.5]]), b: boxes }
    expect(() => createRotatedDecoder()(five, { geometry })).toThrow(expect.objectContaining({ code: 'DECODE_OUTPUTS_UNFIT' }))
    const named = createRotatedDecoder({ outputs: { boxes: 'b', scores: 'a' } })
    expect(named(five, { geometry })[0]?.detections[0]?.category).toBe(4)
  })

  it('maps corner by corner, through padding and an uneven stretch', () => {
    const output = table([[50, 40, 20, 10, 0.75, 0, 0]])
    const [result] = createRotatedDecoder()({ output }, { geometry: [padded(100, 100, 10, 0)] })
    expect(result?.detections[0]?.polygon).toEqual(near([60, 70, 100, 70, 100, 90, 60, 90]))
    const stretched: ImageGeometry = { ...wholeInput(100), scaleX: 2 }
    const slanted = table([[50, 50, 20, 20, 0.75, 0, Math.PI / 4]])
    const [diamond] = createRotatedDecoder()({ output: slanted }, { geometry: [stretched] })
    const half = Math.SQRT2 * 10
    expect(diamond?.detections[0]?.polygon).toEqual(near([25, 50 - half, 25 + half / 2, 50, 25, 50 + half, 25 - half / 2, 50]))
  })

  it('leaves out NaN, and finds nothing in nothing', () => {
    const broken = table([
      [50, 40, 20, 10, 0.75, 0, Number.NaN],
      [Infinity, 40, 20, 10, 0.5, 0, 0],
      [1, 1, 1, 1, Number.NaN, 0, 0],
    ])
    expect(createRotatedDecoder()({ broken }, { geometry })[0]?.detections).toEqual([])
    expect(createRotatedDecoder()({ none: table([]) }, { geometry })[0]?.detections).toEqual([])
  })

  it('refuses what is no table', () => {
    expect(() => createRotatedDecoder()({ y: rowsOf([[1, 2, 3, 4, 5]]) }, { geometry })).toThrow(/rotated decoder expected/)
    expect(() => createRotatedDecoder()({}, { geometry })).toThrow(/no outputs/)
  })
})
