// A score's 32 bits above the index's 21 are the 53 that a double holds exactly.
const INDEX_RANGE = 2 ** 21

/**
 * Indices of the `limit` highest scores, highest first; equal ones in the order of their indices, NaN last.
 * Typed arrays sort natively without a comparator, which is several times faster than with one.
 */
export function orderByScore(scores: Float32Array, limit: number = scores.length): Int32Array {
  const count = scores.length
  if (count > INDEX_RANGE) return orderMany(scores, limit)
  const bits = new Int32Array(scores.buffer, scores.byteOffset, count)
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) keys[i] = descendingRank(bits[i] as number) * INDEX_RANGE + i
  keys.sort()
  const order = new Int32Array(Math.min(count, limit))
  for (let i = 0; i < order.length; i++) {
    const key = keys[i] as number
    order[i] = key - Math.floor(key / INDEX_RANGE) * INDEX_RANGE
  }
  return order
}

/** 0 for infinity, rising as the float falls. */
function descendingRank(bits: number): number {
  // The sign aside, a float's bits rise with it; those above infinity's are NaN.
  if ((bits & 0x7fffffff) > 0x7f800000) return 0xffffffff
  if (bits < 0 && bits !== -0x80000000) return 0x7fffffff + (bits & 0x7fffffff)
  return 0x7fffffff - (bits & 0x7fffffff)
}

function orderMany(scores: Float32Array, limit: number): Int32Array {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length)
  const ranks = Float64Array.from(bits, descendingRank)
  const order = Int32Array.from(bits.keys())
  order.sort((a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b)
  return order.slice(0, limit)
}
