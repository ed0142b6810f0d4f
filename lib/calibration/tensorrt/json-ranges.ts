import { types } from 'node:util'
import { z } from 'zod'
import { type Caller, engineryError } from '../../errors/enginery-error.js'
import { requireArgument, requireObject } from '../../errors/require-argument.js'
import type { CalibrationTable } from './calibration-table.js'
import { largestInteger, scaleOfRange } from './scale-hex.js'
import { calibrationAlgorithmNames } from './table-header.js'

const rangeSchema = z.strictObject({ min: z.number(), max: z.number() })

const ownSchema = z.strictObject({
  kind: z.literal('enginery-ranges'),
  algorithm: z.enum(calibrationAlgorithmNames),
  version: z.string(),
  ranges: z.record(z.string(), rangeSchema),
})

export type JsonRanges = z.output<typeof ownSchema>

/** The ranges of a table, as a document: 127 times the scale, below and above zero. */
export function rangesFromTable(table: CalibrationTable): JsonRanges {
  requireObject(table, 'a calibration table', 'table', rangesFromTable)
  const { algorithm, version, scales } = table
  requireScales(scales, rangesFromTable)
  const ranges = [...scales].map(([tensor, scale]) => {
    // Exact: a float32 times 127 is a double without rounding, and the division gives the float32 back.
    const max = scale * largestInteger
    return [tensor, { min: -max, max }] as const
  })
  return { kind: 'enginery-ranges', algorithm, version, ranges: Object.fromEntries(ranges) }
}

/** The ranges of a table as the option `dynamicRanges` of buildEngine takes them: for TensorRT 10 without a calibrator. */
export function dynamicRangesFromTable(table: Pick<CalibrationTable, 'scales'>): Record<string, [number, number]> {
  requireObject(table, 'a calibration table', 'table', dynamicRangesFromTable)
  const { scales } = table
  requireScales(scales, dynamicRangesFromTable)
  return Object.fromEntries([...scales].map(([tensor, scale]) => [tensor, [-scale * largestInteger, scale * largestInteger]]))
}

export interface ReadRanges {
  /** As the document says it; null where it does not. */
  readonly header: Pick<JsonRanges, 'algorithm' | 'version'> | null
  readonly scales: ReadonlyMap<string, number>
}

/**
 * Scales from a document of ranges: {@link JsonRanges}; tensors with `[min, max]`, `{ min, max }` or one number that is the
 * largest magnitude; the `calibration.json` that onnxruntime's tools write, of before and after 1.18.
 *
 * @throws RANGES_INVALID
 */
export function scalesFromJson(text: string, path: string): ReadRanges {
  const refuse = (reason: string, cause?: unknown) => engineryError('RANGES_INVALID', { path, reason }, { cause })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse(text.trim() === '' ? 'it is empty' : `it is no JSON: ${(error as Error).message}`, error)
  }
  if (!isRecord(json)) throw refuse('expected an object with a range for each tensor')
  if (json.kind === 'enginery-ranges') {
    const parsed = ownSchema.safeParse(json)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw refuse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`, parsed.error)
    }
    const { algorithm, version, ranges } = parsed.data
    return { header: { algorithm, version }, scales: scalesOf(ranges, refuse) }
  }
  const tensors = json.CLS === 'TensorsData' ? json.data : json
  if (!isRecord(tensors)) throw refuse('data: expected an object with a range for each tensor')
  return { header: null, scales: scalesOf(tensors, refuse) }
}

function scalesOf(tensors: Record<string, unknown>, refuse: (reason: string) => Error): Map<string, number> {
  const scales = new Map<string, number>()
  for (const [tensor, value] of Object.entries(tensors)) {
    const ends = endsOf(value)
    if (ends === null || !ends.every(Number.isFinite)) {
      throw refuse(`${tensor}: expected [min, max], { min, max } or a magnitude, of finite numbers, received ${brief(value)}`)
    }
    const magnitude = Math.max(...ends.map(Math.abs))
    if (!Number.isFinite(Math.fround(magnitude)))
      throw refuse(`${tensor}: expected a range within float32, received ${brief(value)}`)
    scales.set(tensor, scaleOfRange(magnitude))
  }
  if (scales.size === 0) throw refuse('it has no tensors')
  return scales
}

function endsOf(value: unknown): number[] | null {
  if (typeof value === 'number') return [value]
  const ends = Array.isArray(value) ? value : isRecord(value) ? [value.min ?? value.lowest, value.max ?? value.highest] : []
  const numbers = ends.map(numberOf)
  return numbers.length === 2 && numbers.every((number) => number !== null) ? (numbers as number[]) : null
}

/** A number, or the array of one that onnxruntime's encoder makes of a NumPy scalar. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (isRecord(value) && value.CLS === 'numpy.array') return numberOf(value.data)
  return Array.isArray(value) && value.length === 1 ? numberOf(value[0]) : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function requireScales(scales: unknown, caller: Caller): void {
  requireArgument(types.isMap(scales), 'a calibration table with its scales', scales, 'table.scales', caller)
}
