import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { polygonIou } from '../../../../lib/evaluation/boxes/polygon-overlap.js'
import { createDecoder } from '../../../../lib/evaluation/tasks/create-decoder.js'
import { meanInside } from '../../../../lib/evaluation/tasks/mean-inside.js'
import type { Detections } from '../../../../lib/evaluation/tasks/task.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../../../data-folder.js'
import references from '../../../reference/decode.json' with { type: 'json' }
import { wholeInput } from './pictures.js'

describe('stored references', () => {
  it('polygonIou agrees with Shapely on turned boxes and on hollow quadrilaterals', () => {
    expect(references.overlaps.length).toBe(300)
    for (const { a, b, iou } of references.overlaps) {
      expect(Math.abs(polygonIou(a, b) - iou)).toBeLessThan(1e-9)
      expect(Math.abs(polygonIou(reversed(a), b) - iou)).toBeLessThan(1e-9)
    }
  })

  it('meanInside agrees with fillPoly of OpenCV', () => {
    const data = Float32Array.from({ length: 48 * 40 }, (_, i) => ((i % 48) + Math.floor(i / 48)) / 86)
    const differences = references.filled.map(({ polygon, mean }) =>
      Math.abs(meanInside({ data, start: 0, width: 48, height: 40 }, polygon) - mean),
    )
    // A pixel here and there on an edge, where lines are drawn by other rules.
    expect(Math.max(...differences)).toBeLessThan(0.01)
  })
})

/** The same corners the other way around. */
function reversed(polygon: readonly number[]): number[] {
  return polygon.flatMap((_, i) =>
    i % 2 === 0 ? [polygon[polygon.length - 2 - i], polygon[polygon.length - 1 - i]] : [],
  ) as number[]
}

describeWithData('decoders of real outputs', () => {
  const golden = async (name: string, shape: number[]) => {
    const bytes = await readFile(join(dataFolder, 'golden', name))
    return Tensor.from(new Float32Array(Uint8Array.from(bytes).buffer), shape)
  }
  const expectEqual = (result: Detections | undefined, expected: typeof references.yolox) => {
    expect(result?.detections).toEqual(
      expected.map(({ category, score, box }) => ({
        category,
        score: expect.closeTo(score, 6),
        box: box.map((value) => expect.closeTo(value, 2)),
      })),
    )
  }

  it('yolox agrees with NumPy', async () => {
    const output = await golden('yolox_nano_416.out0.f32', [1, 3549, 85])
    const [result] = createDecoder({ decoder: 'yolox', scoreThreshold: 0.001, clip: false })(
      { output },
      { geometry: [wholeInput(416)] },
    )
    expect(references.yolox.length).toBeGreaterThan(10)
    expectEqual(result as Detections, references.yolox)
  })

  it('detr agrees with NumPy', async () => {
    const scores = await golden('tiny_detr_digits_96.out0.f32', [1, 16, 10])
    const boxes = await golden('tiny_detr_digits_96.out1.f32', [1, 16, 4])
    const [result] = createDecoder({ decoder: 'detr', activation: 'none' })({ scores, boxes }, { geometry: [wholeInput(96)] })
    expect(references.detr.length).toBe(16)
    expectEqual(result as Detections, references.detr)
  })
})
