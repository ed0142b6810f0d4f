import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A model for the child process: a path, or paths of files to pass as bytes. */
export type ModelRequest = ({ readonly path: string } | { readonly bytes: string; readonly weights?: string }) & {
  /** Whether to keep open dimensions open. */
  readonly dynamic: boolean
}

/** What came of building an engine. */
export type BuildOutcome =
  | { readonly accepted: true }
  | { readonly code: string; readonly message: string }
  /** Thrown, and not an EngineryError with a code of the table. */
  | { readonly foreign: string }
  /** The process ended during the build. */
  | { readonly crash: string }
  /** The build did not come to an end. */
  | { readonly hang: number }

export interface BatchResult {
  readonly outcomes: readonly BuildOutcome[]
  /** The most memory that a process of the batch had resident, in bytes. */
  readonly peak: number
}

/** Far longer than the slowest build on a busy machine takes. */
const longestBuild = 90_000

/** What `programs/` has for a list of files. */
export type FuzzProgram = 'build-models' | 'decode-pictures' | 'quantize-models'

/**
 * Builds engines of all models (or does with all files what another program does), one after the other in a child process, and in another one from the next model on where
 * a process ended or stood still: then it is known which model did that.
 *
 * @param folder for the list that the child reads; not shared by batches that run at the same time
 */
export async function buildInChild(
  models: readonly (ModelRequest | string)[],
  folder: string,
  program: FuzzProgram = 'build-models',
): Promise<BatchResult> {
  const outcomes: BuildOutcome[] = []
  let peak = 0
  while (outcomes.length < models.length) {
    const list = join(folder, 'list.json')
    writeFileSync(list, JSON.stringify(models.slice(outcomes.length)))
    const before = outcomes.length
    peak = Math.max(peak, await runChild(program, list, outcomes))
    if (outcomes.length === before) throw new Error('the child process built nothing')
  }
  return { outcomes, peak }
}

/** Adds the outcomes of one process; returns its peak of memory, 0 where it did not come to say it. */
async function runChild(program: FuzzProgram, list: string, outcomes: BuildOutcome[]): Promise<number> {
  const path = fileURLToPath(new URL(`programs/${program}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [path, list], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk).slice(-2000)
  })
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(`${signal ?? `exit code ${code}`} ${errors}`.trim()))
  })
  let building = false
  let hung = false
  let peak = 0
  const giveUp = () => {
    hung = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(giveUp, longestBuild)
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer)
    timer = setTimeout(giveUp, longestBuild)
    const said = JSON.parse(line)
    building = 'begins' in said
    if ('peak' in said) peak = said.peak
    else if (!building) outcomes.push(said)
  }
  clearTimeout(timer)
  const ending = await ended
  if (building || peak === 0) outcomes.push(hung ? { hang: longestBuild } : { crash: ending })
  return peak
}
