import { mkdirSync, rmSync } from 'node:fs'
import { type BatchResult, type BuildOutcome, buildInChild, type FuzzProgram, type ModelRequest } from './build-in-child.js'

export interface BatchOptions<M> {
  /** For the files of a batch, which are taken out again. */
  readonly folder: string
  readonly batchSize: number
  readonly program?: FuzzProgram
  /** Writes a model into a folder. */
  readonly write: (model: M, to: string, index: number) => ModelRequest
}

/** Gives models to child processes, batch by batch. */
export async function runBatches<M>(models: readonly M[], options: BatchOptions<M>): Promise<BatchResult> {
  const { folder, batchSize, program, write } = options
  const outcomes: BuildOutcome[] = []
  let peak = 0
  for (let start = 0; start < models.length; start += batchSize) {
    mkdirSync(folder)
    const batch = models.slice(start, start + batchSize).map((model, index) => write(model, folder, index))
    const result = await buildInChild(batch, folder, program)
    outcomes.push(...result.outcomes)
    peak = Math.max(peak, result.peak)
    rmSync(folder, { recursive: true })
  }
  return { outcomes, peak }
}

/** By code, or by what else came of a model; most frequent first. */
export function countOutcomes(outcomes: readonly BuildOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) {
    const key = 'code' in outcome ? outcome.code : (Object.keys(outcome).find((name) => name !== 'index') as string)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return Object.fromEntries(Object.entries(counts).sort((a, b) => b[1] - a[1]))
}

/** What must never happen, with all that it takes to see it again. */
export function findFaults(models: readonly { readonly what: string }[], outcomes: readonly BuildOutcome[]) {
  return outcomes.flatMap((outcome, index) => {
    const isFault =
      'crash' in outcome || 'hang' in outcome || 'foreign' in outcome || ('code' in outcome && outcome.code === 'BUG')
    return isFault ? [{ model: models[index]?.what, outcome }] : []
  })
}
