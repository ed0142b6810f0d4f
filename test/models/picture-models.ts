import { encodeOnnx, type Initializer } from './encode-onnx.js'

const floats = (name: string, shape: number[], values: readonly number[]): Initializer => ({
  name,
  type: 'f32',
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
})

/** Scores [1, 3] of a picture [1, 3, size, size]: how red, green and blue it is on average. */
export function colorModel(size: number): Uint8Array {
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 3, size, size] }],
    outputs: [{ name: 'scores', type: 'f32', shape: [1, 3] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['scores'] },
    ],
  })
}

/** As {@link colorModel}, after many convolutions that leave the picture as it is: for what has to take a while. */
export function slowColorModel(size: number, layers: number): Uint8Array {
  // Three channels to three, 3 x 3: 1 at the centre of the own channel.
  const identity = Array.from({ length: 81 }, (_, i) => Number(Math.floor(i / 27) === Math.floor(i / 9) % 3 && i % 9 === 4))
  const names = Array.from({ length: layers + 1 }, (_, i) => (i === 0 ? 'x' : `c${i}`))
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 3, size, size] }],
    outputs: [{ name: 'scores', type: 'f32', shape: [1, 3] }],
    nodes: [
      ...names.slice(1).map((name, i) => ({
        op: 'Conv',
        inputs: [names[i] as string, 'identity'],
        outputs: [name],
        attributes: { pads: [1, 1, 1, 1] },
      })),
      { op: 'GlobalAveragePool', inputs: [names[layers] as string], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['scores'] },
    ],
    initializers: [floats('identity', [3, 3, 3, 3], identity)],
  })
}

/** As {@link colorModel}, but takes red for blue and blue for red. */
export function swappedColorModel(size: number): Uint8Array {
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 3, size, size] }],
    outputs: [{ name: 'scores', type: 'f32', shape: [1, 3] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
      { op: 'Gather', inputs: ['flat', 'order'], outputs: ['scores'], attributes: { axis: 1 } },
    ],
    initializers: [{ name: 'order', type: 'i64', shape: [3], data: new Uint8Array(BigInt64Array.from([2n, 1n, 0n]).buffer) }],
  })
}

/** As {@link colorModel}, but every score is the square root of less than nothing. */
export function nanModel(size: number): Uint8Array {
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 3, size, size] }],
    outputs: [{ name: 'scores', type: 'f32', shape: [1, 3] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
      { op: 'Relu', inputs: ['flat'], outputs: ['positive'] },
      { op: 'Sub', inputs: ['below', 'positive'], outputs: ['negative'] },
      { op: 'Sqrt', inputs: ['negative'], outputs: ['scores'] },
    ],
    initializers: [floats('below', [1, 3], [-1, -1, -1])],
  })
}

/**
 * Boxes [1, 2, 4] (corners, parts of the input) and scores [1, 2, classes] that are the same for every picture; with
 * `broken`, NaN.
 */
export function constantDetector(size: number, boxes: readonly number[], scores: readonly number[], broken = false): Uint8Array {
  const count = boxes.length / 4
  const classes = scores.length / count
  const shapes = { boxes: [1, count, 4], scores: [1, count, classes] }
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 3, size, size] }],
    outputs: Object.entries(shapes).map(([name, shape]) => ({ name, type: 'f32' as const, shape })),
    nodes: [
      // Nothing of the picture is left, but the engine cannot know.
      { op: 'ReduceMax', inputs: ['x'], outputs: ['most'], attributes: { keepdims: 0 } },
      { op: 'Relu', inputs: ['most'], outputs: ['positive'] },
      { op: 'Sub', inputs: ['below', 'positive'], outputs: ['negative'] },
      { op: broken ? 'Sqrt' : 'Relu', inputs: ['negative'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['fixedBoxes', 'nothing'], outputs: ['boxes'] },
      { op: 'Add', inputs: ['fixedScores', 'nothing'], outputs: ['scores'] },
    ],
    initializers: [
      floats('below', [1], [-1]),
      floats('fixedBoxes', shapes.boxes, boxes),
      floats('fixedScores', shapes.scores, scores),
    ],
  })
}
