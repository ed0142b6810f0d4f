import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import { countInt8, type Int8Share } from '../../engine/engine-layers.js'
import { loadKernels } from '../../native/load-addon.js'
import type { TargetName } from '../../quantization/targets/target.js'
import type { ElementArray, FixedSizeElementType } from '../../tensor/element-type.js'
import { Tensor } from '../../tensor/tensor.js'
import { compileEngine } from '../engines/compile-engine.js'
import { measureEngine } from '../engines/measure-engine.js'

/** A float model and what was made of it, run in turns on OpenVINO on this machine's CPU, all cores busy. */
export interface MeasuredSpeed {
  /** The processor, by its own name. */
  readonly cpu: string
  /** Inferences per second of the float model, in f32. */
  readonly float: number
  /** Inferences per second of the quantized model. */
  readonly quantized: number
  /** Throughput of the quantized model over that of the float one: the median of pairs. */
  readonly ratio: number
  /** Convolutions and matrix products of the quantized model that compute on 8 bits here, of all there are. */
  readonly int8: Int8Share
}

const pairs = 5
/** Seconds for one model in one pair. */
const turn = 0.2

/**
 * Measures for about two seconds. Both models get the same input; nothing else should run meanwhile.
 *
 * @throws the ENGINE_ codes where OpenVINO does not take one of them, ABORTED
 */
export async function measureSpeed(
  models: { readonly float: string | Uint8Array; readonly quantized: Uint8Array },
  example: NamedTensors,
  signal?: AbortSignal,
): Promise<MeasuredSpeed> {
  const shapes = Object.fromEntries(Object.entries(example).map(([name, { shape }]) => [name, [...shape]]))
  const compile = (model: string | Uint8Array) =>
    compileEngine({
      model,
      backend: 'openvino',
      device: 'CPU',
      precision: 'fp32',
      hints: { performance: 'throughput' },
      shapes,
      signal,
    })
  const inputs = Object.fromEntries(Object.entries(example).map(([name, tensor]) => [name, copyForEngine(tensor)]))
  const float = await compile(models.float)
  try {
    const quantized = await compile(models.quantized)
    try {
      const found: { float: number; quantized: number }[] = []
      for (let pair = 0; pair < pairs; pair++) {
        const options = { mode: 'throughput', duration: turn, warmUp: pair === 0 ? turn / 2 : 0, signal } as const
        const before = await measureEngine(float, inputs, options)
        const after = await measureEngine(quantized, inputs, options)
        found.push({ float: before.throughput, quantized: after.throughput })
      }
      const { layers } = await quantized.describe()
      return {
        cpu: loadKernels().cpuFeatures().brand,
        float: median(found.map((pair) => pair.float)),
        quantized: median(found.map((pair) => pair.quantized)),
        ratio: median(found.map((pair) => pair.quantized / pair.float)),
        int8: countInt8(layers),
      }
    } finally {
      await quantized.close()
    }
  } finally {
    await float.close()
  }
}

/** In memory that the engine reads in place, so that no copy is measured. */
function copyForEngine(tensor: Tensor): Tensor {
  const copy = Tensor.allocate(tensor.type as FixedSizeElementType, tensor.shape)
  ;(copy.data as Float32Array).set(tensor.data as ElementArray<'f32'>)
  return copy as Tensor
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

/** What was measured, in words, where INT8 does not pay on this machine. */
export function warnOfSpeed({ cpu, ratio, int8 }: MeasuredSpeed): CalibrationWarning[] {
  if (ratio >= 1) return []
  return [
    {
      code: 'INT8_SLOWER',
      message: `INT8 does not pay on this CPU (${cpu}): ${ratio.toFixed(2)} times the throughput of the float model`,
      why: `${int8.layers} of ${int8.of} layers compute on 8 bits; going to integers and back costs more than they save.`,
    },
  ]
}

/** What this CPU lacks for the target, where nothing was measured. */
export function warnOfCpu(target: TargetName): CalibrationWarning[] {
  if (target === 'tensorrt' || target === 'openvino-gpu') return []
  const { avx2, avxVnni, avx512Vnni, amxInt8 } = loadKernels().cpuFeatures()
  if (!avx2) {
    const why = 'OpenVINO has no fast INT8 kernels without it. Measure (option measure) before the model is used here.'
    return [{ code: 'CPU_WITHOUT_AVX2', message: 'this CPU has no AVX2: INT8 will hardly pay on it', why }]
  }
  if (avxVnni || avx512Vnni || amxInt8) return []
  if (target === 'openvino-cpu-vnni') {
    const why = 'Weights use their whole range for this target, and sums of products overflow in 16 bits on this CPU.'
    return [{ code: 'CPU_WITHOUT_VNNI', message: 'this CPU has no VNNI: the model will be wrong on it', why }]
  }
  const why = 'Products are added in two steps here. Measuring (option measure) says what is gained.'
  return [{ code: 'CPU_WITHOUT_VNNI', message: 'this CPU has no VNNI: INT8 gains less on it', why }]
}
