// YOLOv5 (release 6), layer by layer, with the names that its weights have. Boxes are decoded in the network, by layers alone.
import { TensorRtNetwork } from 'enginery'

/** Width and height of boxes, in pixels, by stride. */
const anchors = new Map([
  [8, [10, 13, 16, 30, 33, 23]],
  [16, [30, 61, 62, 45, 59, 119]],
  [32, [116, 90, 156, 198, 373, 326]],
])

/** @param width and depth: what the channels and the repeats of the large model are multiplied with; these are of YOLOv5n */
export function writeYoloV5(weights, { classes = 80, size = 640, width = 0.25, depth = 1 / 3 } = {}) {
  const network = new TensorRtNetwork({ name: 'yolov5' })
  const channelsOf = (count) => Math.ceil((count * width) / 8) * 8
  const repeatsOf = (count) => Math.max(Math.round(count * depth), 1)

  const convolve = (x, name, outputs, kernelSize, { stride = 1, padding = (kernelSize - 1) / 2 } = {}) => {
    const fanIn = x.shape[1] * kernelSize ** 2
    const kernel = weights.take(`${name}.conv.weight`, outputs * fanIn, fanIn)
    let y = network.convolution(x, { name: `${name}.conv`, outputs, kernelSize, kernel, stride, padding })
    y = network.scale(y, { name: `${name}.bn`, mode: 'channel', ...weights.normalization(`${name}.bn`, outputs, 1e-3) })
    return network.elementWise([y, network.activation(y, 'sigmoid')], 'prod')
  }

  /** Two branches, one of which is long; `isResidual`: what goes into a step is added to what comes out. */
  const crossStage = (x, name, outputs, repeats, isResidual = true) => {
    const inner = outputs / 2
    let long = convolve(x, `${name}.cv1`, inner, 1)
    for (let step = 0; step < repeats; step++) {
      const narrow = convolve(long, `${name}.m.${step}.cv1`, inner, 1)
      const made = convolve(narrow, `${name}.m.${step}.cv2`, inner, 3)
      long = isResidual ? network.elementWise([long, made], 'sum') : made
    }
    const both = network.concatenation([long, convolve(x, `${name}.cv2`, inner, 1)], { axis: 1 })
    return convolve(both, `${name}.cv3`, outputs, 1)
  }

  const poolPyramid = (x, name, outputs) => {
    const maps = [convolve(x, `${name}.cv1`, x.shape[1] / 2, 1)]
    for (let i = 0; i < 3; i++) maps.push(network.pooling(maps[i], 'max', { windowSize: 5, padding: 2 }))
    return convolve(network.concatenation(maps, { axis: 1 }), `${name}.cv2`, outputs, 1)
  }

  const join = (...inputs) => network.concatenation(inputs, { axis: 1 })
  const enlarge = (x) =>
    network.resize(x, { scales: [1, 1, 2, 2], mode: 'nearest', coordinates: 'asymmetric', rounding: 'floor' })
  const halve = (x, name, outputs) => convolve(x, name, channelsOf(outputs), 3, { stride: 2 })
  const stage = (x, name, outputs, repeats, isResidual) =>
    crossStage(x, name, channelsOf(outputs), repeatsOf(repeats), isResidual)

  const images = network.addInput('images', 'f32', [1, 3, size, size])
  let x = convolve(images, 'model.0', channelsOf(64), 6, { stride: 2, padding: 2 })
  x = stage(halve(x, 'model.1', 128), 'model.2', 128, 3)
  const eighth = stage(halve(x, 'model.3', 256), 'model.4', 256, 6)
  const sixteenth = stage(halve(eighth, 'model.5', 512), 'model.6', 512, 9)
  x = stage(halve(sixteenth, 'model.7', 1024), 'model.8', 1024, 3)
  x = poolPyramid(x, 'model.9', channelsOf(1024))

  const top = convolve(x, 'model.10', channelsOf(512), 1)
  x = stage(join(enlarge(top), sixteenth), 'model.13', 512, 3, false)
  const middle = convolve(x, 'model.14', channelsOf(256), 1)
  const small = stage(join(enlarge(middle), eighth), 'model.17', 256, 3, false)
  const medium = stage(join(halve(small, 'model.18', 256), middle), 'model.20', 512, 3, false)
  const large = stage(join(halve(medium, 'model.21', 512), top), 'model.23', 1024, 3, false)

  const found = [small, medium, large].map((map, index) => decode(network, weights, map, index, classes, size))
  network.markOutput(network.concatenation(found, { axis: 1, name: 'boxes and scores' }), 'predictions')
  return network
}

/** Centre, width and height in pixels, how sure it is of an object, and of each class: [1, boxes, 5 + classes]. */
function decode(network, weights, map, index, classes, size) {
  const [, channels, rows, columns] = map.shape
  const stride = size / rows
  const values = 5 + classes
  const y = network.convolution(map, {
    name: `model.24.m.${index}`,
    outputs: 3 * values,
    kernelSize: 1,
    kernel: weights.take(`model.24.m.${index}.weight`, 3 * values * channels, channels),
    bias: weights.take(`model.24.m.${index}.bias`, 3 * values),
  })
  const ordered = network.shuffle(y, { reshape: [1, 3, values, rows, columns], secondTranspose: [0, 1, 3, 4, 2] })
  const between = network.activation(ordered, 'sigmoid')
  const part = (start, count) => network.slice(between, { start: [0, 0, 0, 0, start], size: [1, 3, rows, columns, count] })
  const constant = (elements, shape) => network.constant(Float32Array.from(elements), { shape })

  // (2 s - 0.5 + place) * stride and (2 s) ^ 2 * anchor
  const places = Array.from({ length: rows * columns }, (_, i) => [
    ((i % columns) - 0.5) * stride,
    (Math.floor(i / columns) - 0.5) * stride,
  ])
  const twice = network.elementWise([part(0, 2), constant([2 * stride], [1, 1, 1, 1, 1])], 'prod')
  const centre = network.elementWise([twice, constant(places.flat(), [1, 1, rows, columns, 2])], 'sum')
  const doubled = network.elementWise([part(2, 2), constant([2], [1, 1, 1, 1, 1])], 'prod')
  const squared = network.elementWise([doubled, doubled], 'prod')
  const extent = network.elementWise([squared, constant(anchors.get(stride), [1, 3, 1, 1, 2])], 'prod')
  const whole = network.concatenation([centre, extent, part(4, values - 4)], { axis: 4 })
  return network.shuffle(whole, { reshape: [1, 3 * rows * columns, values] })
}
