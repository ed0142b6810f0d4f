import type { BoxAnnotation, Sample } from '../../../lib/dataset/annotations.js'
import type { Detection, Detections } from '../../../lib/evaluation/tasks/task.js'

/** The generator of scripts/make-metric-references.py. */
class Sequence {
  #state: number

  constructor(seed: number) {
    this.#state = seed
    for (let i = 0; i < 4; i++) this.next()
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return this.#state
  }

  below(limit: number): number {
    return Math.floor((this.next() * limit) / 2 ** 32)
  }

  oneOf(values: readonly number[]): number {
    return values[this.below(values.length)] as number
  }
}

type Box = [x: number, y: number, width: number, height: number]

function makeBox(random: Sequence, extent: number): Box {
  const [x, y] = [random.below(extent * 4) / 4, random.below(extent * 4) / 4]
  const size = random.oneOf([40, 160, 480])
  const [width, height] = [random.below(size * 4) / 4, random.below(size * 4) / 4]
  return [x, y, random.below(40) === 0 ? 0 : width, random.below(40) === 0 ? 0 : height]
}

function jitter(random: Sequence, box: readonly number[]): Box {
  const amount = random.oneOf([1, 8, 40])
  const [x, y, width, height] = box.map((value) => value + (random.below(2 * amount + 1) - amount) / 4) as Box
  return [x, y, Math.max(0, width), Math.max(0, height)]
}

function makeObject(random: Sequence, classes: number, kind: number): BoxAnnotation {
  const category = random.below(classes)
  const box = makeBox(random, 320)
  const isCrowd = kind === 2 || random.below(8) === 0
  const share = random.below(4)
  const area = random.below(12) === 0 ? random.oneOf([1024, 9216]) : (box[2] * box[3] * (4 - share)) / 4
  return { category, box, area, isCrowd, isDifficult: false }
}

function makeDetection(random: Sequence, own: readonly BoxAnnotation[], classes: number, levels: number): Detection {
  const near = own.length > 0 && random.below(3) > 0 ? own[random.below(own.length)] : undefined
  const [x, y, width, height] = near ? jitter(random, near.box) : makeBox(random, 320)
  const category = near && random.below(5) > 0 ? near.category : random.below(classes)
  return { category, score: random.below(levels) / levels, box: [x, y, x + width, y + height] }
}

/** The same pictures, step for step, as `make_case` of scripts/make-metric-references.py. */
export function makeRandomCase(seed: number): { classes: number; samples: Sample[]; results: Detections[] } {
  const random = new Sequence(seed)
  const kind = seed % 10
  const classes = 1 + random.below(6)
  const pictures = 1 + random.below(12)
  const levels = random.oneOf([4, 20, 1000, 1000000])
  const samples: Sample[] = []
  const results: Detections[] = []
  for (let picture = 0; picture < pictures; picture++) {
    const count = kind === 1 || random.below(6) === 0 ? 0 : random.below(12)
    const boxes = Array.from({ length: count }, () => makeObject(random, classes, kind))
    const found = kind === 3 || random.below(8) === 0 ? 0 : random.below(kind === 4 ? 150 : 25)
    samples.push({ id: String(picture), boxes })
    const detections = Array.from({ length: found }, () => makeDetection(random, boxes, classes, levels))
    results.push({ task: 'detection', detections })
  }
  return { classes, samples, results }
}
