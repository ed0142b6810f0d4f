// Medians over the trials, and the verdict on each target.
import { median } from './statistics.mjs'

const MEASURES = ['p50', 'p95', 'p99', 'mean', 'perSecond']

/** The median of each measure over the trials that a call had. */
export function medianOfTrials(trials) {
  const medians = {}
  for (const measure of MEASURES) {
    if (trials[0]?.[measure] !== undefined) medians[measure] = median(trials.map((trial) => trial[measure]))
  }
  return medians
}

function verdictOn(target, result) {
  const [ours, rival] = target.compare.map((id) => result.calls.find((call) => call.id === id))
  if (!ours?.trials || !rival?.trials) return undefined
  const pairs = ours.trials.map((trial, i) => {
    const [a, b] = [trial[target.measure], rival.trials[i][target.measure]]
    return target.relation === 'ratio' ? a / b : a - b
  })
  const value = median(pairs)
  const passed = target.atLeast !== undefined ? value >= target.atLeast : value <= target.atMost
  return { ...target, cases: undefined, case: result.case, ours: ours.label, rival: rival.label, pairs, value, passed }
}

/** One verdict per target and case that was measured. */
export function judgeTargets(targets, results) {
  return targets.flatMap((target) =>
    results
      .filter((result) => result.mode === target.mode && target.cases.includes(result.case))
      .map((result) => verdictOn(target, result))
      .filter(Boolean),
  )
}
