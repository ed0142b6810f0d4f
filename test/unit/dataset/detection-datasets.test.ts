import { describe, expect, it } from 'vitest'
import { openDataset } from '../../../lib/dataset/open-dataset.js'
import { coded, makePng, makeTree, picture } from './dataset-tree.js'

describe('COCO', () => {
  const coco = {
    images: [
      { id: 9, file_name: 'val2017/a b.png', width: 20, height: 10 },
      { id: 4, file_name: 'ü.png', width: 20, height: 10 },
      { id: 5, file_name: 'gone.png', width: 20, height: 10 },
    ],
    categories: [
      { id: 90, name: 'toothbrush' },
      { id: 1, name: 'person' },
      { id: 13, name: 'stop sign' },
    ],
    annotations: [
      { id: 1, image_id: 9, category_id: 90, bbox: [1.5, 2, 3, 4], area: 7.25, iscrowd: 0 },
      { id: 2, image_id: 9, category_id: 1, bbox: [0, 0, 20, 10], iscrowd: 1, segmentation: { counts: [1], size: [1, 1] } },
      { id: 3, image_id: 9, category_id: 7, bbox: [0, 0, 1, 1] },
      { id: 4, image_id: 77, category_id: 1, bbox: [0, 0, 1, 1] },
      { id: 5, image_id: 9, category_id: 1, bbox: [15, 5, 10, 10] },
      { id: 6, image_id: 9, category_id: 1, bbox: [5, 5, 0, 3] },
    ],
  }
  const tree = (content: object) =>
    makeTree({ 'p/val2017/a b.png': picture, 'p/ü.png': picture, 'p/other.png': picture, 'c.json': JSON.stringify(content) })

  it('orders classes by id and keeps crowds, areas and pictures without annotations', async () => {
    const at = await tree(coco)
    const { format, categories, samples, warnings } = await openDataset({ images: at('p'), annotations: at('c.json') })
    expect(format).toBe('coco')
    expect(categories.map(({ id }) => id)).toEqual([1, 13, 90])
    expect(samples.map(({ id }) => id)).toEqual(['ü.png', 'val2017/a b.png'])
    expect(samples[1]?.boxes).toEqual([
      { category: 2, box: [1.5, 2, 3, 4], area: 7.25, isCrowd: false, isDifficult: false },
      { category: 0, box: [0, 0, 20, 10], area: 200, isCrowd: true, isDifficult: false },
      { category: 0, box: [15, 5, 10, 10], area: 100, isCrowd: false, isDifficult: false },
      { category: 0, box: [5, 5, 0, 3], area: 0, isCrowd: false, isDifficult: false },
    ])
    expect(samples[0]?.boxes).toEqual([])
    expect(warnings).toEqual([
      { code: 'CLASS_UNKNOWN', count: 1, examples: ['category_id 7'] },
      { code: 'PICTURE_MISSING', count: 2, examples: ['image_id 77', 'gone.png'] },
      { code: 'BOX_OUTSIDE', count: 1, examples: ['val2017/a b.png'] },
      { code: 'BOX_EMPTY', count: 1, examples: ['val2017/a b.png'] },
      { code: 'PICTURE_UNANNOTATED', count: 1, examples: ['other.png'] },
      { code: 'CLASS_EMPTY', count: 1, examples: ['stop sign'] },
    ])
  })

  it('takes the order of classes that a model knows, by their names', async () => {
    const at = await tree(coco)
    const source = { images: at('p'), annotations: at('c.json') }
    const classes = ['nothing', 'toothbrush', 'tree', 'person', 'person']
    const { categories, samples, warnings } = await openDataset({ ...source, classes })
    expect(categories.map(({ name }) => name)).toEqual(classes)
    expect(categories.map(({ id }) => id)).toEqual(['0 of classes', 90, '2 of classes', 1, 1])
    expect(samples[1]?.boxes?.map(({ category }) => category)).toEqual([1, 3, 3, 3])
    expect(warnings).toContainEqual({ code: 'CLASS_UNKNOWN', count: 1, examples: ['category_id 7'] })
    await expect(openDataset({ ...source, classes: ['tree', 'house'] })).rejects.toThrow(
      coded('DATASET_INVALID', /among the classes \(tree, house\), received person, stop sign, toothbrush/),
    )
  })

  it('finds pictures whose file names begin further up or further down', async () => {
    const at = await tree(coco)
    const { samples } = await openDataset({ images: at('p', 'val2017'), annotations: at('c.json') })
    expect(samples.map(({ id }) => id)).toEqual(['a b.png'])
  })

  it.each<[string, object, RegExp]>([
    ['no annotations', { ...coco, annotations: undefined }, /expected a list called annotations, received undefined/],
    [
      'a box of three',
      { ...coco, annotations: [{ image_id: 9, category_id: 1, bbox: [1, 2, 3] }] },
      /annotations\[0\]: expected bbox/,
    ],
    [
      'NaN',
      { ...coco, annotations: [{ image_id: 9, category_id: 1, bbox: [1, 2, 3, null] }] },
      /annotations\[0\]: expected bbox/,
    ],
    ['a class twice', { ...coco, categories: [coco.categories[0], coco.categories[0]] }, /appears twice/],
    ['an image without name', { ...coco, images: [{ id: 1 }] }, /images\[0\]: expected id and file_name/],
  ])('refuses %s', async (_, content, message) => {
    const at = await tree(content)
    await expect(openDataset({ images: at('p'), annotations: at('c.json'), format: 'coco' })).rejects.toThrow(
      coded('DATASET_INVALID', message),
    )
  })
})

describe('Pascal VOC', () => {
  const object = (name: string, box: string, rest = '') => `<object><name>${name}</name>${rest}<bndbox>${box}</bndbox></object>`
  const corners = (x1: number, y1: number, x2: number, y2: number) =>
    `<xmin>${x1}</xmin><ymin>${y1}</ymin><xmax>${x2}</xmax><ymax>${y2}</ymax>`
  const xml = (objects: string, filename = 'a.png') =>
    `<?xml version="1.0"?><annotation><filename>${filename}</filename><size><width>20</width><height>10</height><depth>3</depth></size>${objects}</annotation>`
  const tree = (objects: string) =>
    makeTree({
      'JPEGImages/a.png': picture,
      'JPEGImages/b ü.png': picture,
      'Annotations/a.xml': xml(objects),
      'Annotations/b ü.xml': xml('', 'b ü.png'),
      'Annotations/c.xml': xml('', 'c.png'),
      'ImageSets/Main/val.txt': 'a\nb ü -1\n',
    })

  it('counts pixels from 1 and knows difficult objects', async () => {
    const at = await tree(object('dog', corners(1, 1, 20, 10)) + object('cat', corners(3, 4, 3, 4), '<difficult>1</difficult>'))
    const { format, categories, samples, warnings } = await openDataset({ images: at() })
    expect(format).toBe('voc')
    expect(categories).toHaveLength(20)
    expect(samples.map(({ id }) => id)).toEqual(['a.png', 'b ü.png'])
    expect(samples[0]?.boxes).toEqual([
      { category: 11, box: [0, 0, 20, 10], area: 200, isCrowd: false, isDifficult: false },
      { category: 7, box: [2, 3, 1, 1], area: 1, isCrowd: false, isDifficult: true },
    ])
    expect(samples[1]?.boxes).toEqual([])
    expect(warnings[0]).toEqual({ code: 'PICTURE_MISSING', count: 1, examples: ['c.png'] })
  })

  it('counts from 0 where told so, and takes splits and classes', async () => {
    const at = await tree(object('griffin', corners(0, 0, 20, 10)) + object('cat', corners(0, 0, 1, 1)))
    const { categories, samples, warnings } = await openDataset({
      images: at(),
      split: 'val',
      oneBased: false,
      classes: ['griffin'],
    })
    expect(categories).toEqual([{ id: 0, name: 'griffin' }])
    expect(samples.map(({ id }) => id)).toEqual(['a.png', 'b ü.png'])
    expect(samples[0]?.boxes?.map(({ box }) => box)).toEqual([[0, 0, 20, 10]])
    expect(warnings).toEqual([{ code: 'CLASS_UNKNOWN', count: 1, examples: ['cat'] }])
  })

  it('takes the classes that occur where they are not those of the challenge', async () => {
    const at = await tree(object('zorse', corners(1, 1, 2, 2)) + object('griffin &amp; son', corners(1, 1, 2, 2)))
    const { categories } = await openDataset({ images: at() })
    expect(categories.map(({ name }) => name)).toEqual(['griffin & son', 'zorse'])
  })

  it('reads rotated boxes', async () => {
    const rotated = '<cx>10</cx><cy>5</cy><w>4</w><h>2</h><angle>1.5707963267948966</angle>'
    const at = await tree(`<object><name>ship</name><robndbox>${rotated}</robndbox></object>`)
    const { samples } = await openDataset({ images: at() })
    const [first] = samples[0]?.polygons ?? []
    for (const [index, expected] of [11, 3, 11, 7, 9, 7, 9, 3].entries()) expect(first?.polygon[index]).toBeCloseTo(expected, 9)
    expect(samples[0]).not.toHaveProperty('boxes')
  })

  it.each<[string, string, RegExp]>([
    ['broken XML', '<object><name>x</object>', /line 1: .*name/],
    ['objects without name', `<object><bndbox>${corners(1, 1, 2, 2)}</bndbox></object>`, /expected an <object> with a <name>/],
    ['objects without box', '<object><name>x</name></object>', /object x: expected <bndbox>/],
    ['words for numbers', object('x', corners(1, 1, Number.NaN, 2)), /object x: expected a number in <xmax>/],
  ])('refuses %s', async (_, objects, message) => {
    const at = await tree(objects)
    await expect(openDataset({ images: at() })).rejects.toThrow(coded('DATASET_INVALID', message))
  })
})

describe('YOLO', () => {
  const files = {
    'd/images/val/a b.png': makePng(200, 100),
    'd/images/val/empty.png': picture,
    'd/images/val/none.png': picture,
    'd/images/val/broken.png': Buffer.from('no picture'),
    'd/labels/val/a b.txt': '1 0.5 0.5 0.2 0.4\n0 0.25 0.25 0.1 0.1 \n5 0.5 0.5 0.1 0.1\n0 0.1 0.1 0.4 0.1 0.2 0.6\n',
    'd/labels/val/empty.txt': '',
    'd/labels/val/broken.txt': '0 0.5 0.5 1 1',
    'd/data.yaml': 'path: .\nval: images/val\nnames:\n  0: cat\n  1: dog\n',
  }

  it('reads data.yaml, and text files beside the pictures', async () => {
    const at = await makeTree(files)
    const { format, categories, samples, warnings } = await openDataset({ annotations: at('d', 'data.yaml') })
    expect(format).toBe('yolo')
    expect(categories.map(({ name }) => name)).toEqual(['cat', 'dog'])
    expect(samples.map(({ id }) => id)).toEqual(['a b.png', 'empty.png', 'none.png'])
    const boxes = samples[0]?.boxes ?? []
    expect(boxes.map(({ category }) => category)).toEqual([1, 0, 0])
    const expected = [
      [80, 30, 40, 40],
      [40, 20, 20, 10],
      [20, 10, 60, 50],
    ]
    for (const [index, box] of expected.entries()) {
      for (const [side, value] of box.entries()) expect(boxes[index]?.box[side]).toBeCloseTo(value, 9)
    }
    expect(samples[1]?.boxes).toEqual([])
    expect([...warnings].sort((a, b) => (a.code < b.code ? -1 : 1))).toEqual([
      { code: 'CLASS_UNKNOWN', count: 1, examples: ['a b.png: 5'] },
      { code: 'PICTURE_UNANNOTATED', count: 1, examples: ['none.png'] },
      { code: 'PICTURE_UNREADABLE', count: 1, examples: ['broken.png'] },
    ])
  })

  it('reads a folder of text files, and rotated boxes', async () => {
    const at = await makeTree({ 'i/a.png': makePng(200, 100), 't/a.txt': '0 0.1 0.1 0.2 0.1 0.2 0.3 0.1 0.3' })
    const { samples } = await openDataset({ images: at('i'), annotations: at('t'), classes: ['ship'] })
    const [polygon] = samples[0]?.polygons ?? []
    for (const [index, value] of [20, 10, 40, 10, 40, 30, 20, 30].entries()) expect(polygon?.polygon[index]).toBeCloseTo(value, 9)
  })

  it.each(['0 0.5 0.5 0.1', '0.5 0.5 0.5 0.1 0.1', 'cat 0.5 0.5 0.1 0.1'])('refuses the line %s', async (line) => {
    const at = await makeTree({ 'i/a.png': picture, 't/a.txt': `\n${line}` })
    const options = { format: 'yolo' as const, images: at('i'), annotations: at('t'), classes: ['ship'] }
    await expect(openDataset(options)).rejects.toThrow(coded('DATASET_INVALID', /line 2: expected "class cx cy width height"/))
  })

  it('needs the names of classes', async () => {
    const at = await makeTree({ 'i/a.png': picture, 't/a.txt': '0 0.5 0.5 0.1 0.1' })
    await expect(openDataset({ images: at('i'), annotations: at('t') })).rejects.toThrow(
      coded('DATASET_INVALID', /pass `classes`/),
    )
  })
})

describe('DOTA', () => {
  const header = 'imagesource:GoogleEarth\ngsd:0.146\n'

  it('reads corners, categories and difficulty', async () => {
    const at = await makeTree({
      'images/P1.png': picture,
      'images/P2.png': picture,
      'labelTxt/P1.txt': `${header}1.0 1.0 5.0 1.0 5.0 4.0 1.0 4.0 small-vehicle 1\n1 1 90 1 90 4 1 4 plane\n`,
      'labelTxt/P2.txt': header,
      'labelTxt/P9.txt': header,
    })
    const { format, categories, samples, warnings } = await openDataset({ images: at('images'), annotations: at('labelTxt') })
    expect(format).toBe('dota')
    expect(categories.map(({ name }) => name)).toEqual(['plane', 'small-vehicle'])
    expect(samples[0]?.polygons).toEqual([
      { category: 1, polygon: [1, 1, 5, 1, 5, 4, 1, 4], isDifficult: true },
      { category: 0, polygon: [1, 1, 90, 1, 90, 4, 1, 4], isDifficult: false },
    ])
    expect(samples[1]?.polygons).toEqual([])
    expect(warnings).toEqual([
      { code: 'PICTURE_MISSING', count: 1, examples: ['P9.txt'] },
      { code: 'BOX_OUTSIDE', count: 1, examples: ['P1.png'] },
    ])
  })

  it.each(['1 2 3 4 5 6 7 plane 0', '1 2 3 4 5 6 7 8', '1 2 3 4 5 6 7 8 plane 0 extra'])('refuses the line %s', async (line) => {
    const at = await makeTree({ 'a.png': picture, 'a.txt': `${header}${line}` })
    await expect(openDataset({ format: 'dota', annotations: at() })).rejects.toThrow(
      coded('DATASET_INVALID', /line 3: expected eight coordinates/),
    )
  })
})

describe('text in pictures', () => {
  it('reads lines and pages from JSON', async () => {
    const pages = { 'a.png': [{ text: '04/08', box: [1, 2, 5, 6] }], 'b.png': 'a whole line', 'gone.png': '' }
    const at = await makeTree({ 'a.png': picture, 'b.png': picture, 'l.json': JSON.stringify(pages) })
    const { samples, warnings } = await openDataset({ annotations: at('l.json'), format: 'ocr' })
    expect(samples.map(({ texts }) => texts)).toEqual([
      [{ text: '04/08', polygon: [1, 2, 5, 2, 5, 6, 1, 6] }],
      [{ text: 'a whole line' }],
    ])
    expect(warnings).toEqual([{ code: 'PICTURE_MISSING', count: 1, examples: ['gone.png'] }])
  })

  it("reads PaddleOCR's Label.txt", async () => {
    const points = [
      [1, 2],
      [5, 2],
      [5, 6],
      [1, 6],
    ]
    const label = `ch/a b.png\t${JSON.stringify([{ transcription: 'größe', points, difficult: false }])}\nch/c.png\t[brackets] are text\n`
    const at = await makeTree({ 'ch/a b.png': picture, 'ch/c.png': picture, 'Label.txt': label })
    const { samples } = await openDataset({ annotations: at('Label.txt') })
    expect(samples.map(({ id, texts }) => [id, texts])).toEqual([
      ['ch/a b.png', [{ text: 'größe', polygon: points.flat() }]],
      ['ch/c.png', [{ text: '[brackets] are text' }]],
    ])
  })

  it.each<[string, string, RegExp]>([
    ['l.json', '{"a.png": 3}', /a.png: expected a text or a list/],
    ['l.json', '{"a.png": [{"text": "x", "box": [1, 2, 3]}]}', /expected a box of four numbers/],
    ['l.txt', 'a.png hello', /line 1: expected a file name, a tab and a text/],
    ['l.txt', 'a.png\t[{', /line 1: it is no JSON/],
  ])('refuses %s with %s', async (name, content, message) => {
    const at = await makeTree({ 'a.png': picture, [name]: content })
    await expect(openDataset({ format: 'ocr', annotations: at(name) })).rejects.toThrow(coded('DATASET_INVALID', message))
  })
})
