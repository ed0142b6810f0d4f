import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Category, Sample } from '../../../lib/dataset/annotations.js'
import { type CocoDetails, createCocoMap } from '../../../lib/evaluation/metrics/detection/coco-map.js'
import { MetricAccumulator } from '../../../lib/evaluation/metrics/metric-accumulator.js'
import type { Detection, Detections } from '../../../lib/evaluation/tasks/task.js'
import { dataFolder, describeWithData } from '../../data-folder.js'
import { makeRandomCase } from './random-case.js'
import randomCases from './random-cases.json' with { type: 'json' }

async function scoreDetections(categories: readonly Category[], samples: readonly Sample[], results: readonly Detections[]) {
  const accumulator = new MetricAccumulator(createCocoMap({ categories }), samples)
  samples.forEach((sample, i) => void accumulator.add(sample, results[i] as Detections))
  return (await accumulator.summarize()).details as unknown as CocoDetails
}

/** In the order in which pycocotools prints them. */
const twelve = (details: CocoDetails): number[] => {
  const { ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge } = details
  return [ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge]
}

// Sums are taken in another order than NumPy's, and pycocotools adds an ulp to some divisors; nothing else differs.
const LARGEST_DIFFERENCE = 1e-12

function expectEqual(received: readonly number[], expected: readonly number[]): void {
  expect(received).toHaveLength(expected.length)
  received.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number)), `number ${i + 1}: ${value}, ${expected[i]}`).toBeLessThan(
      LARGEST_DIFFERENCE,
    )
  })
}

// Refreshed by: npm run update:references
describe('coco-map beside pycocotools', () => {
  it.each(randomCases.scores.map((expected, seed) => ({ seed, expected })))('random case $seed', async ({ seed, expected }) => {
    const { classes, samples, results } = makeRandomCase(seed)
    const categories = Array.from({ length: classes }, (_, id) => ({ id, name: String(id) }))
    expectEqual(twelve(await scoreDetections(categories, samples, results)), expected)
  })

  it('has seen all that can happen', () => {
    const cases = randomCases.scores.map((_, seed) => makeRandomCase(seed))
    const boxes = cases.map(({ samples }) => samples.flatMap((sample) => sample.boxes ?? []))
    const detections = cases.map(({ results }) => results.flatMap((result) => result.detections))
    expect(randomCases.scores.length).toBe(300)
    expect(boxes.some((all) => all.length === 0)).toBe(true)
    expect(boxes.some((all) => all.length > 0 && all.every(({ isCrowd }) => isCrowd))).toBe(true)
    expect(detections.some((all) => all.length === 0)).toBe(true)
    expect(boxes.flat().some(({ box }) => box[2] === 0)).toBe(true)
    expect(detections.flat().some(({ box }) => box[2] === box[0])).toBe(true)
    expect(detections.some((all) => new Set(all.map(({ score }) => score)).size < all.length / 2)).toBe(true)
    expect(randomCases.scores.some((scores) => scores.every((score) => score === -1))).toBe(true)
  })
})

interface Instances {
  images: { id: number }[]
  annotations: { image_id: number; category_id: number; bbox: [number, number, number, number]; area: number; iscrowd?: number }[]
  categories: { id: number; name: string }[]
}

interface StoredCase {
  instances: string
  /** Picture, class, score in thousandths and corners in tenths of pixels, of each. */
  detections: number[]
  scores: number[]
  perCategory: number[]
}

function readSamples({ images, annotations, categories }: Instances): Sample[] {
  const places = new Map(categories.map(({ id }, place) => [id, place]))
  return images.map(({ id }) => {
    const own = annotations.filter((annotation) => annotation.image_id === id)
    const boxes = own.map(({ category_id, bbox, area, iscrowd }) => {
      const category = places.get(category_id) as number
      return { category, box: bbox, area, isCrowd: iscrowd === 1, isDifficult: false }
    })
    return { id: String(id), boxes }
  })
}

function readResults(flat: readonly number[], pictures: number): Detections[] {
  const results: Detection[][] = Array.from({ length: pictures }, () => [])
  for (let i = 0; i < flat.length; i += 7) {
    const [picture, category, score, x1, y1, x2, y2] = flat.slice(i, i + 7) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    results[picture]?.push({ category, score: score / 1000, box: [x1 / 10, y1 / 10, x2 / 10, y2 / 10] })
  }
  return results.map((detections) => ({ task: 'detection', detections }))
}

describeWithData('coco-map of trained models beside pycocotools', () => {
  it.each(['yolox_nano', 'tiny_detr', 'rtdetr_tiny'])('%s', async (name) => {
    const stored = JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as StoredCase
    const instances = JSON.parse(readFileSync(join(dataFolder, stored.instances), 'utf8')) as Instances
    const samples = readSamples(instances)
    const details = await scoreDetections(instances.categories, samples, readResults(stored.detections, samples.length))
    expectEqual(twelve(details), stored.scores)
    const byId = instances.categories.map(({ id }, place) => ({ id, ap: details.perCategory[place]?.ap as number }))
    expectEqual(
      byId.sort((a, b) => a.id - b.id).map(({ ap }) => ap),
      stored.perCategory,
    )
  })
})
