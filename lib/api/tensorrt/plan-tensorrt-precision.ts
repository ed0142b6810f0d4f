import { unsupported } from '../../engine/tensorrt/builder-settings.js'
import { TensorRtNetwork } from '../../engine/tensorrt/network/tensorrt-network.js'
import type { OpenedTensorRt } from '../../engine/tensorrt/open-library.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { OnnxInput } from './build-tensorrt.js'
import type { TensorRtPreparation } from './prepare-tensorrt.js'
import { prepareTensorRtHalf } from './prepare-tensorrt-half.js'
import { prepareTensorRtInt8 } from './prepare-tensorrt-int8.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** How a precision comes about. */
export interface PlannedPrecision {
  /** What is done to the model before it is built; null: nothing. */
  readonly stage: TensorRtPreparation['stage'] | null
  prepare(model: OnnxInput): TensorRtPreparation | undefined
  /** TensorRT calibrates by itself. */
  readonly calibrates: boolean
  /** For the builder's flags. */
  readonly precision: BuildTensorRtSettings['precision']
  /** FP16 may stand beside INT8 and FP8, for the builder's flags. */
  readonly allowsHalf: boolean
}

type Library = Pick<OpenedTensorRt, 'line' | 'title'>

/**
 * How the precision that was asked for comes about with this TensorRT. TensorRT 10 chooses types itself, of those that it is
 * allowed; where it takes those of the model (11.x, RTX, strongly typed networks), the model is changed first.
 *
 * @throws OPTION_INVALID, TENSORRT_OPTION_UNSUPPORTED
 */
export function planPrecision(settings: BuildTensorRtSettings, library: Library): PlannedPrecision {
  const { precision, calibration, calibrator, builder } = settings
  const typed = library.line !== 'v10' || builder.stronglyTyped === true
  refuseHalf(settings, typed)
  refuseRanges(settings, library, typed)
  if (precision === 'int8') return planInt8(settings, library, typed)
  if (calibrator !== undefined) throw refuseOption('calibrator', 'precision int8 with it')
  if (typed && isHalf(precision)) {
    const type = precision === 'fp16' ? 'f16' : 'bf16'
    const prepare = (model: OnnxInput) => prepareTensorRtHalf(settings, model, type)
    return { stage: 'convert', prepare, calibrates: false, precision: 'fp32', allowsHalf: false }
  }
  if (calibration !== undefined) {
    throw refuseOption('calibration', 'nothing: it is for int8, and for fp16 and bf16 where the model is rewritten (11.x, RTX)')
  }
  if (typed && precision !== 'fp32') {
    const cure =
      'Networks are strongly typed: give a model with quantizers to FP8 and precision fp32, or use TensorRT 10 without stronglyTyped.'
    throw unsupported(library, `precision ${precision} for models of other types`, cure)
  }
  return { ...nothing, calibrates: false, precision, allowsHalf: settings.halfPrecision !== false }
}

const nothing = { stage: null, prepare: () => undefined } as const

function planInt8(settings: BuildTensorRtSettings, library: Library, typed: boolean): PlannedPrecision {
  const { precision, calibration, calibrator, halfPrecision, model } = settings
  const allowsHalf = halfPrecision !== false
  if (calibrator !== undefined) {
    if (library.line !== 'v10')
      throw unsupported(library, 'calibrators', 'Leave `calibrator` out: the model then gets quantizers.')
    if (typed) throw refuseOption('calibrator', 'a network that is not strongly typed')
    return { ...nothing, calibrates: true, precision, allowsHalf }
  }
  // Nothing can be put into a network that is written layer by layer: its samples are for TensorRT's own calibrators.
  if (calibration !== undefined && model instanceof TensorRtNetwork && !typed) {
    return { ...nothing, calibrates: true, precision, allowsHalf }
  }
  const built = { calibrates: false, precision: typed ? 'fp32' : 'int8', allowsHalf } as const
  // A model with quantizers needs no samples; TensorRT says what it misses in any other.
  if (calibration === undefined) return { ...nothing, ...built }
  return { stage: 'quantize', prepare: (model) => prepareTensorRtInt8(settings, model, typed), ...built }
}

/** Said where nothing would come of them. */
function refuseRanges(
  { dynamicRanges, precision, calibration, calibrator, model }: BuildTensorRtSettings,
  library: Library,
  typed: boolean,
): void {
  if (dynamicRanges === undefined) return
  if (library.line !== 'v10') {
    const instead =
      model instanceof TensorRtNetwork
        ? 'Write `quantize` and `dequantize` into the network.'
        : 'Give `calibration`: the model then gets quantizers.'
    throw unsupported(library, 'dynamic ranges', instead)
  }
  if (typed) throw refuseOption('dynamicRanges', 'a network that is not strongly typed')
  if (precision !== 'int8') throw refuseOption('dynamicRanges', 'precision int8 beside it')
  if (calibration !== undefined && calibrator === undefined && !(model instanceof TensorRtNetwork)) {
    const reason =
      'no `calibration` beside it, which puts quantizers into the model, or `calibrator`, which keeps to the ranges that are set'
    throw refuseOption('dynamicRanges', reason)
  }
}

/** Said where nothing would come of it. */
function refuseHalf({ halfPrecision, precision, calibration }: BuildTensorRtSettings, typed: boolean): void {
  if (halfPrecision === undefined) return
  if (isHalf(precision)) {
    if (halfPrecision === false) throw refuseOption('halfPrecision', `none beside precision ${precision}, which is nothing else`)
    if (!typed)
      throw refuseOption('halfPrecision', 'none: TensorRT 10 chooses by itself what is in half precision (11.x and RTX do not)')
    return
  }
  if (precision !== 'int8' && precision !== 'fp8') throw refuseOption('halfPrecision', 'precision fp16, bf16 or int8 beside it')
  if (halfPrecision === false) return
  if (typed && calibration === undefined)
    throw refuseOption('halfPrecision', '`calibration` beside it: a model that has quantizers already is built as it is')
  if (!typed && halfPrecision !== true)
    throw refuseOption('halfPrecision', 'true or false: TensorRT 10 chooses by itself where FP16 stands beside INT8')
}

function isHalf(precision: BuildTensorRtSettings['precision']): precision is 'fp16' | 'bf16' {
  return precision === 'fp16' || precision === 'bf16'
}

function refuseOption(option: string, reason: string) {
  return engineryError('OPTION_INVALID', { caller: 'buildEngine', option, reason: `expected ${reason}` })
}
