import { engineryError } from '../../errors/enginery-error.js'
import { requireObject } from '../../errors/require-argument.js'
import { type InputPort, readInputPort } from '../../preprocess/input-port.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { isIdentity, type ResolvedPreprocess, resolvePreprocess } from '../../preprocess/resolve-preprocess.js'
import type { PreprocessInput, PreprocessStep } from './preprocess-options.js'

export interface MoveOptions {
  /**
   * Also move the resizing, so that pictures of any size may be passed as they were decoded. Only for `stretch` with
   * `pillow-bilinear`, which OpenVINO computes to within one grey level. Default: false.
   */
  readonly resize?: boolean
}

/** Preprocessing in two parts that together do what the description says. */
export interface MovedPreprocess {
  /** For the option `preprocess` when the engine is built. */
  readonly model: PreprocessInput
  /** What is left to do outside: pictures as bytes, `[batch, height, width, channels]`. */
  readonly outside: PreprocessDescription
}

/**
 * Moves colour order, layout, type, scale, mean and std into the model: a quarter of the bytes to pass, and the engine
 * fuses the arithmetic into its first layer.
 *
 * @param port the input that takes the picture
 * @throws PREPROCESS_NOT_MOVABLE with the reason; as `resolvePreprocess`
 */
export function movePreprocessIntoModel(
  description: PreprocessDescription,
  port: InputPort,
  options: MoveOptions = {},
): MovedPreprocess {
  requireObject(port, 'an input of a model, with its name, type and shape', 'port', movePreprocessIntoModel)
  requireObject(options, 'an object', '(options)', movePreprocessIntoModel)
  const resolved = resolvePreprocess(description, port, movePreprocessIntoModel)
  requireMovable(resolved)
  const { resize, color, layout, sourceCrop, crop, padTo, pad } = resolved
  const gray = color === 'GRAY'
  const steps = [...(options.resize ? [resizeStep(resolved, port)] : []), ...valueSteps(resolved)]
  return {
    model: {
      inputs: {
        [port.name]: {
          tensor: {
            type: 'u8',
            layout: 'NHWC',
            ...(!gray && { color: 'RGB' as const }),
            ...(options.resize && { dynamicSize: true }),
          },
          steps,
          modelLayout: layout,
        },
      },
    },
    outside: {
      resize: options.resize ? { mode: 'none' } : resize,
      ...(sourceCrop && { sourceCrop }),
      ...(crop && { crop }),
      ...(padTo && { padTo }),
      // The model is given R, G, B.
      pad: color === 'BGR' ? [...pad].reverse() : [...pad],
      color: gray ? 'GRAY' : 'RGB',
      layout: 'NHWC',
      type: 'u8',
    },
  }
}

function requireMovable(resolved: ResolvedPreprocess): void {
  const { pad, type, layout, color } = resolved
  if (type === 'u8' && layout === 'NHWC' && color !== 'BGR') {
    throw notMovable('the model takes pixels as bytes already: there is nothing to move')
  }
  if (pads(resolved) && !pad.every(Number.isInteger)) {
    throw notMovable(`padding of ${pad.join(', ')} is no grey level that a byte can hold`)
  }
}

function pads({ resize, crop, padTo }: ResolvedPreprocess): boolean {
  return padTo !== undefined || crop !== undefined || resize.mode !== 'stretch'
}

// Not pillow-bicubic: OpenVINO's of that name neither clamps nor rounds between its two passes, as Pillow does, and is off
// by tens of grey levels at sharp edges.
function resizeStep({ resize, sourceCrop, crop, padTo, color }: ResolvedPreprocess, port: InputPort): PreprocessStep {
  if (resize.mode !== 'stretch' || resize.filter !== 'pillow-bilinear' || sourceCrop || crop || padTo) {
    throw notMovable('only a resize of mode stretch with pillow-bilinear, without crop or padding, is the same')
  }
  // The picture would be made grey after the resize here and before it there.
  if (color === 'GRAY') throw notMovable('grey pictures are resized outside')
  const { width, height } = readInputPort(port, 3)
  if (width === undefined || height === undefined) throw notMovable('the width or height of the input is open')
  return { resize: { algorithm: 'bilinear-pillow' } }
}

function valueSteps(resolved: ResolvedPreprocess): PreprocessStep[] {
  const { color, layout, type, scale, mean, std } = resolved
  const steps: PreprocessStep[] = []
  if (color === 'BGR') steps.push({ convertColor: 'BGR' })
  if (!isIdentity(resolved) || type !== 'u8') {
    // The arithmetic is done in float32 as it is outside, also for a model of float16.
    steps.push({ convertElementType: 'f32' })
    // (x * scale - mean) / std = (x - mean / scale) / (std / scale)
    const shift = mean.map((each, channel) => each / (scale[channel] as number))
    const divisor = std.map((each, channel) => each / (scale[channel] as number))
    if (shift.some((each) => each !== 0)) steps.push({ mean: shift })
    if (divisor.some((each) => each !== 1)) steps.push({ scale: divisor })
    if (type !== 'f32') steps.push({ convertElementType: type })
  }
  if (layout !== 'NHWC') steps.push({ convertLayout: layout })
  return steps
}

function notMovable(reason: string): Error {
  return engineryError('PREPROCESS_NOT_MOVABLE', { reason }, { caller: movePreprocessIntoModel })
}
