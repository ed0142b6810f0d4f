// Type-checked, never run: require() of an ES module, which Node has had since 20.19.
import enginery = require('enginery')

async function run(): Promise<Float32Array | undefined> {
  const engine: enginery.Engine = await enginery.buildEngine({ model: 'model.onnx' })
  const { y } = engine.inferSync(enginery.Tensor.allocate('f32', [1, 4]))
  await engine.close()
  return y?.toFloat32()
}

void run()
