import { dirname, resolve } from 'node:path'
import { withDefaultBackend } from '../../api/engines/build-options.js'
import type { CalibrationConfig } from '../../quantization/quantize-options.js'
import { type ConfigFile, configFileSchema, type EngineConfig, type Recipe, type Sections } from './config-schema.js'
import { type ConfigDocument, openDocument, readDocument } from './read-document.js'
import { splitRecipe } from './split-recipe.js'

/** A configuration file, checked, its relative paths resolved against its own folder. */
export interface Config {
  readonly engine: EngineConfig
  readonly recipe: Recipe
  readonly sections: Sections
}

/**
 * Reads a YAML (or JSON) file of options and checks it with the schema that buildEngine checks its own with.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, CONFIG_INVALID with file and line (`details.problems` lists all)
 */
export async function readConfig(file: string): Promise<Config> {
  return checkConfig(await readDocument(file))
}

/** As {@link readConfig}, for text that is at hand. */
export function parseConfig(text: string, file: string): Config {
  return checkConfig(openDocument(text, file))
}

/** @throws CONFIG_INVALID */
export function checkConfig({ file, content, check }: ConfigDocument): Config {
  check(configFileSchema, withDefaultBackend(content))
  return splitConfig(content as ConfigFile, dirname(resolve(file)))
}

function splitConfig(content: ConfigFile, folder: string): Config {
  const { build, run, bench, eval: evaluation, quantize, ...rest } = content
  const { engine, recipe } = splitRecipe(rest)
  const resolved = { ...engine }
  if (typeof engine.model === 'string') resolved.model = resolve(folder, engine.model)
  else if (engine.model && 'path' in engine.model) resolved.model = { path: resolve(folder, engine.model.path) }
  if (typeof engine.cache === 'string') resolved.cache = resolve(folder, engine.cache)
  else if (engine.cache) resolved.cache = { ...engine.cache, dir: resolve(folder, engine.cache.dir) }
  if (engine.calibration) resolved.calibration = calibrationWithPaths(engine.calibration, folder)
  return {
    engine: resolved,
    recipe: { ...recipe, ...(recipe.data && { data: dataWithPaths(recipe.data, folder) }) },
    sections: {
      build: build && withPaths(build, folder),
      run: run && withPaths(run, folder),
      bench: bench && withPaths(bench, folder),
      eval: evaluation && withPaths(evaluation, folder),
      quantize: quantize && withPaths(quantize, folder),
    },
  }
}

interface PathSettings {
  input?: string[] | undefined
  output?: string | string[] | undefined
  rebuildFrom?: string | undefined
  image?: string[] | undefined
  draw?: string | undefined
  models?: string[] | undefined
  results?: string | undefined
}

// Files named in a configuration lie relative to it, so that it works from every working directory.
function withPaths<Section extends PathSettings>(section: Section, folder: string): Section {
  const resolved = { ...section }
  if (section.input) resolved.input = section.input.map((item) => resolveNamed(item, folder))
  if (typeof section.output === 'string') resolved.output = resolve(folder, section.output)
  else if (section.output) resolved.output = section.output.map((item) => resolveNamed(item, folder))
  for (const key of ['rebuildFrom', 'draw', 'results'] as const) {
    const path = section[key]
    if (path) resolved[key] = resolvePath(path, folder)
  }
  if (section.image) resolved.image = section.image.map((path) => resolve(folder, path))
  if (section.models) resolved.models = section.models.map((path) => resolve(folder, path))
  return resolved
}

function resolveNamed(item: string, folder: string): string {
  const [, name = '', file = item] = /^([^=]*=)(.+)$/s.exec(item) ?? []
  return `${name}${resolvePath(file, folder)}`
}

// A folder keeps its trailing slash: it says that a folder is meant.
function resolvePath(path: string, folder: string): string {
  return `${resolve(folder, path)}${/[/\\]$/.test(path) ? '/' : ''}`
}

/** Samples with their relative paths resolved against the folder of the file that names them. */
export function calibrationWithPaths(calibration: CalibrationConfig, folder: string): CalibrationConfig {
  const at = (path: string) => resolvePath(path, folder)
  const { data, stats, cache } = calibration
  return {
    ...calibration,
    ...(typeof data === 'string' && { data: at(data) }),
    ...(typeof data === 'object' && { data: isFileForEach(data) ? mapValues(data, at) : dataWithPaths(data, folder) }),
    ...(stats !== undefined && { stats: at(stats) }),
    ...(typeof cache === 'string' && { cache: at(cache) }),
  }
}

// A dataset's keys name settings, some of which are paths; those of files of arrays name inputs.
function isFileForEach(data: object): data is Record<string, string> {
  return Object.values(data).every((value) => typeof value === 'string' && /\.np[yz]$/i.test(value))
}

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function dataWithPaths(data: NonNullable<Recipe['data']>, folder: string): NonNullable<Recipe['data']> {
  const at = (path: string) => resolve(folder, path)
  const { images, annotations, classes, tensors } = data
  return {
    ...data,
    ...(images && { images: at(images) }),
    ...(annotations && { annotations: at(annotations) }),
    ...(typeof classes === 'string' && { classes: at(classes) }),
    ...(typeof tensors === 'string' && { tensors: at(tensors) }),
    ...(typeof tensors === 'object' && {
      tensors: Object.fromEntries(Object.entries(tensors).map(([name, path]) => [name, at(path)])),
    }),
  }
}
