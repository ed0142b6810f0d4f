import { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { callbackSchema } from '../../errors/option-schemas.js'
import { parseOptions } from '../../errors/parse-options.js'
import { reportProgress } from '../../errors/report-progress.js'
import { requireArgument } from '../../errors/require-argument.js'
import type { InferenceInputs } from '../../inference/bind-inputs.js'
import type { InferenceResult } from '../../inference/collect-outputs.js'
import type { Engine } from '../../inference/engine.js'
import { type LatencySummary, SampleList } from './latency-samples.js'

/** One inference at a time, or as many as the engine has requests. */
export type MeasureMode = 'latency' | 'throughput'

export interface MeasureProgress {
  readonly phase: 'warm-up' | 'measurement'
  /** 0 to 1, of this phase. */
  readonly fraction: number
}

const measureSchema = z.strictObject({
  mode: z.enum(['latency', 'throughput']).default('latency'),
  /** Seconds; ignored where `iterations` is given. */
  duration: z.number().positive().default(5),
  iterations: z.int().min(1).optional(),
  /** Seconds before the clock starts. At least one inference is always run, since the first one allocates. */
  warmUp: z.number().min(0).default(1),
  /** Measure inferSync: the call blocks, and only one runs at a time. */
  sync: z.boolean().default(false),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: MeasureProgress) => void>().optional(),
})

export type MeasureOptions = { [Key in keyof z.input<typeof measureSchema>]: z.input<typeof measureSchema>[Key] | undefined }
type Settings = z.output<typeof measureSchema>

export interface Measurement {
  readonly mode: MeasureMode
  readonly call: 'infer' | 'inferSync'
  /** Inferences in flight at the same time. */
  readonly concurrency: number
  /** Inferences that the figures are over. */
  readonly iterations: number
  /** Seconds from the first start to the last end. */
  readonly duration: number
  /** Inferences per second: `iterations / duration`. */
  readonly throughput: number
  /** Milliseconds from the call to its answer, in this thread. */
  readonly latency: LatencySummary
  /**
   * Milliseconds inside the engine, as it reports them itself; null where more than one inference was in flight, because
   * it cannot be told then which of them the figure belongs to.
   */
  readonly engineLatency: LatencySummary | null
  readonly warmUp: { readonly iterations: number; readonly duration: number }
  /** In words: what the clock covers and what it leaves out. */
  readonly clock: string
}

/**
 * Measures how fast an engine answers. Nothing else should run in this process meanwhile.
 *
 * Inputs are the same every time. Give them as Tensors from `Tensor.allocate` to measure the engine alone; typed arrays
 * are copied by every `infer`, and the copy is then part of the figures.
 *
 * @returns latencies in milliseconds; percentiles are nearest-rank: values that were really seen
 * @throws OPTION_INVALID, ABORTED, and whatever `infer` throws
 * @example
 * const { latency } = await measureEngine(engine, { data_0: Tensor.allocate('f32', [1, 3, 224, 224]) })
 * console.log(latency.p50, latency.p99)
 */
export async function measureEngine(engine: Engine, inputs: InferenceInputs, options: MeasureOptions = {}): Promise<Measurement> {
  const isEngine = typeof (engine as Partial<Engine> | null | undefined)?.infer === 'function'
  requireArgument(isEngine, 'an Engine', engine, 'engine', measureEngine)
  const settings = parseOptions(measureSchema, options, measureEngine)
  if (settings.sync && settings.mode === 'throughput') {
    throw engineryError('OPTION_INVALID', {
      caller: 'measureEngine',
      option: 'sync',
      reason: 'expected mode latency: inferSync runs one inference at a time',
    })
  }
  const concurrency = settings.mode === 'throughput' ? engine.requests : 1
  const warm = await runPhase(engine, inputs, settings, concurrency, 'warm-up')
  const measured = await runPhase(engine, inputs, settings, concurrency, 'measurement')
  const iterations = measured.latency.count
  return {
    mode: settings.mode,
    call: settings.sync ? 'inferSync' : 'infer',
    concurrency,
    iterations,
    duration: measured.elapsed / 1000,
    throughput: iterations / (measured.elapsed / 1000),
    latency: measured.latency.summarize(),
    engineLatency: concurrency === 1 ? measured.engineLatency.summarize() : null,
    warmUp: { iterations: warm.latency.count, duration: warm.elapsed / 1000 },
    clock: describeClock(settings),
  }
}

interface Phase {
  readonly latency: SampleList
  readonly engineLatency: SampleList
  /** Milliseconds. */
  readonly elapsed: number
}

// Timers and signals get their turn at least this often while calls block.
const blockingMs = 20

async function runPhase(
  engine: Engine,
  inputs: InferenceInputs,
  settings: Settings,
  concurrency: number,
  phase: MeasureProgress['phase'],
): Promise<Phase> {
  const latency = new SampleList()
  const engineLatency = new SampleList()
  const limit = phase === 'measurement' ? settings.iterations : undefined
  const milliseconds = (phase === 'measurement' ? settings.duration : settings.warmUp) * 1000
  const start = performance.now()
  let started = 0
  let end = start
  let reported = start
  let failed = false
  // The first inference of each lane always runs.
  const goOn = (now: number) =>
    !failed && (limit === undefined ? started < concurrency || now - start < milliseconds : started < limit)
  const finish = (began: number, result: InferenceResult) => {
    end = performance.now()
    latency.push(end - began)
    if (concurrency === 1) engineLatency.push(engine.lastLatency as number)
    for (const tensor of Object.values(result)) tensor.release()
    if (settings.onProgress && end - reported > 50) {
      reported = end
      const fraction = limit === undefined ? (end - start) / milliseconds : latency.count / limit
      reportProgress(settings.onProgress, { phase, fraction: Math.min(1, fraction) })
    }
  }
  const lane = async () => {
    let yielded = performance.now()
    for (let began = yielded; goOn(began); began = performance.now()) {
      refuseAborted(settings.signal)
      started++
      finish(began, settings.sync ? engine.inferSync(inputs) : await engine.infer(inputs, { signal: settings.signal }))
      if (settings.sync && end - yielded > blockingMs) {
        await new Promise((resolve) => setImmediate(resolve))
        yielded = performance.now()
      }
    }
  }
  // One failure ends all lanes: the rest of the duration would be measured for nothing.
  const guarded = () =>
    lane().catch((error: unknown) => {
      failed = true
      throw error
    })
  const lanes = await Promise.allSettled(Array.from({ length: concurrency }, guarded))
  for (const result of lanes) if (result.status === 'rejected') throw result.reason
  return { latency, engineLatency, elapsed: end - start }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'The measurement' }, { cause: signal.reason })
}

function describeClock({ mode, sync }: Settings): string {
  const left = 'Left out: building the engine, reading and preparing inputs, the warm-up, giving output memory back.'
  if (sync)
    return `Each sample covers one call of inferSync: checking the inputs, the inference, handing over the outputs. ${left}`
  const each =
    'from the call of infer until its promise is answered: checking the inputs, waking the engine, the inference, coming back to the event loop, handing over the outputs'
  if (mode === 'latency') return `One inference at a time. Each sample runs ${each}. ${left}`
  return `All requests busy; each answer starts the next inference. Each sample runs ${each}. Throughput is the number of inferences over the time from the first call to the last answer. Left out: building the engine, reading and preparing inputs, the warm-up.`
}
