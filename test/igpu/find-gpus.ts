import { describe } from 'vitest'
import { tryLoadOpenVino } from '../../lib/native/load-addon.js'

interface Search {
  /** As `device` options take them. */
  readonly gpus: readonly string[]
  /** Why there is none. */
  readonly reason: string
}

async function search(): Promise<Search> {
  const loaded = tryLoadOpenVino()
  if ('reason' in loaded) return { gpus: [], reason: loaded.reason.message }
  const { addon } = loaded
  const gpus = (await addon.devices()).filter((name) => /^GPU(\.\d+)?$/.test(name))
  // A plugin that cannot be loaded says what it lacks; one that can has looked and found nothing.
  const reason = await addon.pluginVersions('GPU').then(
    () => 'the GPU plugin and its driver loader work, and see no Intel GPU',
    (error: Error) => error.message.trim().split('\n').at(-1) as string,
  )
  return { gpus, reason }
}

const { gpus, reason } = await search()

/** As `describe.each` over the Intel GPUs of this machine; without one, the tests are skipped and the reason is printed. */
export function describeOnGpus(name: string, tests: (device: string) => void): void {
  if (gpus.length === 0) {
    console.info(`skipped: ${name}: no Intel GPU: ${reason}`)
    describe.skip(name, () => tests('GPU'))
    return
  }
  for (const device of gpus) describe(`${name} on ${device}`, () => tests(device))
}
