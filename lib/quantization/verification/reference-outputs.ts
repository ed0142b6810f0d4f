import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { findLayout, type OutputLayout, rowsIn } from './output-layout.js'
import { type OutputValues, readOutput } from './output-values.js'
import { findRanking, type Ranking } from './ranked-rows.js'
import { RowTable } from './row-table.js'

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

/** Outputs whose rows belong together. */
export interface RankedOutputs {
  readonly names: readonly string[]
  readonly ranking: Ranking
}

/** Outputs of the float model, and what is found in them alone: once, however many models are compared with it. */
export class ReferenceOutputs {
  readonly layouts: ReadonlyMap<string, OutputLayout>
  readonly groups: readonly RankedOutputs[]
  /** By group and inference. */
  readonly #tables = new Map<string, readonly RowTable[]>()

  /**
   * @param inferences at least one
   * @param batch length of the first axis of the inputs
   */
  constructor(
    readonly inferences: readonly FloatOutputs[],
    batch: number,
  ) {
    const names = [...(inferences[0]?.keys() ?? [])]
    const of = (name: string) => inferences.map((outputs) => outputs.get(name) as OutputValues)
    this.layouts = new Map(names.map((name) => [name, findLayout(of(name), batch)]))
    this.groups = this.#groupRows()
  }

  #groupRows(): RankedOutputs[] {
    const groups = new Map<string, string[]>()
    for (const [name, layout] of this.layouts) {
      if (layout.kind !== 'rows') continue
      const rows = this.inferences.map((outputs) => rowsIn(layout, outputs.get(name) as OutputValues))
      const key = `${layout.tables} ${rows.join()}`
      groups.set(key, [...(groups.get(key) ?? []), name])
    }
    return [...groups.values()].flatMap((names) => {
      const outputs = names.map((name) => ({ name, layout: this.layouts.get(name) as OutputLayout }))
      const samples = this.inferences.map((each) => names.map((name) => each.get(name) as OutputValues))
      const ranking = findRanking(outputs, samples)
      return ranking === null ? [] : [{ names, ranking }]
    })
  }

  /** Tables of an inference of the float model. */
  ownTables(group: number, inference: number): readonly RowTable[] {
    const key = `${group} ${inference}`
    const tables = this.#tables.get(key) ?? this.tablesOf(group, this.inferences[inference] as FloatOutputs)
    this.#tables.set(key, tables)
    return tables
  }

  /** Tables of any outputs of these names, one for each sample of the batch. */
  tablesOf(group: number, outputs: FloatOutputs): readonly RowTable[] {
    const { names, ranking } = this.groups[group] as RankedOutputs
    const values = names.map((name) => outputs.get(name) as OutputValues)
    const { tables } = this.layouts.get(names[0] as string) as OutputLayout
    return Array.from({ length: tables }, (_, table) => new RowTable(ranking, values, table))
  }
}
