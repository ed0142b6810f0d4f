// enginery: detections from parsed JSON to COCO's twelve numbers; one job from the command line, one JSON line out.
import { readFile } from 'node:fs/promises'

const entry = new URL(process.env.ENGINERY_ENTRY ?? '../../dist/index.js', import.meta.url)
const { createCocoMap } = await import(new URL('evaluation/metrics/detection/coco-map.js', entry))
const { MetricAccumulator } = await import(new URL('evaluation/metrics/metric-accumulator.js', entry))

const job = JSON.parse(process.argv[2])
const [instances, detections] = await Promise.all(
  [job.instances, job.detections].map(async (file) => JSON.parse(await readFile(file, 'utf8'))),
)
const { categories, images, annotations } = instances
const places = new Map(categories.map(({ id }, place) => [id, place]))
const samples = new Map(images.map(({ id }) => [id, { id: String(id), boxes: [] }]))
for (const { image_id, category_id, bbox, area, iscrowd } of annotations) {
  const category = places.get(category_id)
  samples.get(image_id).boxes.push({ category, box: bbox, area, isCrowd: iscrowd === 1, isDifficult: false })
}

const start = performance.now()
const results = new Map(images.map(({ id }) => [id, []]))
for (const { image_id, category_id, bbox, score } of detections) {
  const [x, y, width, height] = bbox
  results.get(image_id).push({ category: places.get(category_id), score, box: [x, y, x + width, y + height] })
}
const accumulator = new MetricAccumulator(createCocoMap({ categories }), [...samples.values()])
for (const [id, found] of results) accumulator.add(samples.get(id), { task: 'detection', detections: found })
const { details } = await accumulator.summarize()
const seconds = (performance.now() - start) / 1000

const { perCategory, ...scores } = details
console.log(JSON.stringify({ seconds, scores: Object.values(scores) }))
