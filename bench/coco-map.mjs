// How long COCO's twelve numbers take beside pycocotools, fresh processes in turn: as many pictures and detections as COCO's
// validation set has, made here, and the detections of two models on real pictures.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, cacheFolder, dataFolder } from './cases.mjs'
import { describeMachine } from './measure/machine.mjs'
import { median } from './measure/statistics.mjs'
import { python, runFresh } from './measure/trial.mjs'

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    pictures: { type: 'string', default: '5000' },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
})

/** Ours over theirs, at most; and how far the numbers may lie apart. */
const AT_MOST = 1
const TOLERANCE = 1e-6

/** About seven objects of 80 classes a picture, a few classes making up most; up to 80 detections, most of them wrong. */
async function makePictures(count) {
  let state = 1
  const below = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * limit
  }
  const anyClass = () => 1 + Math.floor(80 * (below(1) * below(1)))
  const anyBox = () => {
    const size = 8 * 50 ** below(1)
    const [width, height] = [size * (0.5 + below(1)), size * (0.5 + below(1))]
    return [below(Math.max(1, 640 - width)), below(Math.max(1, 480 - height)), width, height]
  }
  const images = Array.from({ length: count }, (_, i) => ({ id: i + 1, width: 640, height: 480 }))
  const categories = Array.from({ length: 80 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` }))
  const annotations = []
  const detections = []
  for (const { id: image_id } of images) {
    for (let objects = Math.floor(below(15)); objects > 0; objects--) {
      const [category_id, bbox] = [anyClass(), anyBox()]
      const iscrowd = below(80) < 1 ? 1 : 0
      annotations.push({ id: annotations.length + 1, image_id, category_id, bbox, area: bbox[2] * bbox[3] * 0.6, iscrowd })
      for (let tries = Math.floor(below(3)); tries > 0; tries--) {
        const moved = bbox.map((value, i) => (i < 2 ? value + bbox[i + 2] * (below(0.3) - 0.15) : value * (0.8 + below(0.4))))
        detections.push({ image_id, category_id, bbox: moved, score: Math.sqrt(below(1)) })
      }
    }
    for (let wrong = Math.floor(below(140)); wrong > 0; wrong--) {
      detections.push({ image_id, category_id: anyClass(), bbox: anyBox(), score: below(1) ** 3 })
    }
  }
  const files = {
    instances: path.join(cacheFolder, 'coco-map.instances.json'),
    detections: path.join(cacheFolder, 'coco-map.detections.json'),
  }
  await mkdir(cacheFolder, { recursive: true })
  await writeFile(files.instances, JSON.stringify({ images, annotations, categories }))
  await writeFile(files.detections, JSON.stringify(detections))
  return { title: `${count} made pictures`, count: detections.length, ...files }
}

/** The stored detections of a model, in COCO's form. */
async function prepareStored(name) {
  const stored = JSON.parse(await readFile(path.join(benchFolder, '..', 'test', 'reference', 'metrics', `${name}.json`), 'utf8'))
  const instances = path.join(dataFolder, stored.instances)
  if (!existsSync(instances)) {
    console.error(`skipped: ${name}: ${instances} is missing (set ENGINERY_TEST_DATA)`)
    return undefined
  }
  const { images, categories } = JSON.parse(await readFile(instances, 'utf8'))
  const detections = []
  for (let i = 0; i < stored.detections.length; i += 7) {
    const [picture, category, score, ...tenths] = stored.detections.slice(i, i + 7)
    const [x1, y1, x2, y2] = tenths.map((value) => value / 10)
    const bbox = [x1, y1, x2 - x1, y2 - y1]
    detections.push({ image_id: images[picture].id, category_id: categories[category].id, bbox, score: score / 1000 })
  }
  const file = path.join(cacheFolder, `coco-map.${name}.json`)
  await writeFile(file, JSON.stringify(detections))
  return { title: `${name}, ${images.length} pictures`, count: detections.length, instances, detections: file }
}

const made = await makePictures(Number(options.pictures))
const cases = [made, ...(await Promise.all(['yolox_nano', 'rtdetr_tiny'].map(prepareStored)))].filter(Boolean)
const programs = {
  ours: [process.execPath, path.join(benchFolder, 'contenders', 'coco-map.mjs')],
  theirs: [python, path.join(benchFolder, 'contenders', 'coco_map.py')],
}

let missed = false
for (const each of cases) {
  each.pairs = []
  for (let trial = 0; trial < Number(options.trials); trial++) {
    const pair = {}
    // Each goes first in every other trial.
    for (const name of trial % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']) {
      const [command, file] = programs[name]
      pair[name] = await runFresh(command, [file, JSON.stringify(each)])
    }
    const apart = Math.max(...pair.ours.scores.map((score, i) => Math.abs(score - pair.theirs.scores[i])))
    if (!(apart <= TOLERANCE)) throw new Error(`${each.title}: the numbers lie ${apart} apart`)
    each.pairs.push({ ours: pair.ours.seconds, theirs: pair.theirs.seconds, apart })
  }
  each.ratio = median(each.pairs.map(({ ours, theirs }) => ours / theirs))
  if (each.ratio > AT_MOST) missed = true
}

const machine = describeMachine()
const show = (seconds) => (seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`)
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${options.trials} pairs, load ${machine.load[0]}\n`)
console.log('| case | detections | enginery | pycocotools | ratio, median of pairs | largest difference | |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const { title, count, pairs, ratio } of cases) {
  const cells = [title, count, show(median(pairs.map(({ ours }) => ours))), show(median(pairs.map(({ theirs }) => theirs)))]
  cells.push(ratio.toFixed(3), Math.max(...pairs.map(({ apart }) => apart)).toExponential(1), ratio <= AT_MOST ? 'PASS' : 'MISS')
  console.log(`| ${cells.join(' | ')} |`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, cases }, null, 1)}\n`)
if (missed && options['require-targets']) process.exitCode = 1
