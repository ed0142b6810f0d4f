import { completeAtOnce } from '../../take-turns.js'

/**
 * What became of a picture's detections: matched once, then scored as often as a bootstrap asks.
 *
 * Outcomes are bits: bit `t` says that the detection is right at threshold `t`, bit `16 + t` that it does not count there;
 * neither, that it is wrong. There is an outcome for each range of areas that objects are counted in.
 */
export interface MatchedPicture {
  /** Class of each detection. */
  readonly categories: Int32Array
  readonly scores: Float64Array
  /** Place among the picture's detections of its class, the highest score first. */
  readonly ranks: Uint32Array
  /** `outcomes[detection * areas + area]` */
  readonly outcomes: Uint32Array
  /** Class of each annotated object. */
  readonly objectCategories: Int32Array
  /** Bit `area` says that the object is to be found in that range of areas. */
  readonly objectAreas: Uint8Array
}

export const NOT_COUNTED_SHIFT = 16
export const RIGHT_BITS = (1 << NOT_COUNTED_SHIFT) - 1

/** One class over all pictures: its detections, the highest score first. */
export interface RankedClass {
  /** Place of the picture that each detection is of. */
  readonly pictures: Uint32Array
  readonly ranks: Uint32Array
  readonly scores: Float64Array
  /** For each area, an outcome for each detection. */
  readonly outcomes: readonly Uint32Array[]
  /** The deepest of `ranks`: a limit beyond it leaves nothing out. */
  readonly deepest: number
  /** For each area, the places of detections that are not simply wrong, up to the last one that is right anywhere. */
  readonly decisive: readonly Uint32Array[]
  /** For each area, the picture of each object to be found. */
  readonly objects: readonly Uint32Array[]
}

/** Pictures that are gone through between two steps of {@link rankDetections}. */
const PICTURES_A_STEP = 256

/**
 * Detections of all pictures, class by class, in steps of milliseconds. Among equal scores the order of pictures decides,
 * then that within a picture.
 *
 * @param areas how many ranges of areas the pictures were matched for
 */
export function* rankDetections(
  pictures: readonly MatchedPicture[],
  classes: number,
  areas: number,
): Generator<void, RankedClass[]> {
  const detections = new Uint32Array(classes)
  const objects = Array.from({ length: classes }, (): number[][] => Array.from({ length: areas }, () => []))
  for (const [at, picture] of pictures.entries()) {
    if (at % PICTURES_A_STEP === 0) yield
    for (const category of picture.categories) detections[category] = (detections[category] as number) + 1
    picture.objectCategories.forEach((category, i) => {
      const counted = picture.objectAreas[i] as number
      for (let area = 0; area < areas; area++) if ((counted >> area) & 1) objects[category]?.[area]?.push(at)
    })
  }
  const lists = Array.from(detections, (count) => ({
    filled: 0,
    pictures: new Uint32Array(count),
    places: new Uint32Array(count),
    scores: new Float64Array(count),
  }))
  for (const [at, { categories, scores }] of pictures.entries()) {
    if (at % PICTURES_A_STEP === 0) yield
    for (let i = 0; i < categories.length; i++) {
      const list = lists[categories[i] as number] as (typeof lists)[number]
      list.pictures[list.filled] = at
      list.places[list.filled] = i
      list.scores[list.filled++] = scores[i] as number
    }
  }
  const ranked: RankedClass[] = []
  for (const [category, list] of lists.entries()) {
    ranked.push(rankClass(list, pictures, areas, objects[category] as number[][]))
    yield
  }
  return ranked
}

/** The classes of one picture alone, those that have objects in it: a picture has few of a dataset's. */
export function rankOwnDetections(picture: MatchedPicture, areas: number): RankedClass[] {
  const numbers = new Map<number, number>()
  for (const category of picture.objectCategories) if (!numbers.has(category)) numbers.set(category, numbers.size)
  const rest = numbers.size
  const renumber = (category: number) => numbers.get(category) ?? rest
  const { categories, objectCategories } = picture
  const renumbered = { ...picture, categories: categories.map(renumber), objectCategories: objectCategories.map(renumber) }
  return completeAtOnce(rankDetections([renumbered], rest + 1, areas)).slice(0, rest)
}

interface Unranked {
  readonly pictures: Uint32Array
  /** Place of each detection in its picture. */
  readonly places: Uint32Array
  readonly scores: Float64Array
}

function rankClass(list: Unranked, matched: readonly MatchedPicture[], areas: number, objects: readonly number[][]): RankedClass {
  const { scores } = list
  const count = scores.length
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)

  const ranked = {
    pictures: new Uint32Array(count),
    ranks: new Uint32Array(count),
    scores: new Float64Array(count),
    outcomes: Array.from({ length: areas }, () => new Uint32Array(count)),
  }
  let deepest = 0
  for (let i = 0; i < count; i++) {
    const from = order[i] as number
    const picture = matched[list.pictures[from] as number] as MatchedPicture
    const place = list.places[from] as number
    const rank = picture.ranks[place] as number
    deepest = Math.max(deepest, rank)
    ranked.pictures[i] = list.pictures[from] as number
    ranked.ranks[i] = rank
    ranked.scores[i] = scores[from] as number
    for (let area = 0; area < areas; area++) {
      ;(ranked.outcomes[area] as Uint32Array)[i] = picture.outcomes[place * areas + area] as number
    }
  }
  return {
    ...ranked,
    deepest,
    decisive: ranked.outcomes.map(findDecisive),
    objects: objects.map((pictures) => Uint32Array.from(pictures)),
  }
}

function findDecisive(outcomes: Uint32Array): Uint32Array {
  const places: number[] = []
  let end = 0
  outcomes.forEach((outcome, place) => {
    if (outcome !== 0) places.push(place)
    if (outcome & RIGHT_BITS) end = places.length
  })
  return Uint32Array.from(places.slice(0, end))
}
