import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { buildTensorRtSchema, type TensorRtBuildOptions } from '../../api/tensorrt/tensorrt-options.js'
import { tensorrtCompileSchema } from '../../engine/tensorrt/build-options.js'
import { type CalibrationConfig, calibrationConfigSchema } from '../../quantization/quantize-options.js'
import { buildSectionSchema, type Sections } from './config-schema.js'
import { calibrationWithPaths } from './read-config.js'
import type { ConfigDocument } from './read-document.js'

const path = z.string().min(1)

/** What the command line and files say of a build for TensorRT: the options of buildEngine, not yet complete. */
export const tensorrtEngineSchema = buildTensorRtSchema
  .omit({ signal: true, onProgress: true, onBuilderEvent: true, logger: true })
  .extend({
    model: path.optional().describe('an ONNX file'),
    profiles: z
      .union([path, z.array(z.unknown())])
      .pipe(z.union([path, tensorrtCompileSchema.shape.profiles.unwrap()]))
      .optional()
      .describe('ranges of shapes that the plan is made for, or the file that holds them'),
    calibration: calibrationConfigSchema.optional().describe('samples; data may come from the command line'),
  })

/** A configuration file for TensorRT. */
export const tensorrtConfigSchema = tensorrtEngineSchema.extend({
  build: buildSectionSchema.optional(),
})

/** Options of buildEngine as a file or the command line gives them. */
export type TensorRtConfig = Partial<
  Omit<TensorRtBuildOptions, 'model' | 'profiles' | 'calibration' | 'signal' | 'onProgress' | 'onBuilderEvent' | 'logger'>
> & {
  model?: string | undefined
  profiles?: string | TensorRtBuildOptions['profiles']
  calibration?: CalibrationConfig | undefined
}

/** True for a configuration that says `backend: tensorrt`. */
export function isForTensorRt({ content }: ConfigDocument): boolean {
  return typeof content === 'object' && content !== null && (content as { backend?: unknown }).backend === 'tensorrt'
}

/**
 * A configuration file for TensorRT, checked, its relative paths resolved against its own folder.
 *
 * @throws CONFIG_INVALID
 */
export function checkTensorRtConfig(document: ConfigDocument): {
  readonly engine: TensorRtConfig
  readonly own: NonNullable<Sections['build']>
} {
  const { content } = document
  // The command line may say it in its place.
  const isUnsaid = typeof content === 'object' && content !== null && !('backend' in content)
  document.check(tensorrtConfigSchema, isUnsaid ? { backend: 'tensorrt', ...content } : content)
  const folder = dirname(resolve(document.file))
  const at = (file: string) => resolve(folder, file)
  const { build = {}, ...given } = content as TensorRtConfig & Sections
  const engine: TensorRtConfig = { ...given }
  if (given.model !== undefined) engine.model = at(given.model)
  if (typeof given.profiles === 'string') engine.profiles = at(given.profiles)
  if (typeof given.timingCache === 'string') engine.timingCache = at(given.timingCache)
  if (typeof given.cache === 'string') engine.cache = at(given.cache)
  else if (given.cache) engine.cache = { ...given.cache, dir: at(given.cache.dir) }
  if (given.plugins) engine.plugins = given.plugins.map(at)
  if (given.pluginsToSerialize) engine.pluginsToSerialize = given.pluginsToSerialize.map(at)
  if (given.calibrator?.cache !== undefined) engine.calibrator = { ...given.calibrator, cache: at(given.calibrator.cache) }
  // The other libraries are names.
  if (given.library?.includes('/')) engine.library = at(given.library)
  if (given.calibration) engine.calibration = calibrationWithPaths(given.calibration, folder)
  return { engine, own: build.output === undefined ? {} : { output: at(build.output) } }
}
