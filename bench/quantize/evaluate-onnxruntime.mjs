// onnxruntime-node in place of an engine: enginery reads and prepares the pictures, decodes the outputs and scores.
import path from 'node:path'
import ort from 'onnxruntime-node'

const elementTypes = { float32: 'f32', float64: 'f64', float16: 'f16', int32: 'i32', int64: 'i64', uint8: 'u8', int8: 'i8' }

function soleMetric({ createMetric, polygonIou }, asked, decoder, categories) {
  const byDecoder = { classification: 'accuracy', ctc: 'line-accuracy', db: 'text-detection' }
  const chosen = asked?.[0] ?? { name: byDecoder[decoder] ?? 'coco-map' }
  return createMetric(chosen, { categories, overlap: polygonIou })
}

/**
 * What `evaluate` of enginery gives, as far as the programs here read it.
 *
 * @param {object} enginery the library
 * @param {object} evaluation options of `evaluate`; models are ONNX files with one input
 */
export async function evaluateWithOnnxruntime(enginery, { models, data, preprocess, task, metrics }) {
  const { createDecoder, createPreprocessor, inspectModel, MetricAccumulator, openDataset, readSamples, Tensor } = enginery
  const dataset = await openDataset(data)
  const evaluated = []
  for (const file of models) {
    const { inputs, onnx } = await inspectModel(file)
    const session = await ort.InferenceSession.create(file, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 3,
    })
    const [input] = session.inputNames
    const port = inputs.find((each) => each.name === input)
    const preprocessor = preprocess && createPreprocessor(preprocess, port)
    const decode = createDecoder(task, onnx.metadata)
    const metric = soleMetric(enginery, metrics, task.decoder, dataset.categories)
    const accumulator = new MetricAccumulator(metric, dataset.samples)
    const results = []
    let nonFiniteSamples = 0
    for await (const { sample, picture, tensors } of readSamples(dataset, { onBroken: 'error' })) {
      const prepared = preprocessor ? await preprocessor.run(picture) : { tensor: Object.values(tensors)[0] }
      const { tensor } = prepared
      const shape = tensor.shape.length < port.shape.length ? [1, ...tensor.shape] : tensor.shape
      const answer = await session.run({ [input]: new ort.Tensor('float32', tensor.data, [...shape]) })
      const outputs = Object.fromEntries(
        Object.entries(answer).map(([name, { data: values, dims, type }]) => [
          name,
          Tensor.from(values, [...dims], elementTypes[type]),
        ]),
      )
      const allFinite = Object.values(outputs).every(({ data: values, type }) => type !== 'f32' || values.every(Number.isFinite))
      if (!allFinite) nonFiniteSamples++
      const [height, width] = shape.slice(-2)
      const size = { width, height }
      const whole = { original: size, input: size, scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
      const [result] = decode(outputs, { geometry: prepared.geometry ?? [whole] })
      await accumulator.add(sample, result)
      results.push({ id: sample.id, result })
      if (preprocessor) tensor.release()
    }
    await session.release()
    evaluated.push({ name: path.basename(file), metrics: [await accumulator.summarize()], nonFiniteSamples, results })
  }
  return { models: evaluated, data: { samples: dataset.samples.length, broken: [] } }
}
