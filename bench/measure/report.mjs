// Results as Markdown.
const digits = (value) => {
  if (value >= 1000) return value.toFixed(0)
  if (value >= 100) return value.toFixed(1)
  return value >= 1 ? value.toFixed(2) : value.toFixed(4)
}

const row = (cells) => `| ${cells.join(' | ')} |`
const table = (header, rows) => [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n')

function resultTable(result) {
  const failures = result.calls.filter((call) => call.failure).map((call) => `\n\n${call.label}: ${call.failure}`)
  const measured = result.calls.filter((call) => call.median)
  if (result.mode === 'throughput') {
    const rows = measured.map(({ label, median, trials }) => {
      const all = trials.map((trial) => trial.perSecond)
      return [label, digits(median.perSecond), `${digits(Math.min(...all))} to ${digits(Math.max(...all))}`]
    })
    return table(['call', 'inferences/s', 'over the trials'], rows) + failures.join('')
  }
  const rows = measured.map(({ label, median }) => [label, ...['p50', 'p95', 'p99'].map((name) => digits(median[name]))])
  return table(['call', 'p50 ms', 'p95 ms', 'p99 ms'], rows) + failures.join('')
}

function verdictTable(verdicts) {
  return table(
    ['target', 'case', 'wanted', 'median of the pairs', 'pairs', ''],
    verdicts.map((verdict) => {
      const unit = verdict.relation === 'difference' ? ' ms' : ' x'
      const wanted = verdict.atLeast !== undefined ? `at least ${verdict.atLeast}${unit}` : `at most ${verdict.atMost}${unit}`
      const sorted = [...verdict.pairs].sort((a, b) => a - b)
      const range = `${sorted[0].toFixed(3)} to ${sorted[sorted.length - 1].toFixed(3)}`
      return [verdict.title, verdict.case, wanted, `${verdict.value.toFixed(3)}${unit}`, range, verdict.passed ? 'PASS' : 'MISS']
    }),
  )
}

/** @param {{ machine: object, settings: object, versions: object, results: object[], verdicts: object[] }} report */
export function renderReport({ machine, settings, versions, results, verdicts }) {
  const parts = [
    '# Benchmark',
    `${machine.cpu}, ${machine.cores} cores (${machine.features.join(', ')}), ${machine.memoryGiB} GiB, ${machine.system}, ` +
      `Node ${machine.node}, ${machine.date}; load before the run ${machine.load.join(' ')}.`,
    `${settings.trials} trials, each in a fresh process, calls taken in turn; ${settings.threads} threads; float32 everywhere. ` +
      `Each number is the median over the trials. ${Object.entries(versions)
        .map(([name, version]) => `${name}: ${version}`)
        .join('; ')}.`,
  ]
  if (verdicts.length > 0) parts.push('## Targets', verdictTable(verdicts))
  let last
  for (const result of results) {
    if (result.case !== last) parts.push(`## ${result.title}`)
    last = result.case
    parts.push(`### ${result.modeTitle}`, resultTable(result))
  }
  return `${parts.join('\n\n')}\n`
}
