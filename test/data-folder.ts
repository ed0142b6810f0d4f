import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Trained models and pictures that are not part of the repository. */
export const dataFolder = resolve(process.env.ENGINERY_TEST_DATA ?? join(repository, '..', 'shared', 'data'))

export const hasData = existsSync(join(dataFolder, 'models'))

/** As `describe`; without the data the tests are skipped, with the reason, and on CI they fail. */
export function describeWithData(name: string, tests: () => void): void {
  if (!hasData && process.env.CI) throw new Error(`${dataFolder} is missing, and CI must not skip "${name}"`)
  if (!hasData) console.warn(`skipped: ${name}: ${dataFolder} is missing (set ENGINERY_TEST_DATA)`)
  describe.skipIf(!hasData)(name, tests)
}
