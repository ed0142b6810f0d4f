/**
 * The typed surface of `kernels.node`: number crunching that no engine is needed for.
 *
 * Conversions write into an array that the caller allocates, so output memory can be reused. An argument of the wrong
 * kind or length, or a target that overlaps its source, is a `TypeError` with `code: 'NATIVE_ARGUMENT'`.
 */

/** What the processor and its operating system offer; on anything but x86-64 every flag is false. */
export interface CpuFeatures {
  /** For example `GenuineIntel`; empty where the processor does not say. */
  vendor: string
  /** The marketing name; empty where the processor does not say. */
  brand: string
  sse42: boolean
  avx: boolean
  avx2: boolean
  fma: boolean
  f16c: boolean
  avx512f: boolean
  avx512bw: boolean
  avx512dq: boolean
  avx512vl: boolean
  avx512Vnni: boolean
  avxVnni: boolean
  avx512Bf16: boolean
  avx512Fp16: boolean
  amxTile: boolean
  amxInt8: boolean
  amxBf16: boolean
  /** Cores without counting hyper-threads twice; null where the operating system does not say. */
  physicalCores: number | null
  /** Hardware threads that are online. */
  logicalCores: number
  /** Hardware threads this process may use: affinity and CPU quota applied, at least 1. */
  availableCores: number
  /** The control group's quota in cores (may be fractional); null without one. */
  cpuQuota: number | null
}

/** How far `b` is from `a`. All sums are in double precision, over the positions where both are finite. */
export interface TensorComparison {
  /** Largest `|a - b|`. */
  maxAbsDiff: number
  /** Largest `|a|`. */
  maxAbs: number
  /** Mean of `|a - b|`. */
  meanAbsDiff: number
  /** `10 log10(sum a² / sum (a - b)²)`; `Infinity` where nothing differs. */
  sqnrDb: number
  /** Cosine of the angle between both; 1 for two zero vectors, 0 where only one is zero. */
  cosine: number
  /** Positions where `a` or `b` is infinite or NaN. They are in none of the figures above. */
  nonFinite: number
}

export interface KernelsAddon {
  cpuFeatures(): CpuFeatures

  /** `source` holds raw half-precision bits. Exact; NaN payloads are kept and made quiet. */
  float32FromFloat16(source: Uint16Array, target: Float32Array): void
  /** Rounds half to even; overflow becomes infinity; NaN keeps the upper payload bits and is made quiet. */
  float16FromFloat32(source: Float32Array, target: Uint16Array): void
  /** `source` holds raw bfloat16 bits. Exact; NaN payloads are kept and made quiet. */
  float32FromBfloat16(source: Uint16Array, target: Float32Array): void
  /** Rounds half to even; overflow becomes infinity; NaN keeps the upper payload bits and is made quiet. */
  bfloat16FromFloat32(source: Float32Array, target: Uint16Array): void

  /** Two values a byte, low nibble first. `source.length` is `ceil(target.length / 2)`; a spare high nibble is ignored. */
  int8FromInt4(source: Uint8Array, target: Int8Array): void
  /** `target.length` is `ceil(source.length / 2)`. Values are clamped to -8..7; a spare high nibble is zero. */
  int4FromInt8(source: Int8Array, target: Uint8Array): void
  /** As {@link int8FromInt4}, unsigned. */
  uint8FromUint4(source: Uint8Array, target: Uint8Array): void
  /** As {@link int4FromInt8}; values are clamped to 0..15. */
  uint4FromUint8(source: Uint8Array, target: Uint8Array): void

  /** `a` is the reference; both have the same length. */
  compareTensors(a: Float32Array, b: Float32Array): TensorComparison
}
