import { z } from 'zod'
import { engineryError } from '../errors/enginery-error.js'
import { elementTypeNames } from '../tensor/element-type.js'
import { precisionReportSchema } from './precision-report.js'

/** Raised whenever a manifest of before could be misread. */
export const manifestVersion = 1

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
const bytesSchema = z.int().min(0)
const jsonSchema = z.json()

const dimensionSchema = z.union([
  z.int().min(0),
  z.literal('dynamic'),
  z.tuple([z.int().min(0), z.union([z.int().min(0), z.literal('dynamic')])]).readonly(),
])

const portSchema = z.object({
  name: z.string(),
  names: z.array(z.string()).readonly(),
  type: z.enum(elementTypeNames as [(typeof elementTypeNames)[number], ...typeof elementTypeNames]),
  shape: z.array(dimensionSchema).readonly().nullable(),
})

/** What an engine was made of, for, and by: two engines of the same identity are interchangeable. */
const identityShape = {
  backend: z.string(),
  model: z.object({
    /** Of the model with all its files: `digestModel`. */
    sha256: sha256Schema,
    bytes: bytesSchema,
    /** File name without folders; null for a model that came as bytes. */
    name: z.string().nullable(),
    format: z.string(),
  }),
  /** Build options as parsed: all that decide the engine's bytes. */
  options: z.record(z.string(), jsonSchema),
  /** `enginery`, `openvino`, ... */
  versions: z.record(z.string(), z.string()),
  /** Devices that it was compiled for, with what makes them special: driver, stepping, ... */
  devices: z.array(z.object({ name: z.string(), fullName: z.string(), properties: z.record(z.string(), z.string()) })).readonly(),
  /** Processor features that kernels are chosen by: `avx2`, `amxBf16`, ...; sorted. */
  cpuFeatures: z.array(z.string()).readonly(),
}

const preparationSchema = z.object({
  /** What was asked for: `int8`, where `options` has the precision of layers that stay float. */
  precision: z.string(),
  /** The model as it was given, of which that of the manifest was made. */
  source: identityShape.model,
  /** What it was made by, for making it again; null where that cannot be written down. */
  options: jsonSchema,
})

const manifestSchema = z.object({
  kind: z.literal('enginery-engine'),
  manifestVersion: z.literal(manifestVersion),
  createdAt: z.iso.datetime(),
  /** The engine's own bytes, in the file beside this one. */
  blob: z.object({ sha256: sha256Schema, bytes: bytesSchema }),
  ...identityShape,
  inputs: z.array(portSchema).readonly(),
  outputs: z.array(portSchema).readonly(),
  /** Number of executed layers by the element type they compute in. */
  precisions: z.record(z.string(), z.int().min(0)),
  requestCount: z.int().min(1),
  /** Of a plan of TensorRT: how the counts above are known, and which layers are not INT8. */
  precisionReport: precisionReportSchema.optional(),
  /** Of an engine whose model was changed before it was compiled. */
  preparation: preparationSchema.optional(),
})

const identitySchema = z.object(identityShape)

export type EngineIdentity = Readonly<z.output<typeof identitySchema>>
/** How the model of an engine came to be, where it is not the one that was given. */
export type EnginePreparation = Readonly<z.output<typeof preparationSchema>>
export type EngineManifest = Readonly<z.output<typeof manifestSchema>>

/** A manifest before its engine is on disk. */
export type ManifestContent = Omit<EngineManifest, 'kind' | 'manifestVersion' | 'createdAt' | 'blob'>

export function createManifest(content: ManifestContent, blob: EngineManifest['blob']): EngineManifest {
  return { kind: 'enginery-engine', manifestVersion, createdAt: new Date().toISOString(), blob, ...content }
}

/** Path of the manifest of a saved engine. */
export function manifestPathOf(enginePath: string): string {
  return `${enginePath}.json`
}

/**
 * Reads the text of a manifest.
 *
 * @throws MANIFEST_INVALID with what is wrong and where
 */
export function parseManifest(text: string, path: string): EngineManifest {
  const refuse = (reason: string, cause?: unknown) => engineryError('MANIFEST_INVALID', { path, reason }, { cause })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse(text.trim() === '' ? 'it is empty' : `it is no JSON: ${(error as Error).message}`, error)
  }
  const { kind, manifestVersion: version } = (json ?? {}) as { kind?: unknown; manifestVersion?: unknown }
  if (kind !== 'enginery-engine') throw refuse('it is no manifest of an engine of enginery')
  if (version !== manifestVersion) {
    throw refuse(`it has version ${JSON.stringify(version)}, this enginery reads version ${manifestVersion}`)
  }
  const parsed = manifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`, parsed.error)
}

export interface ManifestDifference {
  /** Where, for example `versions.openvino`. */
  readonly field: string
  /** Undefined where the side has no such field. */
  readonly expected: unknown
  readonly found: unknown
}

/**
 * What a saved engine has otherwise than it is needed here, leaf by leaf. Only what `expected` mentions is compared; a
 * model's name and size are not.
 */
export function compareManifest(expected: Partial<EngineIdentity>, found: EngineIdentity): ManifestDifference[] {
  const differences: ManifestDifference[] = []
  for (const key of ['backend', 'model', 'options', 'versions', 'devices', 'cpuFeatures'] as const) {
    const wanted = expected[key]
    if (wanted === undefined) continue
    if (key === 'model') collectDifferences('model.sha256', expected.model?.sha256, found.model.sha256, differences)
    else if (key === 'cpuFeatures') compareSets(key, expected.cpuFeatures ?? [], found.cpuFeatures, differences)
    else collectDifferences(key, wanted, found[key], differences)
  }
  return differences
}

function collectDifferences(field: string, expected: unknown, found: unknown, into: ManifestDifference[]): void {
  if (isObject(expected) && isObject(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      collectDifferences(`${field}.${key}`, expected[key], found[key], into)
    }
  } else if (!Object.is(expected, found)) {
    into.push({ field, expected, found })
  }
}

// One missing feature shifts all places behind it, so lists of features are compared by what they hold.
function compareSets(field: string, expected: readonly string[], found: readonly string[], into: ManifestDifference[]): void {
  const onlyHere = expected.filter((name) => !found.includes(name))
  const onlyThere = found.filter((name) => !expected.includes(name))
  for (const name of onlyHere) into.push({ field: `${field}.${name}`, expected: true, found: false })
  for (const name of onlyThere) into.push({ field: `${field}.${name}`, expected: false, found: true })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The error for a saved engine that does not fit, with every difference and both values. */
export function mismatchError(path: string, differences: readonly ManifestDifference[], caller?: () => unknown): Error {
  const lines = differences.map(
    ({ field, expected, found }) => `  - ${field}: needed here ${show(expected)}, built with ${show(found)}`,
  )
  return engineryError(
    'ENGINE_MISMATCH',
    { path, differences: lines.join('\n') },
    { details: { differences }, ...(caller && { caller }) },
  )
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
