import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseOptions } from '../errors/parse-options.js'
import type { Dataset, Sample } from './annotations.js'
import { seededRandom, shuffled } from './seeded-random.js'

export const subsampleSchema = z.strictObject({
  count: z.int().min(1).describe('samples to keep; all where there are fewer'),
  seed: z.int().min(0).max(0xffffffff).default(0),
  stratified: z.boolean().default(true).describe('keep the proportions of the classes, where samples have any'),
})

export type SubsampleOptions = z.input<typeof subsampleSchema>

/**
 * Draws samples, the same for the same seed on every machine; they stay in the order of the dataset.
 *
 * Stratified, each class gets its share (largest remainders), and at least one sample as long as there is room. A
 * sample with several objects counts for the class among them that fewest samples show.
 *
 * @throws OPTION_INVALID
 * @example const some = subsample(dataset, { count: 300, seed: 1 })
 */
export function subsample<D extends Dataset>(dataset: D, options: SubsampleOptions): D {
  const { count, seed, stratified } = parseOptions(subsampleSchema, options, subsample)
  const { samples } = dataset
  if (count >= samples.length) return dataset
  const random = seededRandom(seed)
  const groups = stratified ? groupByClass(samples) : [samples.map((_, index) => index)]
  const shares = shareOut(
    count,
    groups.map((group) => group.length),
    random,
  )
  const chosen = groups.flatMap((group, at) => shuffled(group, random).slice(0, shares[at]))
  const kept = chosen.sort((a, b) => a - b).map((index) => samples[index] as Sample)
  const digest = createHash('sha256').update(`enginery-subsample-1\n${dataset.digest}\n`)
  for (const { id } of kept) digest.update(`${JSON.stringify(id)}\n`)
  return { ...dataset, samples: kept, digest: digest.digest('hex') }
}

/** Indices of the samples of each class; those without any are a group of their own. */
function groupByClass(samples: readonly Sample[]): number[][] {
  const shown = samples.map(classesOf)
  const frequency = new Map<number, number>()
  for (const classes of shown) for (const each of classes) frequency.set(each, (frequency.get(each) ?? 0) + 1)
  const groups = new Map<number, number[]>()
  for (const [index, classes] of shown.entries()) {
    let rarest = -1
    for (const each of classes) {
      const isRarer = rarest < 0 || (frequency.get(each) as number) < (frequency.get(rarest) as number)
      if (isRarer) rarest = each
    }
    const group = groups.get(rarest)
    if (group) group.push(index)
    else groups.set(rarest, [index])
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group)
}

// Sorted, so that a tie is decided by the class and not by the order of annotations.
function classesOf({ label, boxes = [], polygons = [] }: Sample): number[] {
  const found = new Set([...boxes, ...polygons].map(({ category }) => category))
  if (label !== undefined) found.add(label)
  return [...found].sort((a, b) => a - b)
}

/** How many of each group, `count` in all. */
function shareOut(count: number, sizes: readonly number[], random: () => number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const exact = sizes.map((size) => (size * count) / total)
  const shares = exact.map((share) => Math.max(Math.floor(share), count >= sizes.length ? 1 : 0))
  // Ties between remainders are drawn: the first classes are not to have it every time.
  const order = shuffled([...sizes.keys()], random)
  const distance = (at: number) => (exact[at] as number) - (shares[at] as number)
  for (let left = count - shares.reduce((sum, share) => sum + share, 0); left !== 0; left -= Math.sign(left)) {
    const step = Math.sign(left)
    const least = count >= sizes.length ? 1 : 0
    const able = order.filter((at) =>
      step > 0 ? (shares[at] as number) < (sizes[at] as number) : (shares[at] as number) > least,
    )
    const best = able.reduce((a, b) => (step * distance(b) > step * distance(a) ? b : a))
    shares[best] = (shares[best] as number) + step
  }
  return shares
}
