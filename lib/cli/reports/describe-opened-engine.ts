import { resolve } from 'node:path'
import type { z } from 'zod'
import { countInt8, countPrecisions } from '../../engine/engine-layers.js'
import type { EngineDescription } from '../../inference/engine.js'
import type { OpenedEngine, Target } from '../open-engine.js'
import { formatDuration } from '../text/format-quantity.js'
import { describeInt8, describePrecisions } from '../text/render-engine.js'
import type { Row } from '../text/render-table.js'
import type { engineSchema } from './shared-schemas.js'

export type EngineReport = z.input<typeof engineSchema>

/** An engine that a command has opened, for its JSON. */
export async function describeOpenedEngine(
  target: Target,
  opened: OpenedEngine,
  notes: readonly string[] = [],
): Promise<EngineReport> {
  const description: EngineDescription = await opened.engine.describe()
  const { device, executionDevices, precision, requests, inputs, outputs } = description
  const layers = description.layers
  return {
    path: resolve(target.path),
    origin: opened.origin,
    elapsed: opened.elapsed,
    device,
    executionDevices: [...executionDevices],
    precision,
    requests,
    inputs: inputs as EngineReport['inputs'],
    outputs: outputs as EngineReport['outputs'],
    layers: layers.length,
    precisions: countPrecisions(layers),
    int8: countInt8(layers),
    notes: [...notes, ...description.notes],
  }
}

/** The same for people. */
export function engineRows(engine: EngineReport): Row[] {
  return [
    ['engine', `${engine.path} (${engine.origin} in ${formatDuration(engine.elapsed)})`],
    ['device', `${engine.device}, runs on ${engine.executionDevices.join(', ')}`],
    ['layers', `${engine.layers}: ${describePrecisions(engine.precisions)}`],
    ['INT8', describeInt8(engine.int8)],
    ['requests', engine.requests],
    ...engine.notes.map((note): Row => ['note', note]),
  ]
}
