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
