import { z } from 'zod'
import type { Caller } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { type InputFacts, type InputPort, type PictureLayout, type PictureType, readInputPort, unfit } from './input-port.js'
import { expandedSchema, type ParsedPreprocess, type PreprocessDescription, type ResizeDescription } from './preprocess-schema.js'
import { isPresetName, presetNames, presets } from './presets.js'

/** A description with nothing left open that does not depend on the picture. Plain data. */
export interface ResolvedPreprocess {
  readonly resize: ResizeDescription
  readonly sourceCrop?: { readonly width: number; readonly height: number }
  readonly crop?: {
    readonly width?: number | undefined
    readonly height?: number | undefined
    readonly rounding: 'round' | 'floor'
  }
  readonly padTo?: { readonly multipleOf: number }
  readonly color: 'RGB' | 'BGR' | 'GRAY'
  readonly layout: PictureLayout
  readonly type: PictureType
  /** One for each channel of the model, as are the next three. */
  readonly pad: readonly number[]
  readonly scale: readonly number[]
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/**
 * Checks a description as it is written, for schemas that hold one; problems are named as in the whole.
 *
 * @example z.strictObject({ preprocess: preprocessDescriptionSchema })
 */
export const preprocessDescriptionSchema = z
  .looseObject({ preset: z.enum(presetNames as unknown as readonly [string, ...string[]]).optional() })
  .superRefine((description, context) => {
    const { error } = expandedSchema.safeParse(expandPreset(description))
    // Made for the same values, so that they only need to be passed on.
    for (const issue of error?.issues ?? []) context.addIssue(issue as Parameters<typeof context.addIssue>[0])
  }) as unknown as z.ZodType<PreprocessDescription, PreprocessDescription>

/**
 * Expands the preset, fills in defaults and takes what is open from the model's input.
 *
 * @throws OPTION_INVALID for a description that is none; PREPROCESS_INVALID where it does not fit the input
 */
export function resolvePreprocess(
  description: PreprocessDescription,
  port?: InputPort,
  caller: Caller = resolvePreprocess,
): ResolvedPreprocess {
  const written = parseOptions(preprocessDescriptionSchema, description, caller)
  const parsed = expandedSchema.parse(expandPreset(written))
  const channels = parsed.color === 'GRAY' ? 1 : 3
  const facts = port === undefined ? {} : readInputPort(port, channels, parsed.layout)
  if (port !== undefined) requireSameSize(parsed, facts, port)
  const { resize, sourceCrop, crop, padTo, color } = parsed
  const resolved: ResolvedPreprocess = {
    resize: fillResize(resize, facts, crop !== undefined),
    ...(sourceCrop && { sourceCrop }),
    ...(crop && { crop: fillSize(crop, facts) }),
    ...(padTo && { padTo }),
    color,
    layout: parsed.layout ?? facts.layout ?? 'NCHW',
    type: parsed.type ?? facts.type ?? 'f32',
    pad: expand(parsed.pad, channels),
    scale: expand(parsed.scale, channels),
    mean: expand(parsed.mean, channels),
    std: expand(parsed.std, channels),
  }
  // The description itself was checked; here the type may be the model's.
  if (resolved.type === 'u8' && !isIdentity(resolved) && port !== undefined) {
    throw unfit(port, 'it takes u8, pixels as they are; expected a description without scale, mean and std')
  }
  return resolved
}

/** True where values pass unchanged. */
export function isIdentity({ scale, mean, std }: Pick<ResolvedPreprocess, 'scale' | 'mean' | 'std'>): boolean {
  return scale.every((each) => each === 1) && mean.every((each) => each === 0) && std.every((each) => each === 1)
}

function expandPreset({ preset, ...own }: { readonly preset?: string | undefined }): unknown {
  const base: Record<string, unknown> = isPresetName(preset) ? { ...presets[preset] } : {}
  for (const [key, value] of Object.entries(own)) base[key] = override(base[key], value)
  return withoutNulls(base)
}

// Another mode of resizing shares no settings with the preset's.
function override(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own === undefined ? base : own
  if (own.mode !== undefined && own.mode !== base.mode) return own
  return { ...base, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) }
}

function withoutNulls(record: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(record).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(kept.map(([key, value]) => [key, isRecord(value) ? withoutNulls(value) : value]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fillResize(resize: ResizeDescription, facts: InputFacts, cropped: boolean): ResizeDescription {
  if (resize.mode === 'letterbox' || resize.mode === 'height') return fillSize(resize, facts)
  if (resize.mode === 'stretch' && !cropped) return fillSize(resize, facts)
  return resize
}

function fillSize<T extends { width?: number | undefined; height?: number | undefined }>(size: T, facts: InputFacts): T {
  const width = size.width ?? facts.width
  const height = size.height ?? facts.height
  return { ...size, ...(width && { width }), ...(height && { height }) }
}

// Sizes that depend on the picture are checked when it is there.
function requireSameSize({ resize, crop, padTo }: ParsedPreprocess, facts: InputFacts, port: InputPort): void {
  const stated: { width?: number | undefined; height?: number | undefined } =
    crop ?? ('width' in resize || 'height' in resize ? resize : {})
  for (const side of ['width', 'height'] as const) {
    const [ours, theirs] = [stated[side], facts[side]]
    if (ours === undefined || theirs === undefined || ours === theirs || padTo !== undefined) continue
    throw unfit(port, `its ${side} is ${theirs}, the description makes it ${ours}`)
  }
}

function expand(value: number | number[], channels: number): number[] {
  const [first] = [value].flat() as [number]
  return Array.isArray(value) && value.length > 1 ? value : Array.from({ length: channels }, () => first)
}
