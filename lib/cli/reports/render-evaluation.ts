import type { Evaluation } from '../../api/evaluation/evaluate.js'
import type { ScoredMetric, UndefinedMetric } from '../../evaluation/score-results.js'
import { significant } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

type Interval = ScoredMetric['intervals'][number]

/** The scores as tables for people. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { data, models, preprocess, duration, throughput } = evaluation
  const facts: Row[] = [['data', `${data.samples} samples (${data.format})`]]
  if (preprocess) facts.push(['preprocess', preprocess.description])
  facts.push(['time', `${significant(duration)} s, ${significant(throughput)} samples/s`])
  if (data.broken.length > 0) facts.push(['not read', `${data.broken.length} samples`])
  const scores = models.flatMap(({ name, metrics }) => metrics.flatMap((metric) => metricRows(name, metric)))
  const sections = [
    renderTable(facts),
    renderSection('Scores', renderTable(scores, { header: ['model', 'metric', 'value', 'interval'] })),
  ]
  const differences = models.flatMap(({ name, differences }) =>
    differences.map(({ metric, value, intervals, shareAbove }): Row => {
      const share = shareAbove === null ? '' : `${Math.round(shareAbove * 100)} %`
      return [name, metric, signed(value), showInterval(intervals[0]), share]
    }),
  )
  if (differences.length > 0) {
    const header = ['model', 'metric', 'difference', 'interval', 'higher in']
    sections.push(renderSection(`Compared with ${models[0]?.name}`, renderTable(differences, { header })))
  }
  return sections.join('\n\n')
}

const isCount = new Set(['correct', 'lines', 'edits', 'characters', 'matched', 'annotated', 'found', 'pairs', 'incomplete'])

// Numbers that belong to the headline: the twelve of COCO, top-5 beside top-1.
function metricRows(model: string, metric: ScoredMetric | UndefinedMetric): Row[] {
  if ('undefinedBecause' in metric) return [[model, metric.name, 'none', metric.undefinedBecause]]
  const rows: Row[] = [[model, metric.name, score(metric.value), showInterval(metric.intervals[0])]]
  for (const [key, value] of Object.entries(metric.details)) {
    // The headline stands above; -1 is COCO's word for a size that does not occur.
    if (typeof value !== 'number' || value === -1 || key === 'ap' || key === metric.name.replace('-', '')) continue
    rows.push(['', `  ${key}`, isCount.has(key) ? String(value) : score(value), ''])
  }
  return rows
}

function score(value: number): string {
  return value.toFixed(4)
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${score(value)}`
}

function showInterval(interval: Interval | undefined): string {
  return interval ? `${score(interval.low)} to ${score(interval.high)} (${Math.round(interval.level * 100)} %)` : ''
}
