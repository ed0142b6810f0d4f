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

/** Ways to resample, named after the library whose numbers they give. */
export type ResizeFilter =
  | 'pillow-nearest'
  | 'pillow-box'
  | 'pillow-bilinear'
  | 'pillow-bicubic'
  | 'pillow-lanczos'
  | 'opencv-nearest'
  | 'opencv-linear'
  | 'opencv-cubic'
  | 'opencv-area'

/** Pixels of 8 bits a channel, interleaved, rows without padding: `data.length` is `width * height * channels`. */
export interface NativePicture {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  /** 1 to 4; 3 where a picture is prepared for a model. */
  readonly channels: number
}

export interface NativeResize {
  readonly width: number
  readonly height: number
  readonly filter: ResizeFilter
  /**
   * The part of the source to read, `[left, top, right, bottom]`; all of it by default. Fractions are for Pillow's
   * filters alone. OpenCV's filters see nothing outside of it, Pillow's do, as the originals.
   */
  readonly box?: readonly [left: number, top: number, right: number, bottom: number] | undefined
}

/** How a picture becomes a part of a tensor. */
export interface NativePreparation {
  readonly resize?: NativeResize | undefined
  /** Where the (resized) picture's top left corner lies on the canvas; negative values crop. */
  readonly x: number
  readonly y: number
  readonly canvasWidth: number
  readonly canvasHeight: number
  /** Elements of the target before the canvas. */
  readonly offset: number
  /** Around the picture, as R, G, B of 0..255, before scale and bias. */
  readonly pad: readonly number[]
  /** Gray is Pillow's: `(19595 R + 38470 G + 7471 B + 32768) >> 16`. */
  readonly color: 'RGB' | 'BGR' | 'GRAY'
  readonly layout: 'NCHW' | 'NHWC'
  /** For each channel of the target: `value * scale + bias`. Bytes are rounded half to even and clamped. */
  readonly scale: readonly number[]
  readonly bias: readonly number[]
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

  /** Takes its memory from the buffer, and from all views of it: freed at once where nothing else holds it. */
  detachBuffer(buffer: ArrayBuffer): void

  /**
   * `target.length` is `resize.width * resize.height * source.channels`. Channels are resampled independently: alpha is
   * no weight.
   *
   * Promises of this and of {@link prepareImage} settle after work on libuv's pool. Both arrays are kept alive until
   * then; the caller does not change or transfer them.
   */
  resizeImage(source: NativePicture, target: Uint8Array, resize: NativeResize): Promise<void>
  resizeImageSync(source: NativePicture, target: Uint8Array, resize: NativeResize): void

  /** Writes one canvas: `Float32Array` for f32, `Uint16Array` for the raw bits of f16, `Uint8Array` for u8. */
  prepareImage(source: NativePicture, target: PreparedElements, preparation: NativePreparation): Promise<void>
  prepareImageSync(source: NativePicture, target: PreparedElements, preparation: NativePreparation): void

  /**
   * Decodes a JPEG file into R, G, B, each sample equal to libjpeg-turbo's, on libuv's pool as {@link resizeImage}. Only
   * what most files are: baseline, 8 bits, gray or YCbCr in 4:4:4, 4:2:2 or 4:2:0, in one scan, nothing damaged. False
   * for any other, and where `target.length` is not the picture's width * height * 3; the target's bytes mean nothing then.
   */
  decodeJpeg(source: Uint8Array, target: Uint8Array): Promise<boolean>

  /**
   * Counts elements, on libuv's pool, and changes `histogram`, 2 + 8192 numbers that are zero at first: 1 once there are
   * elements; the exponent e of the bins' width 2^e; then the counts of bins, of which the one in the middle (of index
   * 2 + 4096) begins at zero. One call at a time for a histogram. False, and nothing is counted, where an element is NaN
   * or infinite.
   */
  addToHistogram(source: Float32Array, histogram: Float64Array): Promise<boolean>
  /**
   * Writes two quantiles into `target`, as NumPy's `linear`, on libuv's pool; `lower` and `upper` are from 0 to 1. False
   * where there are no elements, or one is NaN or infinite.
   */
  findQuantiles(source: Float32Array, target: Float32Array, lower: number, upper: number): Promise<boolean>

  /**
   * Adds to `shift`, one for each output, what rounding the weights of a sum of products brings in the mean: the error of
   * each times the mean of its input. The sums are in double precision and in a fixed order.
   *
   * @param weights as [first, second, shares.length]
   * @param scales each for `run` elements that follow each other, in turn
   * @param shares for each tap the share of positions at which it lies inside the input
   * @param isTransposed the first axis is the inputs; else the outputs
   */
  addRoundingShift(
    weights: Float32Array,
    integers: Int8Array,
    scales: Float32Array,
    run: number,
    shares: Float64Array,
    second: number,
    groups: number,
    isTransposed: boolean,
    means: Float64Array,
    shift: Float64Array,
  ): void

  /**
   * Adds to `totals`, 3 + 4 * columns numbers that are zero at first: the sum of squares of the candidate; of products;
   * how many more of its elements are NaN or infinite than of the reference's; then of each column how many pairs were
   * compared, and of the reference the sum, of its squares, and of squares of differences. Elements belong to the columns
   * in turn, `run` that follow each other to each. Pairs with NaN or infinity are left out.
   */
  addOutputNoise<Values extends Float32Array | Float64Array>(
    reference: Values,
    candidate: Values,
    columns: number,
    run: number,
    totals: Float64Array,
  ): void

  /**
   * Writes the largest element of each row among some columns, and which column that is: the first of equal ones; -1
   * where all are NaN. The element of a row and column is at `start + row * rowStep + column * columnStep`.
   */
  findRowMaxima(
    table: Float32Array | Float64Array,
    start: number,
    rows: number,
    rowStep: number,
    columnStep: number,
    columns: Int32Array,
    maxima: Float64Array,
    found: Int32Array,
  ): void
}

/** What {@link KernelsAddon.prepareImage} can write. */
export type PreparedElements = Float32Array | Uint16Array | Uint8Array
