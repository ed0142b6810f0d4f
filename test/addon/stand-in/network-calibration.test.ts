import { beforeAll, describe, expect, it } from 'vitest'
import { openNativeCalibration } from '../../../lib/api/tensorrt/calibrate-natively.js'
import { networkInput } from '../../../lib/api/tensorrt/network-input.js'
import { planPrecision } from '../../../lib/api/tensorrt/plan-tensorrt-precision.js'
import { planRequest } from '../../../lib/api/tensorrt/plan-tensorrt-request.js'
import { buildTensorRtSchema } from '../../../lib/api/tensorrt/tensorrt-options.js'
import { TensorRtNetwork } from '../../../lib/engine/tensorrt/network/tensorrt-network.js'
import type { OpenedTensorRt } from '../../../lib/engine/tensorrt/open-library.js'
import { silentLogger } from '../../../lib/logging/logger.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { buildStandIn, loadStandIn, missing } from './stand-in-caller.js'

/** What a TensorRT 10 has, as far as these options go. */
const library = {
  line: 'v10',
  title: 'TensorRT 10',
  version: '10.15.1.29',
  names: { flags: ['tf32', 'int8', 'fp16'], choices: ['profilingVerbosity'], numbers: [], memoryPools: [], previewFeatures: [] },
} as unknown as OpenedTensorRt

const noPlugins = { load: [], serialize: [], apart: [], identity: {} }

/** Two inputs, of one open batch. */
function writeNetwork(): TensorRtNetwork {
  const network = new TensorRtNetwork({ name: 'two' })
  const [left, right] = [network.addInput('left', 'f32', [-1, 2]), network.addInput('right', 'i32', [-1, 3])]
  network.markOutput(network.activation(left, 'relu'), 'y')
  network.markOutput(network.cast(right, { type: 'f32' }), 'z')
  return network
}

const leftOf = (sample: number) => Float32Array.of(sample, -sample)
const rightOf = (sample: number) => Int32Array.of(sample, sample + 1, sample + 2)

describe.skipIf(missing !== null)('networks written layer by layer, calibrated by a stand-in for TensorRT', () => {
  beforeAll(buildStandIn, 300_000)

  it('the calibrator reads their inputs by name, in batches of the shape that is built for', async () => {
    const model = writeNetwork()
    const seen: number[] = []
    async function* data() {
      for (let sample = 0; sample < 4; sample++) {
        seen.push(sample)
        // In another order than the network has them.
        yield { right: Tensor.from(rightOf(sample), [1, 3]), left: Tensor.from(leftOf(sample), [1, 2]) }
      }
    }
    const settings = buildTensorRtSchema.parse({
      backend: 'tensorrt',
      model,
      precision: 'int8',
      calibration: { data, samples: 4 },
      profiles: [
        {
          left: { min: [1, 2], opt: [2, 2], max: [4, 2] },
          right: { min: [1, 3], opt: [2, 3], max: [4, 3] },
        },
      ],
    })
    const planned = planPrecision(settings, library)
    expect(planned.calibrates).toBe(true)
    const asked = await planRequest(networkInput(model), settings, library, planned, noPlugins)
    const calibration = await openNativeCalibration(settings, library, 'a'.repeat(64), asked.inputs, silentLogger)
    const standIn = loadStandIn()
    try {
      const { batches, batchSize, fault, interface: kind } = await standIn.start({ calibration: calibration.request }).done
      expect({ fault, batchSize }).toEqual({ fault: '', batchSize: 2 })
      expect(kind).toMatch(/ENTROPY|Entropy/i)
      expect(batches.map(({ left }) => [...new Float32Array(left as ArrayBuffer)])).toEqual([
        [...leftOf(0), ...leftOf(1)],
        [...leftOf(2), ...leftOf(3)],
      ])
      expect(batches.map(({ right }) => [...new Int32Array(right as ArrayBuffer)])).toEqual([
        [...rightOf(0), ...rightOf(1)],
        [...rightOf(2), ...rightOf(3)],
      ])
      expect(seen).toEqual([0, 1, 2, 3])
    } finally {
      await calibration.close()
    }
  })
})
