import type { CalibrationRunner, NamedTensors, OpenOptions } from '../../calibration/calibration-runner.js'
import type { Port } from '../../engine/backend.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { LoadedModel } from '../../model/onnx-file.js'
import type { Tensor } from '../../tensor/tensor.js'
import { compileTransientEngine } from '../engines/compile-engine.js'
import { lendModel } from '../engines/lend-model.js'

/** Runs the float model of a calibration on OpenVINO, in f32 on the CPU, with all cores busy. */
export async function openCalibrationModel(model: LoadedModel, options: OpenOptions): Promise<CalibrationRunner> {
  const { shapes, signal } = options
  const engine = await lendModel(model, (lent) =>
    compileTransientEngine({
      model: lent,
      backend: 'openvino',
      device: 'CPU',
      precision: 'fp32',
      hints: { performance: 'throughput' },
      shapes: shapes === undefined ? 'dynamic' : mapShapes(shapes),
      signal,
    }),
  )
  // A tensor may have several names, of which the engine uses the first.
  const ports = options.outputs.map((name) => ({ name, port: engine.outputs.find(({ names }) => names.includes(name)) }))
  const missing = ports.find(({ port }) => port === undefined)
  if (missing !== undefined) {
    await engine.close()
    throw engineryError('BUG', { reason: `the engine of the calibration has no output ${missing.name}` })
  }
  return {
    async *infer(samples: AsyncIterable<NamedTensors>, { signal } = {}) {
      for await (const result of engine.inferMany(samples, { signal })) {
        yield Object.fromEntries(ports.map(({ name, port }) => [name, result[(port as Port).name] as Tensor]))
      }
    },
    close: () => engine.close(),
  }
}

function mapShapes(shapes: Readonly<Record<string, readonly number[]>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]))
}
