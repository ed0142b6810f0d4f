import { unsupported } from '../builder-settings.js'
import type { OpenedTensorRt } from '../open-library.js'
import type { NetworkDefinition } from './network-definition.js'

/**
 * Refuses what of a network this TensorRT has no words for, before anything of it is made.
 *
 * @param stronglyTyped as the network is built
 * @throws TENSORRT_OPTION_UNSUPPORTED with what to do instead
 */
export function refuseForLine(
  { native }: NetworkDefinition,
  library: Pick<OpenedTensorRt, 'line' | 'title'>,
  stronglyTyped: boolean,
): void {
  for (const [index, { kind, name, precision, outputTypes, outputs, choices }] of native.layers.entries()) {
    const title = name === undefined ? `layer ${index} (${kind})` : `layer ${name}`
    if (stronglyTyped && (precision !== undefined || outputTypes !== undefined)) {
      const option = `${precision === undefined ? 'output types' : 'precision'} of layers (${title})`
      throw unsupported(library, option, 'Its networks are strongly typed: `cast` what the layer is given, and what it makes.')
    }
    if (stronglyTyped && outputs.some(({ dynamicRange }) => dynamicRange !== undefined)) {
      const tensor = outputs.find(({ dynamicRange }) => dynamicRange !== undefined)?.name
      const option = `dynamic ranges of tensors (${tensor ?? `of ${title}`})`
      throw unsupported(
        library,
        option,
        'Its networks are strongly typed: put `quantize` and `dequantize` in front of the layer.',
      )
    }
    if (kind === 'plugin' && library.line === 'rtx') {
      throw unsupported(library, `plugins (${choices?.plugin})`, 'Write it with layers, or build with TensorRT 10 or 11.')
    }
  }
}
