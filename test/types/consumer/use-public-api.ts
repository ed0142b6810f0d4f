// Type-checked, never run: what a strict TypeScript user of the package may and may not write.
import {
  type BuildEngineOptions,
  type BuildProgress,
  backends,
  buildEngine,
  devices,
  type Engine,
  EngineryError,
  type ErrorCode,
  type fromFloat32,
  type InferenceResult,
  isEngineryError,
  loadEngine,
  type NetworkLayerOptions,
  openvino,
  type PartialShape,
  type QuantizeResult,
  quantize,
  readWts,
  Tensor,
  TensorRtNetwork,
  type TensorRtPlan,
  toFloat32,
} from 'enginery'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function expectType<_Expected extends true>() {}

// --- Building ---

await buildEngine({ model: 'model.onnx' })
await buildEngine({ model: new Uint8Array(8) })
await buildEngine({ model: Buffer.alloc(8) })
await buildEngine({ model: { path: 'model.xml' } })
await buildEngine({ model: { bytes: new Uint8Array(8), weights: new Uint8Array(8), format: 'ir' } })
const engine = await buildEngine({
  model: 'model.onnx',
  backend: 'openvino',
  device: 'AUTO:GPU,CPU',
  precision: 'bf16',
  shapes: { image: [1, 3, [32, 640], 'dynamic'], mask: [-1] },
  preprocess: {
    inputs: {
      image: {
        tensor: { type: 'u8', layout: 'NHWC', color: 'RGB', height: 720, width: 1280 },
        steps: [{ resize: { algorithm: 'linear' } }, { convertElementType: 'f32' }, { mean: [1, 2, 3] }, { scale: 255 }],
        modelLayout: 'NCHW',
      },
    },
  },
  hints: { performance: 'throughput', streams: 'auto', requests: 4, profile: true, cpuPinning: false },
  properties: { NUM_STREAMS: 2, DEVICE_PROPERTIES: { CPU: { NUM_STREAMS: 1 } } },
  cache: { dir: 'cache', maxBytes: 2 ** 30, required: true },
  signal: new AbortController().signal,
  onProgress: (progress) => expectType<Same<typeof progress, BuildProgress>>(),
  logger: console,
})
expectType<Same<typeof engine, Engine>>()

const quantized = await quantize({
  model: 'model.onnx',
  calibration: { data: [{ x: new Float32Array(4) }], samples: 100, preprocess: { preset: 'yolox' }, cache: false },
  target: 'tensorrt',
  ignored: { names: ['a'], patterns: [/^b/, 'c'], subgraphs: [{ inputs: ['x'], outputs: ['y'] }] },
  activations: { mode: 'asymmetric', range: { statistic: 'percentile', upper: 0.999 } },
  output: 'model.int8.onnx',
})
expectType<Same<typeof quantized, QuantizeResult>>()
await buildEngine({ model: 'model.onnx', precision: 'int8', calibration: { data: { x: 'x.npy' } } })
// @ts-expect-error samples are needed
await quantize({ model: 'model.onnx' })
// @ts-expect-error no such target
await quantize({ model: 'model.onnx', calibration: { data: 'x.npy' }, target: 'toaster' })

// @ts-expect-error a model is needed
await buildEngine({})
// @ts-expect-error no such precision
await buildEngine({ model: 'model.onnx', precision: 'int4' })
// @ts-expect-error no such backend
await buildEngine({ model: 'model.onnx', backend: 'onnxruntime' })
// @ts-expect-error no such option
await buildEngine({ model: 'model.onnx', threads: 2 })
// @ts-expect-error no such hint
await buildEngine({ model: 'model.onnx', hints: { latency: true } })
// @ts-expect-error a length is a number
await buildEngine({ model: 'model.onnx', shapes: { image: ['1', 3] } })
// @ts-expect-error a step is one object per operation
await buildEngine({ model: 'model.onnx', preprocess: { inputs: { image: { steps: ['normalize'] } } } })
// @ts-expect-error bytes need a typed array
await buildEngine({ model: { bytes: [1, 2, 3] } })

const undefinedMeansDefault: BuildEngineOptions = { model: 'model.onnx', device: undefined, cache: undefined, signal: undefined }
await buildEngine(undefinedMeansDefault)

// --- Loading ---

expectType<Same<ReturnType<typeof loadEngine>, Promise<Engine>>>()
await loadEngine('model.blob', { onMismatch: 'rebuild', model: 'model.onnx', hints: { requests: 2 } })
// @ts-expect-error a path is needed
await loadEngine()
// @ts-expect-error what to do is one of two words
await loadEngine('model.blob', { onMismatch: 'ignore' })

// --- Running ---

expectType<Same<(typeof engine.inputs)[number]['shape'], PartialShape>>()
const results = await engine.infer({ image: new Float32Array(12), tokens: new BigInt64Array(4), words: ['a', 'b'] })
expectType<Same<typeof results, InferenceResult>>()
await engine.infer(new Uint8ClampedArray(4), { signal: AbortSignal.timeout(100), outputs: { y: Tensor.allocate('f32', [1, 4]) } })
expectType<Same<ReturnType<Engine['inferSync']>, InferenceResult>>()
// @ts-expect-error numbers come in typed arrays
await engine.infer([1, 2, 3])
// @ts-expect-error nothing to abort in a call that blocks
engine.inferSync(new Float32Array(4), { signal: AbortSignal.abort() })
// @ts-expect-error an output is a Tensor
await engine.infer(new Float32Array(4), { outputs: { y: new Float32Array(4) } })

async function* pictures() {
  yield { image: new Float32Array(12) }
}
for await (const result of engine.inferMany(pictures(), { window: 8 })) expectType<Same<typeof result, InferenceResult>>()
for await (const _ of engine.inferMany([new Float32Array(12), Tensor.allocate('f32', [12])])) break
// @ts-expect-error a source can be iterated
engine.inferMany(5)
// @ts-expect-error ports are read-only
engine.inputs[0] = engine.outputs[0]

const { precisions, layers, executionDevices } = await engine.describe()
expectType<Same<typeof precisions, Readonly<Record<string, number>>>>()
expectType<Same<(typeof layers)[number]['kernel'], string>>()
expectType<Same<typeof executionDevices, readonly string[]>>()
expectType<Same<Engine['lastLatency'], number | undefined>>()
expectType<Same<ReturnType<Engine['save']>, Promise<void>>>()
expectType<Same<ReturnType<Engine[typeof Symbol.asyncDispose]>, Promise<void>>>()

// --- Tensors ---

const half = Tensor.allocate('f16', [1, 2])
expectType<Same<typeof half, Tensor<'f16'>>>()
expectType<Same<typeof half.data, Uint16Array>>()
expectType<Same<ReturnType<typeof half.toFloat32>, Float32Array>>()
const inferred = Tensor.from(new Int32Array(4), [2, 2])
expectType<Same<typeof inferred, Tensor<'i32'>>>()
expectType<Same<typeof inferred.data, Int32Array>>()
expectType<Same<ReturnType<typeof Tensor.allocate<'i64'>>['data'], BigInt64Array>>()
expectType<Same<ReturnType<typeof Tensor.allocate<'string'>>['data'], string[]>>()
Tensor.from(new Uint16Array(4), undefined, 'bf16')
expectType<Same<ReturnType<typeof fromFloat32<'i8'>>, Int8Array>>()
toFloat32('u8', new Uint8Array(4))
// @ts-expect-error the array of another type
toFloat32('u8', new Float32Array(4))
// @ts-expect-error no such element type
Tensor.allocate('float32', [1])
// @ts-expect-error tensors are made by functions
new Tensor('f32', [1])
// @ts-expect-error a shape cannot be changed
half.shape = [2, 1]

// Whatever came out: told apart by `type`.
function sumOf(tensor: Tensor): number {
  return tensor.toFloat32().reduce((sum, value) => sum + value, 0)
}
sumOf(half)

// --- Errors ---

try {
  await buildEngine({ model: 'missing.onnx' })
} catch (error) {
  if (isEngineryError(error, 'MODEL_NOT_FOUND')) {
    expectType<Same<typeof error, EngineryError<'MODEL_NOT_FOUND'>>>()
    expectType<Same<typeof error.code, 'MODEL_NOT_FOUND'>>()
    expectType<Same<typeof error.engineLog, readonly string[]>>()
  }
  if (isEngineryError(error)) expectType<Same<typeof error.code, ErrorCode>>()
  if (error instanceof EngineryError) expectType<Same<typeof error.cure, string>>()
  // @ts-expect-error no such code
  isEngineryError(error, 'MODEL_MISSING')
}

// --- Backends and devices ---

for (const { name, available, reason } of backends()) {
  expectType<Same<[typeof name, typeof available, typeof reason], [string, boolean, string | undefined]>>()
}
for (const { name, capabilities } of await devices()) {
  expectType<Same<[typeof name, typeof capabilities], [string, readonly string[]]>>()
}

// --- OpenVINO's own ---

const model = await openvino.readModel('model.onnx')
model.addOutput('inner')
await model.reshape({ x: [1, 'dynamic', [1, 8]] })
await buildEngine({ model })
model.close()

// --- Networks of TensorRT, written layer by layer ---

const network = new TensorRtNetwork({ name: 'two layers' })
const picture = network.addInput('x', 'f32', [1, 4, 8, 8])
const weights = await readWts('model.wts')
const convolution: NetworkLayerOptions['convolution'] = { outputs: 2, kernelSize: 3, kernel: weights.get('conv.weight') }
const convolved = network.convolution(picture, { ...convolution, padding: 1, name: 'conv' })
expectType<Same<typeof convolved.shape, readonly number[] | null>>()
network.markOutput(
  network.topK(network.activation(convolved, 'leaky-relu', { alpha: 0.1 }), 'max', { k: 1, axis: 1 }).values,
  'y',
)
// @ts-expect-error no such activation
network.activation(convolved, 'swish')
// @ts-expect-error two tensors
network.elementWise([convolved], 'sum')
const written = await buildEngine({ backend: 'tensorrt', model: network })
expectType<Same<typeof written, TensorRtPlan>>()
