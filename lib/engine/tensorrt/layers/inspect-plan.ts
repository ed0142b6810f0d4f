import type { OpenedTensorRt } from '../open-library.js'
import type { OptimizedLayers } from './optimized-layers.js'
import { readBuilderLayers } from './read-builder-layers.js'
import { readLayerInformation } from './read-layer-information.js'

/**
 * The layers of a plan that was just built. On a GPU that runs it the plan itself is asked; else what the builder wrote of
 * it counts.
 *
 * @param written by the builder
 * @param plugins libraries that the plan needs and does not hold
 */
export async function findOptimizedLayers(
  library: OpenedTensorRt,
  plan: Uint8Array,
  { device, plugins, written }: { device: number; plugins: readonly string[]; written: string | undefined },
): Promise<OptimizedLayers> {
  const inspected = await inspectPlan(library, plan, device, plugins)
  if (inspected.available && inspected.hasDetails) return inspected
  const told = readBuilderLayers(written)
  if (told.available) return told
  return inspected.available ? inspected : { available: false, reason: `${inspected.reason}; and ${told.reason}` }
}

/**
 * Asks TensorRT about the layers of a plan that was just built, which takes a GPU that it runs on. Without one, or where
 * TensorRT does not load the plan here, the answer is the reason.
 */
async function inspectPlan(
  library: OpenedTensorRt,
  plan: Uint8Array,
  device: number,
  plugins: readonly string[],
): Promise<OptimizedLayers> {
  const { addon, driver, title } = library
  if (driver.reason !== undefined) {
    return { available: false, reason: `a plan is looked into on a GPU, and there is none here: ${driver.reason}` }
  }
  try {
    return readLayerInformation(await addon.inspectPlan({ plan, device, hostCode: true, plugins: [...plugins] }))
  } catch (error) {
    return { available: false, reason: `${title} does not look into the plan here: ${(error as Error).message}` }
  }
}
