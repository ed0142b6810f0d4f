import { ClassMeter } from './measure-classes.js'
import { NoiseMeter } from './measure-noise.js'
import { RowMeter } from './measure-rows.js'
import type { OutputMeasures } from './output-measures.js'
import type { OutputValues } from './output-values.js'
import type { FloatOutputs, ReferenceOutputs } from './reference-outputs.js'
import type { RowTable } from './row-table.js'

interface RowGroup {
  readonly names: readonly string[]
  readonly meter: RowMeter
}

/** Compares outputs of a quantized model with those of the float one, inference by inference. */
export class OutputComparison {
  readonly #noise = new Map<string, NoiseMeter>()
  readonly #classes = new Map<string, ClassMeter>()
  readonly #whole = new Map<string, { same: number; count: number }>()
  readonly #groups: readonly RowGroup[]
  readonly #lengths = new Map<string, number>()
  #inferences = 0

  constructor(readonly reference: ReferenceOutputs) {
    this.#groups = reference.groups.map(({ names }) => ({ names, meter: new RowMeter() }))
    const ranked = new Set(this.#groups.flatMap(({ names }) => names))
    for (const [name, layout] of reference.layouts) {
      if (layout.kind === 'whole') this.#whole.set(name, { same: 0, count: 0 })
      else this.#noise.set(name, new NoiseMeter(layout))
      // In most rows of a ranked table nothing is seen, and which class is largest there means nothing.
      const isCompared = layout.kind === 'classes' || (layout.kind === 'rows' && layout.columns > 1 && !ranked.has(name))
      if (isCompared) this.#classes.set(name, new ClassMeter(layout))
    }
  }

  /** @param index of the inference */
  add(index: number, quantized: FloatOutputs): void {
    const float = this.reference.inferences[index] as FloatOutputs
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
    for (const [group, { meter }] of this.#groups.entries()) {
      const others = this.reference.tablesOf(group, quantized)
      for (const [table, one] of this.reference.ownTables(group, index).entries()) meter.add(one, others[table] as RowTable)
    }
  }

  finish(): OutputMeasures[] {
    return [...this.reference.layouts].map(([output, { kind }]): OutputMeasures => {
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
