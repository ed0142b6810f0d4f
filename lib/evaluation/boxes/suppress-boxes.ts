import { requireObject } from '../../errors/require-argument.js'
import { orderByScore } from './order-by-score.js'

export interface SuppressOptions {
  /** A box goes where its overlap with a better one is greater than this; one that is equal stays. */
  readonly iouThreshold: number
  /** One for each box, from 0 to 65,535: only boxes of one category compete. Missing: all do. */
  readonly categories?: ArrayLike<number> | undefined
  /** Only as many of the best are looked at. Default: all. */
  readonly maxCandidates?: number | undefined
  /** Stops when as many are kept. Default: all. */
  readonly maxDetections?: number | undefined
}

/**
 * Greedy non-maximum suppression. The result is that of torchvision's `nms` (and `batched_nms`, with categories), with
 * ties of scores settled by index. A box with NaN in it overlaps nothing.
 *
 * @param boxes `x1, y1, x2, y2` of each, `4 * scores.length` numbers
 * @returns indices of the boxes that stay, highest score first
 */
export function suppressBoxes(boxes: Float32Array, scores: Float32Array, options: SuppressOptions): Int32Array {
  requireObject(options, 'an object with iouThreshold', '(options)', suppressBoxes)
  const { iouThreshold } = options
  // Boxes that stay, side by side, for the inner loop reads nothing else: corners and area.
  const held = new Float64Array(5 * Math.min(scores.length, options.maxDetections ?? scores.length))
  return suppressGreedily(scores, options, {
    hold(index, slot) {
      const x1 = boxes[4 * index] as number
      const y1 = boxes[4 * index + 1] as number
      const x2 = boxes[4 * index + 2] as number
      const y2 = boxes[4 * index + 3] as number
      held[5 * slot] = x1
      held[5 * slot + 1] = y1
      held[5 * slot + 2] = x2
      held[5 * slot + 3] = y2
      held[5 * slot + 4] = (x2 - x1) * (y2 - y1)
    },
    overlaps(index, first, next) {
      const x1 = boxes[4 * index] as number
      const y1 = boxes[4 * index + 1] as number
      const x2 = boxes[4 * index + 2] as number
      const y2 = boxes[4 * index + 3] as number
      const area = (x2 - x1) * (y2 - y1)
      for (let slot = first; slot >= 0; slot = next[slot] as number) {
        const at = 5 * slot
        const width = Math.min(x2, held[at + 2] as number) - Math.max(x1, held[at] as number)
        if (!(width > 0)) continue
        const height = Math.min(y2, held[at + 3] as number) - Math.max(y1, held[at + 1] as number)
        if (!(height > 0)) continue
        const intersection = width * height
        if (intersection / (area + (held[at + 4] as number) - intersection) > iouThreshold) return true
      }
      return false
    },
  })
}

/** How boxes of one kind are kept and compared. A slot is the place of a kept box. */
export interface Overlaps {
  /** Takes a box that stays into a slot. */
  hold(index: number, slot: number): void
  /** True where the box overlaps one in the chain of slots `first`, `next[first]`, ... up to -1. */
  overlaps(index: number, first: number, next: Int32Array): boolean
}

/** The order and the bookkeeping of greedy suppression, whatever the boxes are. */
export function suppressGreedily(
  scores: Float32Array,
  options: Omit<SuppressOptions, 'iouThreshold'>,
  boxes: Overlaps,
): Int32Array {
  const { categories } = options
  const order = orderByScore(scores, options.maxCandidates)
  const kept = new Int32Array(Math.min(order.length, options.maxDetections ?? order.length))
  const next = new Int32Array(kept.length)
  const newest = new Int32Array(categories ? maximum(categories) + 1 : 1).fill(-1)
  let count = 0
  for (let i = 0; i < order.length && count < kept.length; i++) {
    const index = order[i] as number
    const category = categories ? (categories[index] as number) : 0
    const first = newest[category] as number
    if (first >= 0 && boxes.overlaps(index, first, next)) continue
    boxes.hold(index, count)
    next[count] = first
    newest[category] = count
    kept[count++] = index
  }
  return kept.subarray(0, count)
}

function maximum(values: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > most) most = values[i] as number
  return most
}
