import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDataset } from '../../../lib/dataset/open-dataset.js'
import { subsample } from '../../../lib/dataset/subsample.js'
import { dataFolder, describeWithData } from '../../data-folder.js'

const at = (...parts: string[]) => join(dataFolder, ...parts)
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'))

describeWithData('annotations of real datasets', () => {
  it('reads COCO, with classes in the order that models know', async () => {
    const { format, categories, samples, warnings } = await openDataset({
      images: at('coco/val'),
      annotations: at('coco/val.instances.json'),
    })
    const file = json('coco/val.instances.json')
    expect(format).toBe('coco')
    expect(samples).toHaveLength(64)
    expect(samples.reduce((sum, { boxes }) => sum + (boxes?.length ?? 0), 0)).toBe(file.annotations.length)
    expect(samples.flatMap(({ boxes = [] }) => boxes.filter(({ isCrowd }) => isCrowd))).toHaveLength(2)
    for (const { id, yolo_index } of file.categories) expect(categories[yolo_index]?.id).toBe(id)
    expect(warnings.filter(({ code }) => code !== 'CLASS_EMPTY')).toEqual([])
  })

  it('keeps pictures of COCO in which nothing is annotated', async () => {
    const { samples } = await openDataset({
      images: at('coco/calib'),
      annotations: at('coco/calib.instances.json'),
      strict: true,
    })
    expect(samples).toHaveLength(96)
    expect(samples.filter(({ boxes }) => boxes?.length === 0)).toHaveLength(2)
  })

  it('reads our own detection sets', async () => {
    const digits = await openDataset({
      images: at('det_digits/val'),
      annotations: at('det_digits/val.instances.json'),
      strict: true,
    })
    expect([digits.samples.length, digits.categories.length]).toEqual([200, 10])
    const shapes = await openDataset({
      images: at('rtdetr/val/images'),
      annotations: at('rtdetr/val/instances.json'),
      strict: true,
    })
    expect(shapes.samples).toHaveLength(300)
    expect(shapes.categories.map(({ name }) => name)).toEqual(['circle', 'square', 'triangle', 'star', 'cross', 'ring'])
  })

  it('reads ImageNet labels with their classes', async () => {
    const options = {
      images: at('imagenet/val'),
      annotations: at('imagenet/val.labels.json'),
      classes: at('imagenet/classes.json'),
    }
    const dataset = await openDataset({ ...options, strict: true })
    expect(dataset.format).toBe('label-file')
    expect(dataset.samples).toHaveLength(400)
    expect(dataset.categories).toHaveLength(1000)
    expect(dataset.categories[0]).toEqual({ id: 'n01440764', name: 'tench' })
    // File names begin with the id of their class.
    for (const { id, label } of dataset.samples) expect(id.startsWith(String(dataset.categories[label as number]?.id))).toBe(true)
    expect(new Set(subsample(dataset, { count: 100, seed: 4 }).samples.map(({ label }) => label)).size).toBe(100)
  })

  it('reads lines and pages of text', async () => {
    const lines = await openDataset({ images: at('ocr_lines/val'), annotations: at('ocr_lines/val.labels.json'), strict: true })
    expect(lines.format).toBe('ocr')
    expect(lines.samples[0]).toMatchObject({ id: 'val_20000.png', texts: [{ text: '$927.11' }] })
    const pages = await openDataset({ images: at('ocr_pages'), annotations: at('ocr_pages.labels.json'), strict: true })
    expect(pages.samples).toHaveLength(24)
    expect(pages.samples[0]?.texts?.[0]).toEqual({ text: '04/08/2009', polygon: [19, 25, 159, 25, 159, 49, 19, 49] })
  })

  let rotated: string
  beforeAll(async () => {
    rotated = await mkdtemp(join(tmpdir(), 'enginery-rotated-'))
  })
  afterAll(() => rm(rotated, { recursive: true, force: true }))

  it('reads DOTA, and notes corners of a picture that was scaled', async () => {
    for (const name of ['dota_P2805.png', 'dota_P2805.txt']) await symlink(at('rotated', name), join(rotated, name))
    const { samples, categories, warnings } = await openDataset({ format: 'dota', annotations: rotated })
    expect(categories).toEqual([{ id: 0, name: 'plane' }])
    expect(samples[0]?.polygons).toHaveLength(4)
    expect(samples[0]?.polygons?.[0]?.polygon).toEqual([359, 663, 369, 497, 543, 509, 531, 677])
    // The labels are of the original tile of 1024 pixels, the picture has 170.
    expect(warnings).toEqual([{ code: 'BOX_OUTSIDE', count: 4, examples: Array(4).fill('dota_P2805.png') }])
  })

  it('reads rotated boxes of DIOR in the format of VOC', async () => {
    const { samples, categories } = await openDataset({ format: 'voc', annotations: at('rotated') })
    expect(categories).toEqual([{ id: 0, name: 'golffield' }])
    expect(samples).toMatchObject([{ id: 'dior_00001.jpg', polygons: [{ polygon: [133, 237, 684, 237, 684, 672, 133, 672] }] }])
  })
})
