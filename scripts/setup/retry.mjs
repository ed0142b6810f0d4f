import { setTimeout as sleep } from 'node:timers/promises'

const DELAYS_MS = [2_000, 8_000, 20_000]

/** Networks fail for moments: tries again with growing pauses, then throws the last failure. */
export async function retry(what, attempt, report) {
  for (const delay of DELAYS_MS) {
    try {
      return await attempt()
    } catch (error) {
      report(`${what} failed, trying again in ${delay / 1000} s: ${error.message.split('\n').at(-1)}`)
      await sleep(delay)
    }
  }
  return attempt()
}
