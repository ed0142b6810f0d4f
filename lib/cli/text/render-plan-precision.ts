import type { z } from 'zod'
import type { planReportSchema } from '../reports/plan-report-schema.js'
import { describeInt8, describePrecisions } from './render-engine.js'
import { type Row, renderTable } from './render-table.js'

type PlanReport = z.input<typeof planReportSchema>['plan']

/** Layers before and after optimization, as far as they are known. */
export function describeLayers(layers: number, optimized: PlanReport['optimized']): string {
  return optimized.available
    ? `${layers}, of which TensorRT made ${optimized.layers}`
    : `${layers}, before TensorRT fuses them; after it: ${optimized.reason}`
}

const whose = {
  engine: 'of the finished plan',
  builder: 'as its builder tells',
  network: 'of the network, before TensorRT fuses it',
} as const

/** What layers compute in; nothing where nobody knows. */
export function renderPrecision({ evidence, layers, int8, reformats, reason }: PlanReport['precisionReport']): Row[] {
  if (evidence === 'none') return [['computes in', `not known: ${reason}`]]
  const rows: Row[] = [['computes in', `${describePrecisions(layers)} (${whose[evidence]})`]]
  rows.push(['int8', describeInt8(int8)])
  if (reformats !== null) rows.push(['reformats', String(reformats)])
  return rows
}

const shown = 20

/** The first of the layers that are not INT8, with the reason. */
export function renderNotInt8(layers: PlanReport['precisionReport']['notInt8']): string {
  const rows = layers.slice(0, shown).map(({ name, precision, reason }): Row => [name, precision, reason])
  const more = layers.length - shown
  return `${renderTable(rows)}${more > 0 ? `\nand ${more} more` : ''}`
}
