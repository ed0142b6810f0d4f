import { rangeEstimatorSchema } from '../../calibration/range-estimator-options.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { CureReport, CureStep, LossReason } from '../../quantization/cure/cure-report.js'
import { type EffortBudget, listFloatCounts } from '../../quantization/cure/effort-budget.js'
import type { QuantizationSettings } from '../../quantization/quantize-graph.js'
import { type LayerSensitivity, rankLayers } from '../../quantization/sensitivity/rank-layers.js'
import { OutputComparison } from '../../quantization/verification/compare-outputs.js'
import { judgeOutputs } from '../../quantization/verification/judge-outputs.js'
import { type KeptInference, referenceOf } from '../../quantization/verification/kept-inferences.js'
import { explainLoss } from './explain-loss.js'
import { type LayerProbe, openProbe } from './probe-layers.js'
import type { QuantizedAttempt } from './quantize-observed.js'
import type { QuantizeRun } from './quantize-run.js'
import {
  type Candidate,
  type CandidateMaker,
  compareCandidates,
  decibelsOf,
  isNoisy,
  nameOfEstimator,
} from './quantized-candidate.js'
import { suspectLayers } from './suspect-layers.js'

export interface Cured {
  readonly best: Candidate
  readonly report: CureReport
  /** Most harmful first; null where layers were not probed. */
  readonly sensitivity: readonly LayerSensitivity[] | null
}

interface TimedCandidate {
  readonly candidate: Candidate
  readonly seconds: number
}

/** Tries what the effort allows about a candidate that is inaccurate or noisy, cheapest first. */
export class CandidateCure {
  readonly #steps: (Omit<CureStep, 'isKept'> & { readonly candidate: Candidate })[] = []
  #best: Candidate
  #sensitivity: LayerSensitivity[] | null = null
  #reasons: LossReason[] = []

  constructor(
    readonly maker: CandidateMaker,
    readonly run: QuantizeRun,
    readonly kept: readonly KeptInference[],
    readonly budget: EffortBudget,
    readonly first: Candidate,
  ) {
    this.#best = first
  }

  async cure(): Promise<Cured> {
    this.run.enter('cure')
    this.maker.observed.stage = 'cure'
    await this.#tryDeadRanges()
    if (this.first.check?.failure) await this.#tryPlain()
    if (!isAccurate(this.#best)) await this.#tryFixedShapes()
    if (this.#goesOn()) await this.#tryEstimators(this.budget.estimators)
    // All of them: the first that is good enough may be far from the best.
    else if (isNoisy(this.#best)) await this.#compareEstimators(this.budget.alternatives)
    if (this.#goesOn()) await this.#tryBiasCorrection()
    if (this.#goesOn()) await this.#tryAlignment()
    if (this.#goesOn()) await this.#trySmoothing()
    const isLost = !isAccurate(this.first) && !this.#reasons.some(({ kind }) => kind === 'dynamic-shapes')
    const { settings } = this.maker
    if (this.budget.probed > 0 && (isLost || this.#goesOn() || settings.sensitivity)) await this.#probe(isLost)
    else if (this.kept.length > 0 && this.budget.probed === 0 && (isLost || isNoisy(this.#best))) await this.#suspect(isLost)
    return { best: this.#best, report: this.#report(), sensitivity: this.#sensitivity }
  }

  /** Nothing is tried any more once it is right, unless the effort is to find the best. */
  #goesOn(): boolean {
    return this.budget.comparesAll || !isAccurate(this.#best)
  }

  get #how(): QuantizationSettings {
    return this.#best.attempt.how
  }

  async #try(
    action: CureStep['action'],
    detail: string,
    how: QuantizationSettings,
    { shapes = this.#best.shapes, layers = [] }: { shapes?: Candidate['shapes']; layers?: readonly string[] } = {},
  ): Promise<Candidate> {
    this.run.enter('cure', this.#steps.length / 16)
    const made = await this.#make(how, shapes)
    this.#judge({ action, detail, layers }, made)
    return made.candidate
  }

  async #make(how: QuantizationSettings, shapes: Candidate['shapes']): Promise<TimedCandidate> {
    const begin = performance.now()
    const candidate = await this.maker.make(how, shapes, this.kept)
    return { candidate, seconds: (performance.now() - begin) / 1000 }
  }

  #judge(step: Pick<CureStep, 'action' | 'detail' | 'layers'>, { candidate, seconds }: TimedCandidate): void {
    this.#steps.push({
      ...step,
      isAccurate: isAccurate(candidate),
      score: candidate.check?.score ?? 0,
      decibelsBefore: decibelsOf(this.#best),
      decibels: decibelsOf(candidate),
      // Told, and never decided by.
      seconds,
      candidate,
    })
    if (compareCandidates(candidate, this.#best) > 0) this.#best = candidate
  }

  /** What was never seen to move has no range, and would be cut off wherever it does. */
  async #tryDeadRanges(): Promise<void> {
    const dead = findDeadInputs(this.first.attempt)
    if (dead.size === 0) return
    const ignored = new Map(this.#how.ignored)
    for (const node of this.maker.observed.graph.nodes) {
      const tensor = dead.get(node.label)
      if (tensor === undefined) continue
      const detail = `its input ${tensor} held one value in all samples, so that there is no range`
      ignored.set(node, detail)
      this.#reasons.push({ kind: 'dead-range', layer: node.label, detail })
    }
    const layers = [...dead.keys()]
    const candidate = await this.#try(
      'float-layers',
      `${layers.length} layers without a range stay float`,
      { ...this.#how, ignored },
      { layers },
    )
    // Nothing shows it on these samples, so it is not for the comparison to say.
    if (candidate.check?.failure === null) this.#best = candidate
  }

  /** Scales for each channel are what an engine may not take. */
  async #tryPlain(): Promise<void> {
    if (!this.#how.smoothQuant) return
    await this.#try('smooth-quant', 'channels of activations are not divided', { ...this.#how, smoothQuant: false })
  }

  /** Engines were seen to compute otherwise where lengths are open. */
  async #tryFixedShapes(): Promise<void> {
    const { observed, settings, engine } = this.maker
    if (Object.keys(settings.shapes ?? {}).length > 0 || engine !== undefined) return
    const isOpen = observed.graph.inputs.some(({ shape }) => !shape?.every((length) => typeof length === 'number'))
    const shapes = observed.collected.shapes
    if (!isOpen || shapes === null) return
    const named = Object.entries(shapes).map(([name, shape]) => `${name} ${shape.join('x')}`)
    const before = this.#best
    const candidate = await this.#try('fix-shapes', `inputs are fixed to ${named.join(', ')}`, this.#how, { shapes })
    // Where the engine computes alike, what changed is chance, and the user would lose open lengths for nothing.
    if (!isPlainGain(before, candidate)) this.#best = before
    if (this.#best !== candidate || !isAccurate(candidate)) return
    const detail = 'with open lengths the engine computes other numbers than with the same lengths fixed'
    this.#reasons.push({ kind: 'dynamic-shapes', layer: null, detail })
  }

  async #tryEstimators(names: EffortBudget['estimators']): Promise<void> {
    for (const { detail, how } of this.#otherEstimators(names)) {
      await this.#try('range-estimator', detail, how)
      if (!this.#goesOn()) return
    }
  }

  /** All of them, side by side: what one compiles on a thread of its own, the other computes. */
  async #compareEstimators(names: EffortBudget['estimators']): Promise<void> {
    const tries = this.#otherEstimators(names)
    const { shapes } = this.#best
    this.run.enter('cure', this.#steps.length / 16)
    const settled = await Promise.allSettled(tries.map(({ how }) => this.#make(how, shapes)))
    for (const [index, { detail }] of tries.entries()) {
      const made = settled[index] as PromiseSettledResult<TimedCandidate>
      if (made.status === 'rejected') throw made.reason
      this.#judge({ action: 'range-estimator', detail, layers: [] }, made.value)
    }
  }

  /** Those that need no other statistics, or may read the samples again. */
  #otherEstimators(names: EffortBudget['estimators']): { detail: string; how: QuantizationSettings }[] {
    const { observed, settings } = this.maker
    if (settings.activations?.range !== undefined) return []
    const before = this.#how
    const why = isAccurate(this.#best) && !this.budget.comparesAll ? ', for it is accurate, but noisy' : ''
    return names.flatMap((name) => {
      const estimator = rangeEstimatorSchema.parse(name)
      if (JSON.stringify(estimator) === JSON.stringify(before.estimator)) return []
      const isKnown = estimator.statistic === 'minmax' && before.estimator.statistic === 'minmax'
      if (!isKnown && !(this.budget.readsAgain && observed.isRepeatable)) return []
      const detail = `ranges by ${name} instead of ${nameOfEstimator(before.estimator)}${why}`
      return [{ detail, how: { ...before, estimator } }]
    })
  }

  async #tryBiasCorrection(): Promise<void> {
    const { biasCorrection } = this.#how
    if (biasCorrection === false) {
      const detail = 'the mean error of weights is taken out of biases'
      await this.#try('bias-correction', detail, { ...this.#how, biasCorrection: true })
    }
    const isFull = this.#how.biasCorrection === 'full'
    if (isFull || !this.#goesOn() || !this.budget.readsAgain || !this.maker.observed.isRepeatable) return
    const detail = 'the mean error of all layers before is taken out of biases too'
    await this.#try('bias-correction', detail, { ...this.#how, biasCorrection: 'full' })
  }

  async #tryAlignment(): Promise<void> {
    const { observed } = this.maker
    if (this.#how.channelAlignment || !this.budget.readsAgain || !observed.isRepeatable) return
    await this.#try('channel-alignment', 'channels of successive convolutions are balanced', {
      ...this.#how,
      channelAlignment: true,
    })
  }

  async #trySmoothing(): Promise<void> {
    const { smoothQuant } = this.#how
    if (smoothQuant !== false && smoothQuant.convolutions) return
    if (!this.maker.observed.isRepeatable) return
    await this.#try('smooth-quant', 'channels of activations are divided before convolutions too', {
      ...this.#how,
      smoothQuant: { alpha: null, convolutions: true },
    })
  }

  /** Finds the layers that cost most, why, and leaves as many of them float as it takes. */
  async #probe(isLost: boolean): Promise<void> {
    const { observed, settings } = this.maker
    // Folded factors are in the weights of the quantized graph alone: layers are probed as they are without them.
    const plain = await this.maker.make({ ...this.first.attempt.how, smoothQuant: false, channelAlignment: false }, null, [])
    const probe = await openProbe(observed, plain.attempt, this.kept, settings.signal)
    try {
      if (probe.layers.length === 0) return
      const found = await probe.measureEach(this.budget.probed, (done) =>
        this.run.enter('cure', 0.4 + (0.3 * done) / probe.layers.length),
      )
      const ranked = rankLayers(found)
      this.#sensitivity = ranked
      if (isLost) this.#reasons.push(...(await explainLoss(observed, ranked, this.kept, settings.signal)))
      if (!isAccurate(this.#best)) await this.#tryFloatLayers(probe, ranked)
    } finally {
      await probe.close()
    }
  }

  /** Where no layer is probed, what is odd about the tensors is all that is known. */
  async #suspect(isLost: boolean): Promise<void> {
    const { observed, settings } = this.maker
    const known = new Set(this.#reasons.map(({ layer }) => layer))
    const found = await suspectLayers(observed, this.first.attempt, this.kept, settings.signal)
    this.#reasons.push(...found.filter(({ kind, layer }) => (isLost || kind !== 'unknown') && !known.has(layer)))
  }

  async #tryFloatLayers(probe: LayerProbe, ranked: readonly LayerSensitivity[]): Promise<void> {
    const before = this.#best
    const byLabel = new Map(probe.layers.map((node) => [node.label, node]))
    const order = ranked.map(({ layer }) => byLabel.get(layer) as GraphNode)
    const counts = listFloatCounts(order.length, this.budget.floatShare)
    for (const count of counts) {
      const chosen = order.slice(0, count)
      const isLast = count === counts.at(-1)
      if (!isLast && !(await this.#isEnough(probe, new Set(chosen)))) continue
      const reason = 'it costs more accuracy than others, as the check found'
      const ignored = new Map([...before.attempt.how.ignored, ...chosen.map((node) => [node, reason] as const)])
      const layers = chosen.map(({ label }) => label)
      const what = `${count} of ${order.length} layers stay float`
      const candidate = await this.#try(
        'float-layers',
        what,
        { ...before.attempt.how, ignored },
        { shapes: before.shapes, layers },
      )
      if (isAccurate(candidate)) return
    }
  }

  /** Whether it would be right with these float, as far as simulated quantizers tell. */
  async #isEnough(probe: LayerProbe, chosen: ReadonlySet<GraphNode>): Promise<boolean> {
    const outputs = await probe.runWithout(chosen)
    const comparison = new OutputComparison(referenceOf(this.kept))
    for (const [inference, each] of outputs.entries()) comparison.add(inference, each)
    return judgeOutputs(comparison.finish()).isAccurate
  }

  #report(): CureReport {
    return {
      isCured: !isAccurate(this.first) && isAccurate(this.#best),
      reasons: this.#reasons,
      steps: this.#steps.map(({ candidate, ...step }) => ({ ...step, isKept: candidate === this.#best })),
      before: this.first.check?.score ?? 0,
      after: this.#best.check?.score ?? 0,
    }
  }
}

/** Layers whose input was nothing but zero, by their labels, with that input. */
export function findDeadInputs({ result }: QuantizedAttempt): Map<string, string> {
  const dead = result.placement.activations.filter(({ tensor }) => {
    const range = result.ranges.get(tensor)
    return range !== undefined && range.min === 0 && range.max === 0
  })
  return new Map(dead.flatMap(({ tensor, consumers }) => consumers.map((label) => [label, tensor] as const)))
}

/** A decibel of difference in noise: engines that compute the same differ by hundredths. */
const plainGain = 1

function isPlainGain(before: Candidate, after: Candidate): boolean {
  const [less, more] = [decibelsOf(before), decibelsOf(after)]
  return less === null || more === null || more - less >= plainGain
}

export function isAccurate({ check }: Candidate): boolean {
  return check === null || check.isAccurate
}
