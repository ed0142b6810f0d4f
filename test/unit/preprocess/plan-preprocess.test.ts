import { describe, expect, it } from 'vitest'
import { pointToOriginal } from '../../../lib/preprocess/geometry.js'
import { planBatch } from '../../../lib/preprocess/plan-preprocess.js'
import type { PreprocessDescription } from '../../../lib/preprocess/preprocess-schema.js'
import { resolvePreprocess } from '../../../lib/preprocess/resolve-preprocess.js'

/** Resized width and height, then where it is placed. */
function plan(description: PreprocessDescription, width: number, height: number) {
  const { input, pictures } = planBatch(resolvePreprocess(description), [{ width, height }])
  const { plan, geometry } = pictures[0] as (typeof pictures)[0]
  const resized = plan.resize ?? { width, height }
  return { input, plan, geometry, numbers: [resized.width, resized.height, plan.place.x, plan.place.y] }
}

// Computed by the Python programs that the presets name: int(w * r) and so on, in their own order of operations.
const sizes: readonly (readonly [width: number, height: number])[] = [
  [512, 430],
  [428, 640],
  [640, 427],
  [500, 375],
  [333, 500],
  [415, 417],
  [1920, 1080],
  [49, 49],
  [107, 53],
  [301, 299],
  [97, 1023],
]

describe('sizes and places', () => {
  const square = (side: number): PreprocessDescription['resize'] => ({ width: side, height: side })
  const paddleClas: PreprocessDescription = {
    resize: { mode: 'short-side', size: 256, rounding: 'round' },
    crop: { width: 224, height: 224, rounding: 'floor' },
  }
  const cases: [string, PreprocessDescription, number[][]][] = [
    [
      'YOLOX: top left, int()',
      { preset: 'yolox', resize: square(416) },
      [
        [416, 349, 0, 0],
        [278, 416, 0, 0],
        [416, 277, 0, 0],
        [416, 312, 0, 0],
        [277, 416, 0, 0],
        [414, 416, 0, 0],
        [416, 234, 0, 0],
        [416, 416, 0, 0],
        [416, 206, 0, 0],
        [416, 413, 0, 0],
        [39, 416, 0, 0],
      ],
    ],
    [
      'ultralytics: centred, round()',
      { preset: 'yolov8', resize: square(640) },
      [
        [640, 538, 0, 51],
        [428, 640, 106, 0],
        [640, 427, 0, 106],
        [640, 480, 0, 80],
        [426, 640, 107, 0],
        [637, 640, 1, 0],
        [640, 360, 0, 140],
        [640, 640, 0, 0],
        [640, 317, 0, 161],
        [640, 636, 0, 2],
        [61, 640, 289, 0],
      ],
    ],
    [
      'torchvision: short side int(), crop round()',
      { preset: 'imagenet' },
      [
        [304, 256, -40, -16],
        [256, 382, -16, -79],
        [383, 256, -80, -16],
        [341, 256, -58, -16],
        [256, 384, -16, -80],
        [256, 257, -16, -16],
        [455, 256, -116, -16],
        [256, 256, -16, -16],
        [516, 256, -146, -16],
        [257, 256, -16, -16],
        [256, 2699, -16, -1238],
      ],
    ],
    [
      'PaddleClas: short side round(), crop //',
      paddleClas,
      [
        [305, 256, -40, -16],
        [256, 383, -16, -79],
        [384, 256, -80, -16],
        [341, 256, -58, -16],
        [256, 384, -16, -80],
        [256, 257, -16, -16],
        [455, 256, -115, -16],
        [256, 256, -16, -16],
        [517, 256, -146, -16],
        [258, 256, -17, -16],
        [256, 2700, -16, -1238],
      ],
    ],
    [
      'PP-OCR detection: multiples of 32',
      { preset: 'ppocr-det' },
      [
        [864, 736, 0, 0],
        [736, 1088, 0, 0],
        [1088, 736, 0, 0],
        [992, 736, 0, 0],
        [736, 1120, 0, 0],
        [736, 736, 0, 0],
        [1920, 1088, 0, 0],
        [736, 736, 0, 0],
        [1472, 736, 0, 0],
        [736, 736, 0, 0],
        [384, 4000, 0, 0],
      ],
    ],
    [
      'PP-OCR recognition: height 48, ceil()',
      { preset: 'ppocr-rec' },
      [
        [58, 48, 0, 0],
        [33, 48, 0, 0],
        [72, 48, 0, 0],
        [64, 48, 0, 0],
        [32, 48, 0, 0],
        [48, 48, 0, 0],
        [86, 48, 0, 0],
        [48, 48, 0, 0],
        [97, 48, 0, 0],
        [49, 48, 0, 0],
        [5, 48, 0, 0],
      ],
    ],
    [
      'PaddleDetection: keep_ratio within 800 and 1333',
      { resize: { mode: 'short-side', size: 800, longSide: 1333, rounding: 'round' } },
      [
        [953, 800, 0, 0],
        [800, 1196, 0, 0],
        [1199, 800, 0, 0],
        [1067, 800, 0, 0],
        [800, 1201, 0, 0],
        [800, 804, 0, 0],
        [1333, 750, 0, 0],
        [800, 800, 0, 0],
        [1333, 660, 0, 0],
        [805, 800, 0, 0],
        [126, 1333, 0, 0],
      ],
    ],
  ]
  it.each(cases)('%s', (_, description, expected) => {
    expect(sizes.map(([width, height]) => plan(description, width, height).numbers)).toEqual(expected)
  })

  it('never makes a side of 0', () => {
    for (const [width, height] of [
      [1, 10_000],
      [10_000, 1],
      [1, 1],
    ] as const) {
      for (const preset of ['yolox', 'nanodet'] as const) {
        const [resizedWidth, resizedHeight] = plan({ preset, resize: square(416) }, width, height).numbers as [number, number]
        expect(Math.min(resizedWidth, resizedHeight)).toBeGreaterThanOrEqual(1)
      }
      expect(Math.min(...plan({ preset: 'ppocr-rec' }, width, height).numbers.slice(0, 2))).toBeGreaterThanOrEqual(1)
    }
  })

  it('squeezes lines that are too wide and leaves out a resize that changes nothing', () => {
    expect(plan({ preset: 'ppocr-rec' }, 10_000, 32).numbers).toEqual([320, 48, 0, 0])
    expect(plan({ resize: { mode: 'stretch', width: 9, height: 7 } }, 9, 7).plan.resize).toBeUndefined()
  })

  it('does not enlarge where told so', () => {
    const description: PreprocessDescription = { preset: 'yolov5', resize: { ...square(640), allowUpscale: false } }
    expect(plan(description, 100, 50).numbers).toEqual([100, 50, 270, 295])
  })

  it('pads a picture that is smaller than its crop', () => {
    const { plan: made, input } = plan({ resize: { mode: 'none' }, crop: { width: 10, height: 10 } }, 7, 20)
    expect(made.place).toEqual({ x: 1, y: -5 })
    expect(input).toEqual({ width: 10, height: 10 })
  })
})

describe('geometry', () => {
  const descriptions: PreprocessDescription[] = [
    { preset: 'yolox', resize: { width: 416, height: 416 } },
    { preset: 'nanodet', resize: { width: 416, height: 320 } },
    { preset: 'imagenet' },
    { preset: 'rtdetr', resize: { width: 160, height: 96 } },
    { preset: 'ppocr-det' },
    { preset: 'ppocr-rec' },
    { resize: { mode: 'none' }, padTo: { multipleOf: 32 } },
    { resize: { mode: 'stretch', width: 64, height: 48 }, sourceCrop: { width: 0.875, height: 0.5 } },
  ]
  it.each(descriptions)('maps the edges of the resized picture onto those of the picture: %o', (description) => {
    for (const [width, height] of sizes) {
      const { plan: made, geometry } = plan(description, width, height)
      const resized = made.resize ?? { width, height, box: undefined }
      const [left, top, right, bottom] = ('box' in resized ? resized.box : undefined) ?? [0, 0, width, height]
      const { x, y } = made.place
      const first = pointToOriginal(geometry, x, y)
      const last = pointToOriginal(geometry, x + resized.width, y + resized.height)
      expect(first[0]).toBeCloseTo(left, 8)
      expect(first[1]).toBeCloseTo(top, 8)
      expect(last[0]).toBeCloseTo(right, 8)
      expect(last[1]).toBeCloseTo(bottom, 8)
      expect(geometry.original).toEqual({ width, height })
    }
  })

  it('takes the middle of the picture in whole pixels', () => {
    const { plan: made } = plan(descriptions[7] as PreprocessDescription, 101, 51)
    expect(made.resize?.box).toEqual([6, 13, 94, 38])
  })
})

describe('values', () => {
  it('turns scale, mean and std into one factor and one offset per channel', () => {
    const { plan: made } = plan({ resize: { mode: 'none' }, scale: '1/255', mean: [0.5, 0.25, 0], std: [0.5, 1, 2] }, 4, 4)
    expect(made.scale).toEqual([1 / 255 / 0.5, 1 / 255, 1 / 255 / 2])
    expect(made.bias).toEqual([-1, -0.25, 0])
  })

  it('hands the padding over as R, G, B', () => {
    const pads = (color: 'RGB' | 'BGR') =>
      plan({ preset: 'yolox', resize: { width: 8, height: 8 }, color, pad: [1, 2, 3] }, 4, 4).plan.pad
    expect(pads('RGB')).toEqual([1, 2, 3])
    expect(pads('BGR')).toEqual([3, 2, 1])
    expect(plan({ resize: { mode: 'none' }, color: 'GRAY', pad: 7 }, 4, 4).plan.pad).toEqual([7, 7, 7])
  })
})

describe('batches', () => {
  const lines = [
    { width: 100, height: 48 },
    { width: 201, height: 48 },
    { width: 30, height: 24 },
  ]

  it('are as wide as the widest line', () => {
    const open: PreprocessDescription = { preset: 'ppocr-rec', resize: { width: null } }
    expect(planBatch(resolvePreprocess(open), lines).input).toEqual({ width: 201, height: 48 })
    const by32: PreprocessDescription = { preset: 'ppocr-rec', resize: { width: null, multipleOf: 32 } }
    expect(planBatch(resolvePreprocess(by32), lines).input).toEqual({ width: 224, height: 48 })
  })

  it('may be padded to a wider input, and not to a narrower one', () => {
    const open = resolvePreprocess({ preset: 'ppocr-rec', resize: { width: null } })
    expect(planBatch(open, lines, { width: 320 }).input).toEqual({ width: 320, height: 48 })
    expect(() => planBatch(open, lines, { width: 160 })).toThrow(
      expect.objectContaining({ code: 'PREPROCESS_INVALID', message: expect.stringContaining('201 x 48') }),
    )
  })

  it('have one size where it follows the pictures', () => {
    const { input, pictures } = planBatch(resolvePreprocess({ preset: 'ppocr-det' }), [
      { width: 800, height: 1000 },
      { width: 1000, height: 800 },
    ])
    expect(input).toEqual({ width: 992, height: 992 })
    expect(pictures.map(({ plan }) => plan.canvas)).toEqual([input, input])
  })

  it('are refused where the size is open or another', () => {
    expect(() => planBatch(resolvePreprocess({ preset: 'yolox' }), lines)).toThrow(/the width of the input is open/)
    expect(() => planBatch(resolvePreprocess({ crop: {}, resize: { mode: 'none' } }), lines)).toThrow(/crop.width/)
    const none = resolvePreprocess({ resize: { mode: 'stretch', width: 8, height: 8 } })
    expect(() => planBatch(none, lines, { width: 9, height: 8 })).toThrow(/makes a picture of 8 x 8, the width of the input is 9/)
  })
})
