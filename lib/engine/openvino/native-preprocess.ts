import type { NativeOutputPreprocess, NativePreprocess, NativePreprocessStep } from '../../native/openvino-addon.js'
import type { PreprocessOptions, PreprocessStep } from './preprocess-options.js'

type NativeOutputStep = NativeOutputPreprocess['steps'][number]

/** Parsed options in the form the addon takes. */
export function nativePreprocess(options: PreprocessOptions): NativePreprocess {
  return {
    inputs: Object.entries(options.inputs).map(([port, { tensor, steps, modelLayout }]) => {
      const { dynamicSize, height, width, shape, ...rest } = tensor
      return {
        port,
        tensor: {
          ...withoutUndefined(rest),
          ...(shape && { shape: shape.map((length) => (length === 'dynamic' ? -1 : length)) }),
          ...(dynamicSize && { spatial: 'dynamic' as const }),
          ...(height !== undefined && width !== undefined && { spatial: { height, width } }),
        },
        steps: steps.map(nativeStep),
        ...withoutUndefined({ modelLayout }),
      }
    }),
    outputs: Object.entries(options.outputs).map(([port, { tensor, steps, modelLayout }]) => ({
      port,
      tensor: withoutUndefined(tensor),
      steps: steps.map((step) => nativeStep(step) as NativeOutputStep),
      ...withoutUndefined({ modelLayout }),
    })),
  }
}

function nativeStep(step: PreprocessStep): NativePreprocessStep {
  if ('convertElementType' in step) return { kind: 'convertElementType', type: step.convertElementType }
  if ('convertColor' in step) return { kind: 'convertColor', color: step.convertColor }
  if ('convertLayout' in step) return { kind: 'convertLayout', layout: step.convertLayout }
  if ('clamp' in step) return { kind: 'clamp', ...step.clamp }
  if ('resize' in step) return { kind: 'resize', ...withoutUndefined(step.resize), algorithm: step.resize.algorithm }
  if ('mean' in step) return { kind: 'mean', values: [step.mean].flat() }
  if ('scale' in step) return { kind: 'scale', values: [step.scale].flat() }
  if ('crop' in step) return { kind: 'crop', ...step.crop }
  if ('reverseChannels' in step) return { kind: 'reverseChannels' }
  const { begin, end, value, mode } = step.pad
  return { kind: 'pad', begin, end, values: [value], mode }
}

// exactOptionalPropertyTypes: an absent key, not one that holds undefined.
function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
