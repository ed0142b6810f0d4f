import type { z } from 'zod'
import { type Row, renderTable } from '../text/render-table.js'
import type { checkSchema, cureSchema, sensitivitySchema } from './accuracy-schemas.js'

const mostLayers = 10

/** How the quantized model compares with the float one, output by output. */
export function renderCheck(check: z.output<typeof checkSchema>): string {
  const where = check.on === 'engine' ? 'as OpenVINO runs the file here' : 'quantizers simulated in float'
  const verdict = check.isAccurate ? 'accurate' : 'NOT accurate'
  const head = `${verdict}, on ${check.inferences} samples, ${where}`
  if (check.failure !== null) return `${head}\n${check.failure}`
  const decibels = (value: number | null) => (value === null ? '' : value.toFixed(1))
  const percent = (value: number | null) => (value === null ? '' : `${(100 * value).toFixed(1)} %`)
  const rows = check.outputs.map(
    ({ output, sqnr, contrast, top1, rankedRows, same }): Row => [
      output,
      decibels(sqnr),
      decibels(contrast),
      percent(top1),
      percent(rankedRows),
      percent(same),
    ],
  )
  const header = ['output', 'SQNR dB', 'contrast dB', 'same class', 'same ranked rows', 'equal']
  return `${head}\n${renderTable(rows, { header })}`
}

/** Why accuracy was lost, what was tried, and what of it the result has. */
export function renderCure({ isCured, reasons, steps, before, after }: z.output<typeof cureSchema>): string {
  const lines = reasons.map(({ kind, layer, detail }) => `${kind}${layer === null ? '' : ` in ${layer}`}: ${detail}`)
  const told = (decibels: number | null) => (decibels === null ? '-' : decibels.toFixed(1))
  const rows = steps.map(
    ({ isKept, detail, score, decibelsBefore, decibels, seconds }): Row => [
      isKept ? 'kept' : 'tried',
      detail,
      score.toFixed(2),
      `${told(decibelsBefore)} to ${told(decibels)}`,
      seconds.toFixed(1),
    ],
  )
  if (rows.length > 0) lines.push(renderTable(rows, { header: ['', 'what', 'score (1 is accurate)', 'SQNR dB', 's'] }))
  const nothing = rows.length === 0 ? 'nothing was tried: ' : ''
  lines.push(`${isCured ? 'cured: ' : nothing}score ${before.toFixed(2)} before, ${after.toFixed(2)} after`)
  return lines.join('\n')
}

/** The layers that cost most, each quantized alone. */
export function renderSensitivity(layers: z.output<typeof sensitivitySchema>): string {
  const rows = layers.slice(0, mostLayers).map(({ layer, operator, noise }): Row => [noise.toExponential(1), operator, layer])
  return renderTable(rows, { header: ['noise', 'operator', 'layer'] })
}
