// A worker that builds an engine and infers until it is stopped. workerData: { folder, name }.
import { parentPort, workerData } from 'node:worker_threads'
import { buildEngine } from '../../../../dist/index.js'

const engine = await buildEngine({ model: `${workerData.folder}/${workerData.name}.onnx`, hints: { requests: 2 } })
const input = new Float32Array(engine.inputs[0].shape.reduce((a, b) => a * b)).fill(1)
await engine.infer(input)
parentPort.postMessage('inferring')
const next = () => engine.infer(input).then(next)
for (let i = 0; i < 4; i++) next()
