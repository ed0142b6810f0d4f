import { z } from 'zod'

const layerSchema = z.object({
  name: z.string(),
  /** As TensorRT calls it: `convolution`, `CaskConvolution`, ... */
  type: z.string(),
  /** Element type that it computes in; `unknown` where nothing says. */
  precision: z.string(),
  /** Why it is not INT8. */
  reason: z.string(),
})

/** What the layers of a plan compute in, and how that is known. */
export const precisionReportSchema = z.object({
  /**
   * `engine`: TensorRT was asked about the finished plan, on a GPU. `builder`: what its builder wrote of the layers that it
   * made, which takes no GPU. `network`: the network that it was built from; quantizers and types in it settle what is INT8.
   * `none`: nothing says.
   */
  evidence: z.enum(['engine', 'builder', 'network', 'none']),
  /** Why it is not `engine`; null where it is. */
  reason: z.string().nullable(),
  /** Layers by the element type they compute in: `{ i8: 52, f16: 9, f32: 1 }`; constants, quantizers and reformats are none. */
  layers: z.record(z.string(), z.int().min(0)),
  /** Layers that only change the format of a tensor. TensorRT adds them: null where just the network is known. */
  reformats: z.int().min(0).nullable(),
  /** Layers that do the work, convolutions and matrix products, and those of them in INT8. */
  int8: z.object({ layers: z.int().min(0), of: z.int().min(0), share: z.number().min(0).max(1).nullable() }),
  /** Those that are not. */
  notInt8: z.array(layerSchema).readonly(),
})

export type PrecisionReport = Readonly<z.output<typeof precisionReportSchema>>

/** A layer with what it computes in. */
export interface LayerPrecision {
  readonly name: string
  readonly type: string
  /** Element type, or `unknown`. */
  readonly precision: string
  /** It does work that INT8 speeds up: a convolution or a matrix product. */
  readonly isHeavy: boolean
  /** Of a heavy layer that is not INT8: why. */
  readonly reason: string | null
}

/** Counts layers. */
export function summarizePrecisions(
  layers: readonly LayerPrecision[],
  how: Pick<PrecisionReport, 'evidence' | 'reason' | 'reformats'>,
): PrecisionReport {
  const counts: Record<string, number> = {}
  for (const { precision } of layers) counts[precision] = (counts[precision] ?? 0) + 1
  const heavy = layers.filter(({ isHeavy }) => isHeavy)
  const others = heavy.filter(({ precision }) => precision !== 'i8')
  const int8 = heavy.length - others.length
  return {
    ...how,
    layers: counts,
    int8: { layers: int8, of: heavy.length, share: heavy.length === 0 ? null : int8 / heavy.length },
    notInt8: others.map(({ name, type, precision, reason }) => ({ name, type, precision, reason: reason ?? 'nothing says why' })),
  }
}
