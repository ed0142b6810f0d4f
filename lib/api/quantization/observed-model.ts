import type { CalibrationRunner, NamedTensors } from '../../calibration/calibration-runner.js'
import type { FloatAnswers } from '../../calibration/float-answers.js'
import { instrumentGraph } from '../../calibration/instrument-graph.js'
import { type PeekedSamples, peekSample, shapesOfSample } from '../../calibration/peek-sample.js'
import { type SampleInput, stackSamples } from '../../calibration/prepare-samples.js'
import { keepAnswers, type ReusedStatistics, type ReuseOptions, reuseStatistics } from '../../calibration/reuse-statistics.js'
import { openSamples } from '../../calibration/sample-stream.js'
import { releaseSpare } from '../../calibration/spare-tensors.js'
import type { StatisticPoint, TensorStatistics } from '../../calibration/statistic-points.js'
import { StatisticsCache } from '../../calibration/statistics-cache.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { Graph } from '../../graph/graph.js'
import { type InferredShapes, inferShapes } from '../../graph/shapes/infer-shapes.js'
import { unknownFacts } from '../../graph/shapes/rule.js'
import { logSafely, silentLogger } from '../../logging/logger.js'
import type { QuantizeProgress, QuantizeSettings } from '../../quantization/quantize-options.js'
import { KeptInferences } from '../../quantization/verification/kept-inferences.js'
import { areOutputsDear } from '../../quantization/verification/outputs-in-passing.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type CalibrationSource, openCalibrationSource } from '../calibration/calibration-source.js'
import type { QuantizeRun } from './quantize-run.js'
import { openCalibrationModel } from './run-calibration-model.js'

type Keeping = Pick<ReuseOptions, 'data' | 'preprocess' | 'path' | 'cache'>

interface FloatModel {
  readonly opening: Promise<CalibrationRunner>
  /** Outputs of the engine by the names of the graph's own. */
  readonly own: ReadonlyMap<string, string>
  /** What belongs to the inputs that the engine has. */
  pick<T>(named: Readonly<Record<string, T>>): Record<string, T>
}

/**
 * A float graph, which nobody changes, with the samples that it is observed on. What was observed once is not observed
 * again.
 */
export class ObservedModel {
  /** Where the time of collecting goes, for progress. */
  stage: QuantizeProgress['stage'] = 'statistics'
  readonly #known = new Map<string, TensorStatistics>()
  readonly #points = new Map<string, StatisticPoint>()
  #collected: ReusedStatistics | null = null
  /** While it is open. */
  #float: FloatModel | null = null
  /** Of an earlier call, where they are of these samples. */
  #recalled: FloatAnswers | null = null

  private constructor(
    readonly settings: QuantizeSettings,
    readonly run: QuantizeRun,
    readonly graph: Graph,
    readonly inputs: readonly SampleInput[],
    readonly source: CalibrationSource,
    readonly peeked: PeekedSamples | null,
    readonly keeping: Keeping,
    /** Inferences of the float model; null where nobody wants them. */
    readonly kept: KeptInferences | null,
  ) {}

  /**
   * Opens the samples.
   *
   * @param kept inferences of the float model that are kept to compare with; 0: none
   * @throws what opening the data throws
   */
  static async open(settings: QuantizeSettings, run: QuantizeRun, graph: Graph, kept: number): Promise<ObservedModel> {
    const { calibration, shapes, signal } = settings
    const inputs = graph.inputs.map((input) => ({
      name: input.name,
      elementType: input.elementType,
      shape: shapes?.[input.name] ?? input.shape,
    }))
    run.enter('samples')
    const source = await run.unlessAborted(openCalibrationSource(calibration, inputs, { signal }), (late) => late.close())
    try {
      const keeping = await run.unlessAborted(keepStatistics(settings, source))
      const isOpen = inputs.some(({ shape }) => !shape?.every((length) => typeof length === 'number'))
      const isPeeked = settings.measure || settings.prefer === 'fastest' || (isOpen && !calibration.dynamic)
      const peeked = isPeeked ? await run.unlessAborted(peekSample(source.samples, inputs), (late) => late.close()) : null
      const witness = kept > 0 ? new KeptInferences(kept) : null
      return new ObservedModel(settings, run, graph, inputs, source, peeked, keeping, witness)
    } catch (error) {
      await source.close()
      throw error
    }
  }

  /** True where samples may be read again. */
  get isRepeatable(): boolean {
    return this.source.isRepeatable
  }

  /** What the model takes at once, made of the first sample; null where nobody looked at one. */
  get example(): NamedTensors | null {
    const first = this.peeked?.first ?? null
    return first && exampleOf(first, this.inputs)
  }

  /** What the first pass found, with all that was odd. */
  get collected(): ReusedStatistics {
    const broken = this.source.broken.map(({ id, reason }) => ({
      code: 'PICTURE_BROKEN',
      message: `${id} could not be read: ${reason}`,
      why: 'The ranges are of the others alone.',
    }))
    const collected = this.#collected as ReusedStatistics
    return { ...collected, warnings: [...collected.warnings, ...broken] }
  }

  /** Shapes of a graph as they are while samples run; where nothing follows from these, as the file has them. */
  inferShapes(graph: Graph): InferredShapes {
    const { shapes, calibration } = this.settings
    const first = calibration.dynamic ? null : (this.peeked?.first ?? null)
    if (shapes === undefined && first === null) return inferShapes(graph)
    const observed = { ...(first && shapesOfSample(first, this.inputs)), ...shapes }
    const stated = inferShapes(graph)
    const found = inferShapes(graph, { inputs: observed })
    return new Map(
      [...stated].map(([tensor, facts]) => {
        const own = found.get(tensor) ?? unknownFacts
        return [tensor, own.shape === null ? facts : own]
      }),
    )
  }

  /**
   * Statistics of the graph, or of one that was made of it and computes other tensors: those are kept nowhere.
   *
   * @param maxSamples so many of the first; default all
   * @throws the CALIBRATION_ codes
   */
  async collect(
    points: readonly StatisticPoint[],
    graph: Graph = this.graph,
    maxSamples?: number,
  ): Promise<Pick<ReusedStatistics, 'statistics' | 'skipped'>> {
    const isOwn = graph === this.graph
    const missing = isOwn ? points.filter((point) => !this.#points.has(keyOf(point))) : points
    const isFirst = this.#collected === null
    if (missing.length === 0 && !isFirst) return { statistics: this.#known, skipped: this.#skippedOf(points) }
    if (!isFirst && !this.isRepeatable) throw engineryError('CALIBRATION_SOURCE_SPENT', { passes: 2 })
    this.run.enter(this.stage)
    if (isFirst && this.kept !== null) this.kept.wantsOutputs = !this.#areOutputsDear(points, graph)
    const found = await reuseStatistics({
      ...this.#options(),
      ...(isOwn || isFirst ? this.keeping : { data: '', preprocess: null }),
      graph,
      points: missing,
      maxSamples,
      witness: isFirst ? (this.kept ?? undefined) : undefined,
    })
    this.#collected ??= found
    // None where statistics were in a file: then no sample was read.
    const hasInputs = this.kept !== null && this.kept.listInputs().length > 0
    if (isFirst && hasInputs && !this.kept.wantsOutputs) this.#openFloat(found.shapes)
    if (!isOwn) return found
    for (const point of missing) this.#points.set(keyOf(point), point)
    for (const [tensor, statistics] of found.statistics) this.#known.set(tensor, { ...this.#known.get(tensor), ...statistics })
    if (found !== this.#collected) {
      this.#collected = { ...this.#collected, skipped: [...this.#collected.skipped, ...found.skipped] }
    }
    return { statistics: this.#known, skipped: this.#skippedOf(points) }
  }

  #areOutputsDear(points: readonly StatisticPoint[], graph: Graph): boolean {
    const { kept, inputs, source } = this
    const batch = inputs[0]?.shape?.[0]
    if (kept === null || source.count === null) return false
    const all = source.count / (typeof batch === 'number' ? batch : 1)
    const observed = points.map(({ tensor }) => tensor)
    return areOutputsDear(graph, this.inferShapes(graph), observed, { all, kept: kept.most })
  }

  /** Begun before anybody waits for it: it compiles while the graph is quantized. */
  #openFloat(shapes: ReusedStatistics['shapes']): void {
    const { graph, settings } = this
    const { model, inputs, outputs, own } = instrumentGraph(graph, new Map(), [], [], { keepsOutputs: true })
    const pick = <T>(named: Readonly<Record<string, T>>) =>
      Object.fromEntries(Object.entries(named).filter(([name]) => inputs.includes(name)))
    const fixed = shapes === null ? undefined : pick(shapes)
    const opening = openCalibrationModel(model, { shapes: fixed, outputs, signal: settings.signal })
    opening.catch(() => {}) // told to who waits for it
    this.#float = { opening, own, pick }
  }

  /** Outputs for inputs that were kept without. */
  async #runFloat({ opening, own, pick }: FloatModel, kept: KeptInferences): Promise<void> {
    const { signal } = this.settings
    async function* inputs() {
      for (const each of kept.listInputs()) yield pick(each)
    }
    const runner = await opening
    let inference = 0
    for await (const result of runner.infer(inputs(), { signal })) {
      kept.seeOutputs(inference++, Object.fromEntries([...own].map(([name, shown]) => [name, result[shown] as Tensor])))
      for (const output of Object.values(result)) output.release()
    }
    await this.#closeFloat()
  }

  async #closeFloat(): Promise<void> {
    const opening = this.#float?.opening
    this.#float = null
    const runner = await opening?.catch(() => null)
    await runner?.close()
  }

  #skippedOf(points: readonly StatisticPoint[]): ReusedStatistics['skipped'] {
    const wanted = new Set(points.map(keyOf))
    return this.collected.skipped.filter(({ point }) => wanted.has(keyOf(point)))
  }

  #options() {
    const { settings, source, run } = this
    const samples = this.peeked?.samples ?? source.samples
    return {
      samples: source.isRepeatable ? samples : samples(),
      openModel: openCalibrationModel,
      shapes: settings.shapes,
      isDynamic: settings.calibration.dynamic,
      onNotFinite: settings.calibration.onNotFinite,
      memoryLimit: settings.calibration.memoryLimit,
      signal: settings.signal,
      onProgress: ({ pass, passes, samples }: { pass: number; passes: number; samples: number }) => {
        const total = source.count ?? undefined
        const part = total === undefined ? 0 : (pass + samples / total) / passes
        run.enter(this.stage, part, { done: samples, ...(total !== undefined && { total }) })
      },
    }
  }

  /**
   * The kept inferences. Where statistics came from a file, samples are read for them now, and what the float model makes of these
   * is in the file too, or computed.
   */
  async listKept(): Promise<ReturnType<KeptInferences['list']>> {
    const { kept } = this
    if (kept === null) return []
    if (this.#float === null && kept.listInputs().length === 0) await this.#readKept(kept)
    if (this.#float !== null) await this.#runFloat(this.#float, kept)
    return kept.list()
  }

  async #readKept(kept: KeptInferences): Promise<void> {
    const { settings, source } = this
    const begin = this.peeked?.samples ?? source.samples
    const stream = await openSamples({
      source: source.isRepeatable ? begin : begin(),
      inputs: this.inputs,
      shapes: settings.shapes,
      isDynamic: settings.calibration.dynamic,
      maxSamples: Number.POSITIVE_INFINITY,
      signal: settings.signal,
    })
    try {
      let inference = 0
      for await (const tensors of stream.inferences()) {
        kept.seeInputs(inference++, tensors)
        releaseSpare(tensors)
        // Nothing is kept behind one that is not.
        if (kept.listInputs().length < inference || inference >= kept.most) break
      }
    } finally {
      await stream.close()
    }
    const answers = this.#collected?.answers
    if (answers !== undefined && kept.recall(answers)) this.#recalled = answers
    else this.#openFloat(stream.shapes)
  }

  /** What an earlier call noticed about the scale of these very samples; null where none did. */
  get knownScale(): FloatAnswers['scale'] | null {
    return this.#recalled?.scale ?? null
  }

  /** Keeps what the float model makes of samples with their statistics, for a later call. */
  async keepAnswers(scale: FloatAnswers['scale']): Promise<void> {
    const identity = this.#collected?.identity
    const { path, cache } = this.keeping
    if (identity === undefined || this.#recalled !== null || (path === undefined && cache === undefined)) return
    const answers = this.kept?.answers(scale) ?? null
    if (answers !== null) await keepAnswers({ path, cache }, identity, answers)
  }

  async close(): Promise<void> {
    await this.#closeFloat()
    await this.peeked?.close()
    await this.source.close()
  }
}

function keyOf(point: StatisticPoint): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function exampleOf(first: NamedTensors, inputs: readonly SampleInput[]): NamedTensors {
  const [batch] = Object.entries(shapesOfSample(first, inputs)).map(
    ([name, shape]) => (shape[0] ?? 1) / (first[name]?.shape[0] ?? 1),
  )
  return batch === undefined || batch === 1 ? first : stackSamples(new Array<NamedTensors>(batch).fill(first), 0)
}

/** Where statistics are kept, and what tells their data; reading that takes time, and is left out where nothing is kept. */
async function keepStatistics(
  { calibration, logger = silentLogger }: QuantizeSettings,
  source: CalibrationSource,
): Promise<Keeping> {
  const { preprocess } = source
  const { stats, cache } = calibration
  if (stats === undefined && !cache) return { data: '', preprocess }
  const data = await source.identity()
  if (data === null && stats === undefined) {
    logSafely(logger, 'warn', 'statistics are not kept: no file holds the samples, and calibration.id does not name them')
    return { data: '', preprocess }
  }
  if (data === null) {
    const reason = 'expected a name for samples that no file holds, so that their statistics can be told from others'
    throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.id', reason })
  }
  return {
    data,
    preprocess,
    ...(stats !== undefined ? { path: stats } : { cache: new StatisticsCache({ dir: cache as string, logger }) }),
  }
}
