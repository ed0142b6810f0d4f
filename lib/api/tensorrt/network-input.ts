import { unsupported } from '../../engine/tensorrt/builder-settings.js'
import { refuseForLine } from '../../engine/tensorrt/network/refuse-for-line.js'
import { definitionOf, requireComplete, type TensorRtNetwork } from '../../engine/tensorrt/network/tensorrt-network.js'
import type { OpenedTensorRt } from '../../engine/tensorrt/open-library.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { OnnxInput } from './build-tensorrt.js'
import type { PlannedPrecision } from './plan-tensorrt-precision.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** A network that was written layer by layer, as it is now: what is added to it afterwards is not built. @throws NETWORK_INCOMPLETE */
export function networkInput(network: TensorRtNetwork): OnnxInput {
  requireComplete(network)
  return {
    shownName: network.name === null ? 'the network' : `the network ${network.name}`,
    bytes: new Uint8Array(0),
    path: null,
    network: definitionOf(network),
  }
}

/**
 * Refuses options that are about ONNX models, and what of a network this TensorRT does not have.
 *
 * @throws OPTION_INVALID, TENSORRT_OPTION_UNSUPPORTED
 */
export function checkNetwork(
  { network }: OnnxInput,
  settings: BuildTensorRtSettings,
  { stage }: Pick<PlannedPrecision, 'stage'>,
  library: Pick<OpenedTensorRt, 'line' | 'title'>,
): void {
  if (network === undefined) return
  const { parserFlags, precision, builder } = settings
  if (parserFlags !== undefined) {
    throw engineryError('OPTION_INVALID', {
      caller: 'buildEngine',
      option: 'parserFlags',
      reason: 'expected nothing: a network that is written layer by layer meets no parser',
    })
  }
  if (stage !== null) {
    const instead =
      stage === 'quantize'
        ? 'Write `quantize` and `dequantize` in front of the layers that are to compute on integers, and leave `calibration` out; or build with TensorRT 10 (not strongly typed), whose calibrators take the samples.'
        : `Write \`cast\` to ${precision === 'fp16' ? 'f16' : 'bf16'} where it is to begin and back to f32 where it is to end, and leave \`precision\` out; or build with TensorRT 10 (not strongly typed), whose builder chooses by itself.`
    throw unsupported(library, `${precision} for networks that are written layer by layer`, instead)
  }
  refuseForLine(network, library, library.line !== 'v10' || builder.stronglyTyped === true)
}
