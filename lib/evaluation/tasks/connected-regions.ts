/**
 * Outline points of the connected regions of a map that exceed a threshold, `x, y` of pixel centres sorted by y, then
 * x: the two ends of each row of pixels, which have the region's convex hull. Pixels that touch at a corner are
 * connected. Regions come in the order of their first rows; NaN exceeds nothing.
 */
export function findConnectedRegions(
  map: Float32Array,
  start: number,
  width: number,
  height: number,
  threshold: number,
): Int32Array[] {
  const runs = listRuns(map, start, width, height, Math.fround(threshold))
  const { count, parent } = runs
  // A region's root is its first run.
  const sizes = new Int32Array(count)
  for (let run = 0; run < count; run++) {
    const root = findRoot(parent, run)
    sizes[root] = (sizes[root] as number) + 1
  }
  const regions: Int32Array[] = []
  const regionOf = new Int32Array(count)
  const filled: number[] = []
  for (let run = 0; run < count; run++) {
    const root = findRoot(parent, run)
    if (root === run) {
      regionOf[root] = regions.length
      regions.push(new Int32Array(4 * (sizes[root] as number)))
      filled.push(0)
    }
    const region = regionOf[root] as number
    const at = filled[region] as number
    const y = runs.row[run] as number
    regions[region]?.set([runs.first[run] as number, y, runs.last[run] as number, y], at)
    filled[region] = at + 4
  }
  return regions
}

/** Unbroken pixels of a row, `first` to `last`, joined into regions by `parent`. */
interface Runs {
  count: number
  row: Int32Array
  first: Int32Array
  last: Int32Array
  parent: Int32Array
}

function listRuns(map: Float32Array, start: number, width: number, height: number, threshold: number): Runs {
  const most = height * Math.ceil(width / 2)
  const runs: Runs = {
    count: 0,
    row: new Int32Array(most),
    first: new Int32Array(most),
    last: new Int32Array(most),
    parent: new Int32Array(most),
  }
  let above = 0
  for (let y = 0; y < height; y++) {
    const begin = runs.count
    const rowStart = start + y * width
    for (let x = 0; x < width; x++) {
      if (!((map[rowStart + x] as number) > threshold)) continue
      const first = x
      while (x + 1 < width && (map[rowStart + x + 1] as number) > threshold) x++
      const run = runs.count++
      runs.row[run] = y
      runs.first[run] = first
      runs.last[run] = x
      runs.parent[run] = run
    }
    joinRows(runs, above, begin)
    above = begin
  }
  return runs
}

/** Joins the runs from `begin` on with those of the row before, from `above` on. */
function joinRows({ count, first, last, parent }: Runs, above: number, begin: number): void {
  let [upper, lower] = [above, begin]
  while (upper < begin && lower < count) {
    if ((first[upper] as number) <= (last[lower] as number) + 1 && (last[upper] as number) + 1 >= (first[lower] as number)) {
      const [a, b] = [findRoot(parent, upper), findRoot(parent, lower)]
      parent[Math.max(a, b)] = Math.min(a, b)
    }
    if ((last[upper] as number) < (last[lower] as number)) upper++
    else lower++
  }
}

function findRoot(parent: Int32Array, run: number): number {
  let at = run
  while (parent[at] !== at) {
    const next = parent[parent[at] as number] as number
    parent[at] = next
    at = next
  }
  return at
}
