// ResNet-50, layer by layer, with the names that torchvision's weights have.
import { TensorRtNetwork } from 'enginery'

/** Blocks of each stage. */
const stages = [3, 4, 6, 3]

export function writeResNet50(weights, { classes = 1000, size = 224 } = {}) {
  const network = new TensorRtNetwork({ name: 'resnet50' })

  const convolve = (x, name, outputs, kernelSize, { stride = 1, normalization }) => {
    const channels = x.shape[1]
    const kernel = weights.take(`${name}.weight`, outputs * channels * kernelSize ** 2, channels * kernelSize ** 2)
    const padding = (kernelSize - 1) / 2
    const y = network.convolution(x, { name, outputs, kernelSize, kernel, stride, padding })
    return network.scale(y, {
      name: normalization,
      mode: 'channel',
      ...weights.normalization(normalization, outputs, 1e-5),
    })
  }
  const relu = (x) => network.activation(x, 'relu')

  const bottleneck = (x, name, width, stride) => {
    let y = relu(convolve(x, `${name}.conv1`, width, 1, { normalization: `${name}.bn1` }))
    y = relu(convolve(y, `${name}.conv2`, width, 3, { stride, normalization: `${name}.bn2` }))
    y = convolve(y, `${name}.conv3`, 4 * width, 1, { normalization: `${name}.bn3` })
    const isSame = stride === 1 && x.shape[1] === 4 * width
    const beside = isSame
      ? x
      : convolve(x, `${name}.downsample.0`, 4 * width, 1, { stride, normalization: `${name}.downsample.1` })
    return relu(network.elementWise([y, beside], 'sum', { name: `${name}.sum` }))
  }

  const images = network.addInput('images', 'f32', [1, 3, size, size])
  let x = relu(convolve(images, 'conv1', 64, 7, { stride: 2, normalization: 'bn1' }))
  x = network.pooling(x, 'max', { windowSize: 3, stride: 2, padding: 1 })
  for (const [stage, blocks] of stages.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1
      x = bottleneck(x, `layer${stage + 1}.${block}`, 64 * 2 ** stage, stride)
    }
  }
  x = network.reduce(x, 'avg', { axes: [2, 3], name: 'avgpool' })
  const channels = x.shape[1]
  const kernel = network.constant(weights.take('fc.weight', classes * channels, channels), { shape: [classes, channels] })
  const bias = network.constant(weights.take('fc.bias', classes), { shape: [1, classes] })
  const product = network.matrixMultiply([x, kernel], { name: 'fc', operations: ['none', 'transpose'] })
  network.markOutput(network.softmax(network.elementWise([product, bias], 'sum'), { axis: 1 }), 'prob')
  return network
}
