import { expect } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { TensorRtBuildOptions } from '../../lib/api/tensorrt/tensorrt-options.js'
import { convolutionModel } from '../models/encode-onnx.js'
import { coreLibraries } from './libraries.js'

const model = convolutionModel({ layers: 3, channels: 8, size: 16 })

/** A plan of three convolutions for compute capability 8.9, unless told otherwise. */
export const buildSmallPlan = (options: Partial<TensorRtBuildOptions> = {}) =>
  buildEngine({
    backend: 'tensorrt',
    library: coreLibraries['TensorRT-RTX 1.7'],
    model,
    ...options,
    builder: { computeCapabilities: ['8.9'], ...options.builder },
  })

/** The error of a build, which has to fail. */
export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was built'),
    (error) => error,
  )
