import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { ClassMeter } from './measure-classes.js'
import { NoiseMeter } from './measure-noise.js'
import { RowMeter } from './measure-rows.js'
import { findLayout, type OutputLayout, rowsIn } from './output-layout.js'
import type { OutputMeasures } from './output-measures.js'
import { type OutputValues, readOutput } from './output-values.js'
import { findRanking } from './ranked-rows.js'

/** One inference of the float model. */
export type FloatOutputs = ReadonlyMap<string, OutputValues>

/** Takes out of engine memory what is compared later. */
export function keepOutputs(outputs: NamedTensors): FloatOutputs {
  const kept = new Map<string, OutputValues>()
  for (const [name, tensor] of Object.entries(outputs)) {
    const values = readOutput(tensor)
    if (values !== null) kept.set(name, values)
  }
  return kept
}

interface RowGroup {
  readonly names: readonly string[]
  readonly meter: RowMeter
}

/** Compares outputs of a quantized model with those of the float one, inference by inference. */
export class OutputComparison {
  readonly #layouts: ReadonlyMap<string, OutputLayout>
  readonly #noise = new Map<string, NoiseMeter>()
  readonly #classes = new Map<string, ClassMeter>()
  readonly #whole = new Map<string, { same: number; count: number }>()
  readonly #groups: readonly RowGroup[]
  readonly #lengths = new Map<string, number>()
  #inferences = 0

  /**
   * @param float outputs of the float model, of all inferences
   * @param batch length of the first axis of the inputs
   */
  constructor(
    readonly float: readonly FloatOutputs[],
    batch: number,
  ) {
    const names = [...(float[0]?.keys() ?? [])]
    const of = (name: string) => float.map((outputs) => outputs.get(name) as OutputValues)
    this.#layouts = new Map(names.map((name) => [name, findLayout(of(name), batch)]))
    for (const [name, layout] of this.#layouts) {
      if (layout.kind === 'whole') this.#whole.set(name, { same: 0, count: 0 })
      else this.#noise.set(name, new NoiseMeter(layout))
    }
    this.#groups = this.#groupRows(float)
    const ranked = new Set(this.#groups.flatMap(({ names }) => names))
    for (const [name, layout] of this.#layouts) {
      // In most rows of a ranked table nothing is seen, and which class is largest there means nothing.
      const isCompared = layout.kind === 'classes' || (layout.kind === 'rows' && layout.columns > 1 && !ranked.has(name))
      if (isCompared) this.#classes.set(name, new ClassMeter(layout))
    }
  }

  #groupRows(float: readonly FloatOutputs[]): RowGroup[] {
    const groups = new Map<string, string[]>()
    for (const [name, layout] of this.#layouts) {
      if (layout.kind !== 'rows') continue
      const key = `${layout.tables} ${float.map((outputs) => rowsIn(layout, outputs.get(name) as OutputValues)).join()}`
      groups.set(key, [...(groups.get(key) ?? []), name])
    }
    return [...groups.values()].flatMap((names) => {
      const outputs = names.map((name) => ({ name, layout: this.#layouts.get(name) as OutputLayout }))
      const samples = float.map((each) => names.map((name) => each.get(name) as OutputValues))
      const ranking = findRanking(outputs, samples)
      return ranking === null ? [] : [{ names, meter: new RowMeter(ranking) }]
    })
  }

  /** @param index of the inference */
  add(index: number, quantized: FloatOutputs): void {
    const float = this.float[index] as FloatOutputs
    this.#inferences++
    for (const [name, one] of float) {
      const other = quantized.get(name)
      if (other === undefined) continue
      if (one.values.length !== other.values.length) this.#lengths.set(name, (this.#lengths.get(name) ?? 0) + 1)
      this.#noise.get(name)?.add(one, other)
      this.#classes.get(name)?.add(one, other)
      const whole = this.#whole.get(name)
      if (whole !== undefined) countSame(one, other, whole)
    }
    for (const { names, meter } of this.#groups) {
      const valuesOf = (outputs: FloatOutputs) => names.map((name) => outputs.get(name) as OutputValues)
      meter.add(valuesOf(float), valuesOf(quantized))
    }
  }

  finish(): OutputMeasures[] {
    return [...this.#layouts].map(([output, { kind }]): OutputMeasures => {
      const noise = this.#noise.get(output)?.finish() ?? null
      const classes = this.#classes.get(output)?.finish() ?? null
      const whole = this.#whole.get(output)
      const group = this.#groups.find(({ names }) => names.includes(output))
      const ranked = group?.meter.finish() ?? null
      return {
        output,
        kind,
        inferences: this.#inferences,
        sqnr: noise?.sqnr ?? null,
        contrast: noise?.contrast ?? null,
        cosine: noise?.cosine ?? null,
        notFinite: noise?.notFinite ?? 0,
        top1: classes?.top1 ?? null,
        top5: classes?.top5 ?? null,
        rankedRows: ranked === null || ranked.rows === 0 ? null : ranked.agreement,
        standingOut: ranked?.rows ?? null,
        same: whole === undefined || whole.count === 0 ? null : whole.same / whole.count,
        otherLengths: this.#lengths.get(output) ?? 0,
      }
    })
  }
}

function countSame(one: OutputValues, other: OutputValues, tally: { same: number; count: number }): void {
  const length = Math.max(one.values.length, other.values.length)
  tally.count += length
  for (let at = 0; at < length; at++) if (one.values[at] === other.values[at]) tally.same++
}
