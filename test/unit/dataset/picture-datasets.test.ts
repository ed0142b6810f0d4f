import { describe, expect, it } from 'vitest'
import { openDataset } from '../../../lib/dataset/open-dataset.js'
import { coded, makeTree, picture } from './dataset-tree.js'

describe('image folders', () => {
  it('lists pictures below a folder in the order of their names', async () => {
    const at = await makeTree({
      'b.JPG': picture,
      'ä ö.png': picture,
      'sub/a.webp': picture,
      'sub/.hidden.png': picture,
      '.thumbs/x.png': picture,
      'readme.txt': '',
      'B.tiff': picture,
    })
    const dataset = await openDataset({ images: at(), format: 'image-folder' })
    expect(dataset.format).toBe('image-folder')
    expect(dataset.samples.map(({ id }) => id)).toEqual(['B.tiff', 'b.JPG', 'sub/a.webp', 'ä ö.png'])
    expect(dataset.samples[2]?.path).toBe(at('sub', 'a.webp'))
    expect(dataset.warnings).toEqual([])
  })

  it('has a digest of names, annotations and sizes, not of places', async () => {
    const files = { 'a.png': picture, 'b.png': picture }
    const digestOf = async (tree: Record<string, Uint8Array>) => (await openDataset({ images: (await makeTree(tree))() })).digest
    const digest = await digestOf(files)
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(await digestOf(files)).toBe(digest)
    expect(await digestOf({ ...files, 'b.png': Buffer.concat([picture, Buffer.of(0)]) })).not.toBe(digest)
    expect(await digestOf({ 'a.png': picture, 'c.png': picture })).not.toBe(digest)
  })

  it('refuses folders without pictures and folders that are not there', async () => {
    const at = await makeTree({ 'a.txt': '' })
    await expect(openDataset({ images: at() })).rejects.toThrow(coded('DATASET_EMPTY', /no picture was found/))
    await expect(openDataset({ images: at('none') })).rejects.toThrow(coded('FILE_NOT_FOUND', /none/))
  })
})

describe('options that a format has no use for', () => {
  it.each([
    ['image-folder', { classes: ['a'] }, 'classes', /image-folder has no use for it: it takes images/],
    ['image-folder', { split: 'val' }, 'split', /no use for it/],
    ['image-folder', { annotations: 'a.json' }, 'annotations', /no use for it/],
    ['class-folders', { oneBased: false }, 'oneBased', /it takes images, classes/],
    ['coco', { annotations: 'a.json', tensors: 'a.npz' }, 'tensors', /no use for it/],
    ['ocr', { annotations: 'a.txt', classes: 'c.txt' }, 'classes', /it takes images, annotations/],
  ] as const)('are refused: %s, %o', async (format, rest, option, message) => {
    const at = await makeTree({ 'a.png': picture })
    const opening = openDataset({ images: at(), format, ...rest } as Parameters<typeof openDataset>[0])
    await expect(opening).rejects.toThrow(coded('OPTION_INVALID', message))
    await expect(opening).rejects.toMatchObject({ details: { caller: 'openDataset', option } })
  })

  it('are not those that are undefined, or that are for all', async () => {
    const at = await makeTree({ 'a.png': picture })
    const options = { images: at(), format: 'image-folder', strict: true, split: undefined, classes: undefined } as const
    expect((await openDataset(options)).samples).toHaveLength(1)
  })
})

describe('image lists', () => {
  it('reads one path a line', async () => {
    const at = await makeTree({
      'list.txt': 'p/one two.png\r\np/ü.png\np/one two.png\np/gone.png\n\n',
      'p/one two.png': picture,
      'p/ü.png': picture,
    })
    const dataset = await openDataset({ images: at('list.txt') })
    expect(dataset.samples.map(({ id }) => id)).toEqual(['p/one two.png', 'p/ü.png'])
    expect(dataset.warnings).toEqual([
      { code: 'ANNOTATION_DUPLICATE', count: 1, examples: ['p/one two.png'] },
      { code: 'PICTURE_MISSING', count: 1, examples: ['p/gone.png'] },
    ])
    await expect(openDataset({ images: at('list.txt'), strict: true })).rejects.toThrow(
      coded('DATASET_MISMATCH', /ANNOTATION_DUPLICATE \(1: p\/one two.png\), PICTURE_MISSING \(1: p\/gone.png\)/),
    )
  })
})

describe('class folders', () => {
  const files = { 'zebra/1.png': picture, 'ape/2.png': picture, 'ape/deep/3.png': picture, 'loose.png': picture }

  it('takes the sorted folders as classes', async () => {
    const at = await makeTree({ ...files, 'empty/notes.txt': '' })
    const dataset = await openDataset({ images: at(), format: 'class-folders' })
    expect(dataset.categories.map(({ name }) => name)).toEqual(['ape', 'empty', 'zebra'])
    expect(dataset.samples.map(({ id, label }) => [id, label])).toEqual([
      ['ape/2.png', 0],
      ['ape/deep/3.png', 0],
      ['zebra/1.png', 2],
    ])
    expect(dataset.warnings).toEqual([
      { code: 'PICTURE_UNANNOTATED', count: 1, examples: ['loose.png'] },
      { code: 'CLASS_EMPTY', count: 1, examples: ['empty'] },
    ])
  })

  it('takes the order of a class file, by id or name', async () => {
    const classes = JSON.stringify([
      { index: 1, wnid: 'n02', name: 'ape' },
      { index: 0, wnid: 'zebra', name: 'a striped horse' },
    ])
    const at = await makeTree({ ...files, 'extra/9.png': picture, 'classes.json': classes })
    const dataset = await openDataset({ images: at(), format: 'class-folders', classes: at('classes.json') })
    expect(dataset.categories).toEqual([
      { id: 'zebra', name: 'a striped horse' },
      { id: 'n02', name: 'ape' },
    ])
    expect(dataset.samples.map(({ label }) => label)).toEqual([1, 1, 0])
    expect(dataset.warnings[0]).toEqual({ code: 'CLASS_UNKNOWN', count: 1, examples: ['extra/9.png'] })
  })
})

describe('label files', () => {
  it('reads JSON with indices', async () => {
    const at = await makeTree({
      'p/a.png': picture,
      'p/b c.png': picture,
      'p/d.png': picture,
      'l.json': '{"b c.png": 2, "a.png": 0, "x.png": 1}',
    })
    const dataset = await openDataset({ images: at('p'), annotations: at('l.json') })
    expect(dataset.format).toBe('label-file')
    expect(dataset.samples.map(({ id, label }) => [id, label])).toEqual([
      ['b c.png', 2],
      ['a.png', 0],
    ])
    expect(dataset.categories.map(({ name }) => name)).toEqual(['0', '1', '2'])
    expect(dataset.warnings.map(({ code, examples }) => [code, examples])).toEqual([
      ['PICTURE_MISSING', ['x.png']],
      ['PICTURE_UNANNOTATED', ['d.png']],
      ['CLASS_EMPTY', ['1']],
    ])
  })

  it('reads text with names, spaces and tabs', async () => {
    const at = await makeTree({
      'a b.png': picture,
      'é.png': picture,
      'c.png': picture,
      'l.txt': 'a b.png cat\né.png\tgreat dane\nc.png dragon\n',
    })
    const dataset = await openDataset({ annotations: at('l.txt'), classes: ['great dane', 'cat'] })
    expect(dataset.samples.map(({ id, label }) => [id, label])).toEqual([
      ['a b.png', 1],
      ['é.png', 0],
    ])
    expect(dataset.warnings).toEqual([{ code: 'CLASS_UNKNOWN', count: 1, examples: ['c.png: dragon'] }])
  })

  it('finds names whose accents are stored otherwise', async () => {
    const at = await makeTree({
      [`p/${'café'.normalize('NFD')}.png`]: picture,
      'l.json': JSON.stringify({ [`${'café'.normalize('NFC')}.png`]: 0 }),
    })
    const { samples, warnings } = await openDataset({ images: at('p'), annotations: at('l.json') })
    expect(samples).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  it.each<[string, string, RegExp]>([
    ['l.json', '{"a.png": [1]}', /neither COCO|a.png: expected an index or a name/],
    ['l.json', '{', /it is no JSON/],
    ['l.txt', 'a.png', /line 1: expected "file label"/],
  ])('refuses %s with %s', async (name, content, message) => {
    const at = await makeTree({ 'a.png': picture, [name]: content })
    await expect(openDataset({ format: 'label-file', annotations: at(name) })).rejects.toThrow(coded('DATASET_INVALID', message))
  })
})

describe('formats that are not said', () => {
  it.each<[string, Record<string, string | Uint8Array>, Record<string, string>, string]>([
    ['pictures in one folder', { 'i/a.png': picture }, { images: 'i' }, 'image-folder'],
    ['pictures in one folder within', { 'i/images/a.png': picture }, { images: 'i' }, 'image-folder'],
    ['pictures in several folders', { 'i/x/a.png': picture, 'i/y/b.png': picture }, { images: 'i' }, 'class-folders'],
    ['lines of text', { 'a.png': picture, 'l.json': '{"a.png": "hello"}' }, { annotations: 'l.json' }, 'ocr'],
    ['PaddleOCR', { 'a.png': picture, 'Label.txt': 'a.png\thello world' }, { annotations: 'Label.txt' }, 'ocr'],
    ['numbers', { 'a.png': picture, 'l.txt': 'a.png 3' }, { annotations: 'l.txt' }, 'label-file'],
    ['DOTA', { 'a.png': picture, 'l/a.txt': 'gsd:1\n1 1 2 1 2 2 1 2 ship 0' }, { images: '.', annotations: 'l' }, 'dota'],
    ['VOC', { 'a.png': picture, 'l/a.xml': '<annotation/>' }, { images: '.', annotations: 'l' }, 'voc'],
  ])('%s', async (_, files, paths, expected) => {
    const at = await makeTree(files)
    const options = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, at(path)]))
    expect((await openDataset(options)).format).toBe(expected)
  })

  it('says what it found where it cannot tell', async () => {
    const at = await makeTree({
      'i/x/a.png': picture,
      'i/b.png': picture,
      'e/a.md': '',
      'l.json': '{"a": {}}',
      'l.txt': 'what is this',
    })
    const unknown = (message: RegExp) => coded('DATASET_FORMAT_UNKNOWN', message)
    await expect(openDataset({ images: at('i') })).rejects.toThrow(unknown(/1 pictures lie in it and others in its folders x/))
    await expect(openDataset({ annotations: at('e') })).rejects.toThrow(unknown(/neither .xml nor .txt/))
    await expect(openDataset({ annotations: at('l.json') })).rejects.toThrow(unknown(/its keys begin with a/))
    await expect(openDataset({ annotations: at('l.txt') })).rejects.toThrow(unknown(/"what is this"/))
    await expect(openDataset({})).rejects.toThrow(coded('OPTION_INVALID', /expected one of the options/))
    await expect(openDataset({ images: at('i'), format: 'coco' })).rejects.toThrow(
      coded('OPTION_INVALID', /option annotations: the format coco needs it/),
    )
    await expect(openDataset({ image: 'x' } as object)).rejects.toThrow(
      coded('OPTION_INVALID', /option image: there is no such option/),
    )
  })
})
