import { describe, expect, it } from 'vitest'
import type {
  NativeColor,
  NativeInputPreprocess,
  NativeModel,
  NativeOutputPreprocess,
  NativePreprocess,
  NativePreprocessStep,
} from '../../lib/native/openvino-addon.js'
import { unaryModel } from '../models/encode-onnx.js'
import { type ResizeAlgorithm, resizeAlgorithms, resizeChannel } from './resize-picture.js'
import { makeRandom, maxDifference, openvino, runOnce, runToFloats } from './run-native-model.js'

// The model under all steps: y = -x, [1, channels, height, width].
const negate = (channels = 3, height = 4, width = 6) =>
  openvino.readModelSync({ bytes: unaryModel('Neg', [1, channels, height, width]), format: 'onnx' })

const [channels, height, width] = [3, 4, 6]
const random = makeRandom(11)
/** A picture of bytes, height by width by channel. */
const makePicture = (h = height, w = width, c = channels) =>
  Uint8Array.from({ length: h * w * c }, () => Math.floor(random() * 256))
const makeFloats = (count: number) => Float32Array.from({ length: count }, () => random() * 10 - 5)

/** Height by width by channel to channel by height by width. */
function toPlanes(picture: ArrayLike<number>, h = height, w = width, c = channels): Float64Array {
  const planes = new Float64Array(h * w * c)
  for (let i = 0; i < h * w; i++) for (let k = 0; k < c; k++) planes[k * h * w + i] = picture[i * c + k] as number
  return planes
}

const negated = (values: ArrayLike<number>) => Array.from(values, (value) => -value)

function input(
  steps: NativePreprocessStep[],
  tensor: NativeInputPreprocess['tensor'] = {},
  modelLayout?: string,
): NativePreprocess {
  return { inputs: [{ port: 'x', tensor, steps, ...(modelLayout && { modelLayout }) }], outputs: [] }
}

async function preprocessed(description: NativePreprocess, model = negate()): Promise<NativeModel> {
  await model.preprocess(description)
  return model
}

const picture = { type: 'u8', layout: 'NHWC' }
const chw = { layout: 'NCHW' }

describe('type and layout', () => {
  it('takes bytes in height by width by channel', async () => {
    const model = await preprocessed(input([], picture, 'NCHW'))
    expect(model.inputs()).toEqual([{ name: 'x', names: ['x'], type: 'u8', shape: [1, height, width, channels] }])
    const bytes = makePicture()
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(negated(toPlanes(bytes)))
  })

  it('converts the layout in a step', async () => {
    const model = await preprocessed(
      input(
        [
          { kind: 'convertElementType', type: 'f32' },
          { kind: 'convertLayout', layout: 'NCHW' },
        ],
        picture,
      ),
    )
    const bytes = makePicture()
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(negated(toPlanes(bytes)))
  })

  it('finds the port by position too', async () => {
    const model = negate()
    await model.preprocess({ inputs: [{ port: 0, tensor: { type: 'i32' }, steps: [] }], outputs: [] })
    expect(model.inputs()[0]?.type).toBe('i32')
    const values = Int32Array.from({ length: 72 }, (_, i) => i - 30)
    expect(Array.from(runToFloats(model, [values]))).toEqual(negated(values))
  })

  it('takes another shape than the model has', async () => {
    const model = await preprocessed(input([{ kind: 'crop', begin: [0, 0, 1, 2], end: [1, 3, 5, 8] }], { shape: [1, 3, 7, 9] }))
    expect(model.inputs()[0]?.shape).toEqual([1, 3, 7, 9])
    const values = makeFloats(3 * 7 * 9)
    const expected = []
    for (let c = 0; c < 3; c++)
      for (let y = 1; y < 5; y++) for (let x = 2; x < 8; x++) expected.push(-(values[c * 63 + y * 9 + x] as number))
    expect(Array.from(runToFloats(model, [values]))).toEqual(expected)
  })
})

describe('arithmetic', () => {
  const perChannel = (values: Float32Array, change: (value: number, channel: number) => number) =>
    Array.from(values, (value, i) => -change(value, Math.floor(i / (height * width))))
  const mean = [1, -2, 0.5]
  const scale = [2, 0.25, -4]
  const cases: [string, NativePreprocessStep[], (value: number, channel: number) => number][] = [
    ['one mean', [{ kind: 'mean', values: [1.5] }], (value) => value - 1.5],
    ['a mean per channel', [{ kind: 'mean', values: mean }], (value, channel) => value - (mean[channel] as number)],
    ['one scale', [{ kind: 'scale', values: [4] }], (value) => value / 4],
    ['a scale per channel', [{ kind: 'scale', values: scale }], (value, channel) => value / (scale[channel] as number)],
    [
      'mean, then scale',
      [
        { kind: 'mean', values: mean },
        { kind: 'scale', values: scale },
      ],
      (value, channel) => (value - (mean[channel] as number)) / (scale[channel] as number),
    ],
    [
      'scale, then mean',
      [
        { kind: 'scale', values: scale },
        { kind: 'mean', values: mean },
      ],
      (value, channel) => value / (scale[channel] as number) - (mean[channel] as number),
    ],
    ['clamp', [{ kind: 'clamp', min: -1, max: 2.5 }], (value) => Math.min(Math.max(value, -1), 2.5)],
  ]
  it.each(cases)('%s', async (_, steps, change) => {
    const model = await preprocessed(input(steps, chw))
    const values = makeFloats(72)
    expect(maxDifference(runToFloats(model, [values]), perChannel(values, change))).toBeLessThan(1e-5)
  })

  it('reverses channels', async () => {
    const model = await preprocessed(input([{ kind: 'reverseChannels' }], chw))
    const values = makeFloats(72)
    const expected = [...values.subarray(48), ...values.subarray(24, 48), ...values.subarray(0, 24)]
    expect(Array.from(runToFloats(model, [values]))).toEqual(negated(expected))
  })

  it('clamps bytes without wrapping them', async () => {
    const model = await preprocessed(
      input(
        [
          { kind: 'clamp', min: 10, max: 200 },
          { kind: 'convertElementType', type: 'f32' },
        ],
        picture,
        'NCHW',
      ),
    )
    const bytes = makePicture()
    const expected = toPlanes(bytes).map((value) => Math.min(Math.max(value, 10), 200))
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(negated(expected))
  })
})

describe('padding', () => {
  // The model is three rows and columns larger: what is padded.
  const [h, w] = [3, 5]
  const begin = [0, 0, 1, 2]
  const end = [0, 0, 2, 1]
  const beyond = {
    edge: (at: number, length: number) => Math.min(Math.max(at, 0), length - 1),
    reflect: (at: number, length: number) => (at < 0 ? -at : at >= length ? 2 * length - 2 - at : at),
    symmetric: (at: number, length: number) => (at < 0 ? -at - 1 : at >= length ? 2 * length - 1 - at : at),
  }

  async function pad(
    step: { values: number[]; mode: 'constant' | keyof typeof beyond },
    valueAt: (plane: number[], y: number, x: number, c: number) => number,
  ) {
    const model = negate(channels, h + 3, w + 3)
    await model.preprocess(input([{ kind: 'pad', begin, end, ...step }], { ...chw, shape: [1, channels, h, w] }))
    const values = makeFloats(channels * h * w)
    const expected = []
    for (let c = 0; c < channels; c++) {
      const plane = Array.from(values.subarray(c * h * w, (c + 1) * h * w))
      for (let y = -1; y < h + 2; y++) for (let x = -2; x < w + 1; x++) expected.push(-valueAt(plane, y, x, c))
    }
    expect(Array.from(runToFloats(model, [values]))).toEqual(expected)
  }

  it.each(['edge', 'reflect', 'symmetric'] as const)('%s', (mode) =>
    pad({ values: [0], mode }, (plane, y, x) => plane[beyond[mode](y, h) * w + beyond[mode](x, w)] as number),
  )

  const isInside = (y: number, x: number) => y >= 0 && x >= 0 && y < h && x < w
  it('with one value', () =>
    pad({ values: [114], mode: 'constant' }, (plane, y, x) => (isInside(y, x) ? (plane[y * w + x] as number) : 114)))
})

describe('colours', () => {
  const colorModel = (from: NativeColor, to: NativeColor, given: NativeInputPreprocess['tensor'] = {}) =>
    input(
      [
        { kind: 'convertElementType', type: 'f32' },
        { kind: 'convertColor', color: to },
      ],
      { ...picture, color: from, ...given },
      'NCHW',
    )

  it.each([
    ['BGR', 'RGB'],
    ['RGB', 'BGR'],
  ] as const)('%s to %s', async (from, to) => {
    const bytes = makePicture()
    const swapped = bytes.map((_, i) => bytes[i - (i % 3) + 2 - (i % 3)] as number)
    const model = await preprocessed(colorModel(from, to))
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(negated(toPlanes(swapped)))
  })

  it.each([
    ['RGBX', 'RGB', [0, 1, 2]],
    ['BGRX', 'RGB', [2, 1, 0]],
    ['RGBX', 'BGR', [2, 1, 0]],
  ] as const)('%s to %s', async (from, to, order) => {
    const bytes = makePicture(height, width, 4)
    const kept = Array.from(
      { length: height * width * 3 },
      (_, i) => bytes[Math.floor(i / 3) * 4 + (order[i % 3] as number)] as number,
    )
    const model = await preprocessed(colorModel(from, to))
    expect(model.inputs()[0]?.shape).toEqual([1, height, width, 4])
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(negated(toPlanes(kept)))
  })

  it('RGB to grey', async () => {
    const bytes = makePicture()
    const model = await preprocessed(colorModel('RGB', 'GRAY'), negate(1))
    const grey = Array.from({ length: height * width }, (_, i) => {
      const [r, g, b] = bytes.subarray(i * 3, i * 3 + 3) as unknown as [number, number, number]
      return 0.299 * r + 0.587 * g + 0.114 * b
    })
    expect(maxDifference(runToFloats(model, [bytes]), negated(grey))).toBeLessThan(0.01)
  })

  // BT.601, studio swing, as cameras and decoders deliver it.
  function rgbOf(y: number, u: number, v: number): number[] {
    const [luma, blue, red] = [1.164 * (y - 16), u - 128, v - 128]
    return [luma + 1.596 * red, luma - 0.391 * blue - 0.813 * red, luma + 2.018 * blue].map((value) =>
      Math.min(Math.max(value, 0), 255),
    )
  }
  const luma = makePicture(height, width, 1)
  const [us, vs] = [makePicture(height / 2, width / 2, 1), makePicture(height / 2, width / 2, 1)]
  const interleaved = Uint8Array.from({ length: us.length * 2 }, (_, i) => (i % 2 === 0 ? us : vs)[i >> 1] as number)
  const rgb = Array.from({ length: height * width }, (_, i) => {
    const chroma = (Math.floor(i / width) >> 1) * (width / 2) + ((i % width) >> 1)
    return rgbOf(luma[i] as number, us[chroma] as number, vs[chroma] as number)
  }).flat()
  const yuv: [NativeColor, string[], Uint8Array[]][] = [
    ['NV12_SINGLE_PLANE', [], [Uint8Array.of(...luma, ...interleaved)]],
    ['NV12_TWO_PLANES', ['y', 'uv'], [luma, interleaved]],
    ['I420_SINGLE_PLANE', [], [Uint8Array.of(...luma, ...us, ...vs)]],
    ['I420_THREE_PLANES', ['y', 'u', 'v'], [luma, us, vs]],
  ]
  it.each(yuv)('%s to RGB', async (color, planes, parts) => {
    const model = await preprocessed(colorModel(color, 'RGB', planes.length > 0 ? { planes } : {}))
    expect(model.inputs().length).toBe(parts.length)
    for (const [i, plane] of planes.entries()) expect(model.inputs()[i]?.name).toMatch(new RegExp(`(^|/)${plane}$`))
    expect(maxDifference(runToFloats(model, parts), negated(toPlanes(rgb)))).toBeLessThan(0.01)
  })
})

describe('resizing', () => {
  const sizes: [string, number, number][] = [
    ['smaller', 11, 17],
    ['larger', 3, 4],
    ['one of each', 9, 4],
  ]
  const cases = resizeAlgorithms.flatMap((algorithm) => sizes.map(([how, h, w]) => [algorithm, how, h, w] as const))
  it.each(cases)('%s: %s', async (algorithm, _, h, w) => {
    const steps: NativePreprocessStep[] = [
      { kind: 'convertElementType', type: 'f32' },
      { kind: 'resize', algorithm },
    ]
    const model = await preprocessed(input(steps, { ...picture, spatial: { height: h, width: w } }, 'NCHW'))
    expect(model.inputs()[0]?.shape).toEqual([1, h, w, channels])
    const bytes = makePicture(h, w)
    expect(maxDifference(runToFloats(model, [bytes]), expectedFrom(bytes, h, w, algorithm))).toBeLessThan(0.01)
  })

  function expectedFrom(bytes: Uint8Array, h: number, w: number, algorithm: ResizeAlgorithm): number[] {
    const planes = toPlanes(bytes, h, w)
    return Array.from({ length: channels }, (_, c) => {
      const channel = { height: h, width: w, data: planes.subarray(c * h * w, (c + 1) * h * w) }
      return negated(resizeChannel(channel, height, width, algorithm))
    }).flat()
  }

  it('pictures of any size, each run its own', async () => {
    const steps: NativePreprocessStep[] = [
      { kind: 'convertElementType', type: 'f32' },
      { kind: 'resize', algorithm: 'linear' },
    ]
    const model = await preprocessed(input(steps, { ...picture, spatial: 'dynamic' }, 'NCHW'))
    expect(model.inputs()[0]?.shape).toEqual([1, -1, -1, channels])
    for (const [h, w] of [
      [8, 9],
      [5, 3],
    ] as const) {
      const bytes = makePicture(h, w)
      const result = runToFloats(model, [bytes], [[1, h, w, channels]])
      expect(maxDifference(result, expectedFrom(bytes, h, w, 'linear'))).toBeLessThan(0.01)
    }
  })

  it('to a size of its own before a crop', async () => {
    const steps: NativePreprocessStep[] = [
      { kind: 'convertElementType', type: 'f32' },
      { kind: 'resize', algorithm: 'nearest', height: 6, width: 8 },
      { kind: 'crop', begin: [0, 1, 1, 0], end: [1, 5, 7, 3] },
    ]
    const model = await preprocessed(input(steps, { ...picture, spatial: { height: 3, width: 4 } }, 'NCHW'))
    const bytes = makePicture(3, 4)
    const planes = toPlanes(bytes, 3, 4)
    const expected = Array.from({ length: channels }, (_, c) => {
      const resized = resizeChannel({ height: 3, width: 4, data: planes.subarray(c * 12, c * 12 + 12) }, 6, 8, 'nearest')
      return Array.from({ length: 24 }, (_, i) => -(resized[(Math.floor(i / 6) + 1) * 8 + (i % 6) + 1] as number))
    }).flat()
    expect(Array.from(runToFloats(model, [bytes]))).toEqual(expected)
  })
})

describe('after the model', () => {
  const output = (steps: NativeOutputPreprocess['steps'], rest: Partial<NativeOutputPreprocess> = {}): NativePreprocess => ({
    inputs: [],
    outputs: [{ port: 'y', tensor: {}, steps, ...rest }],
  })

  it('converts type and layout', async () => {
    const model = await preprocessed(output([], { modelLayout: 'NCHW', tensor: { type: 'i32', layout: 'NHWC' } }))
    expect(model.outputs()[0]).toMatchObject({ name: 'y', type: 'i32', shape: [1, height, width, channels] })
    const values = Float32Array.from({ length: 72 }, (_, i) => i - 80)
    const result = new Int32Array(runOnce(model, [values])[0] as ArrayBuffer)
    expect(Array.from(toPlanes(result))).toEqual(negated(values))
  })

  it('clamps', async () => {
    const model = await preprocessed(output([{ kind: 'clamp', min: -1, max: 1 }]))
    const values = makeFloats(72)
    expect(Array.from(runToFloats(model, [values]))).toEqual(Array.from(values, (value) => Math.min(Math.max(-value, -1), 1)))
  })

  it('swaps colours', async () => {
    const model = await preprocessed(output([{ kind: 'convertColor', color: 'BGR' }], { modelLayout: 'NCHW' }))
    const values = makeFloats(72)
    const swapped = [...values.subarray(48), ...values.subarray(24, 48), ...values.subarray(0, 24)]
    expect(Array.from(runToFloats(model, [values]))).toEqual(negated(swapped))
  })
})

describe('what cannot be', () => {
  const impossible: [string, NativePreprocess, RegExp][] = [
    ['an input that is not there', { inputs: [{ port: 'z', tensor: {}, steps: [] }], outputs: [] }, /no input 'z'.*has x/],
    ['an output that is not there', { inputs: [], outputs: [{ port: 'z', tensor: {}, steps: [] }] }, /no output 'z'.*has y/],
    ['a position that is not there', { inputs: [{ port: 4, tensor: {}, steps: [] }], outputs: [] }, /no input 4.*has 1/],
    ['two means for three channels', input([{ kind: 'mean', values: [1, 2] }], chw), /./],
    ['means without a layout', input([{ kind: 'mean', values: [1, 2, 3] }]), /./],
    ['a layout of five', input([], { layout: 'NCDHW' }), /./],
    ['no layout at all', input([], { layout: 'N!' }), /./],
    ['colours without a source', input([{ kind: 'convertColor', color: 'RGB' }], picture, 'NCHW'), /./],
    ['a resize without heights', input([{ kind: 'resize', algorithm: 'linear' }]), /./],
    [
      'an output in grey',
      { inputs: [], outputs: [{ port: 'y', tensor: {}, steps: [{ kind: 'convertColor', color: 'GRAY' }] }] },
      /RGB or BGR/,
    ],
    ['a crop outside', input([{ kind: 'crop', begin: [0, 0, 9, 9], end: [1, 3, 8, 8] }], { shape: [1, 3, 7, 9] }), /./],
  ]
  it.each(impossible)('%s: the model stays as it was', async (_, description, message) => {
    const model = negate()
    const [inputs, outputs] = [model.inputs(), model.outputs()]
    await expect(model.preprocess(description)).rejects.toMatchObject({
      code: 'OV_PREPROCESS',
      message: expect.stringMatching(message),
    })
    expect(model.inputs()).toEqual(inputs)
    expect(model.outputs()).toEqual(outputs)
    const values = makeFloats(72)
    expect(Array.from(runToFloats(model, [values]))).toEqual(negated(values))
  })

  it('words that nobody knows', () => {
    const model = negate()
    const steps = [{ kind: 'blur' }, { kind: 'resize', algorithm: 'area' }, { kind: 'convertColor', color: 'CMYK' }]
    for (const step of steps) {
      const description = input([step as unknown as NativePreprocessStep])
      expect(() => model.preprocess(description)).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
    }
    expect(() => model.preprocess(input([], { type: 'f33' }))).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
  })
})
