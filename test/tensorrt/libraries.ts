import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe } from 'vitest'

const fetched = resolve(import.meta.dirname, '../../.deps/tensorrt')

/** Libraries that `npm run setup -- --tensorrt` brings, by what tests call them. */
export const coreLibraries = {
  'TensorRT-RTX 1.7': join(fetched, 'rtx-1.7', 'libtensorrt_rtx.so.1'),
  'TensorRT 10.15': join(fetched, '10.15', 'libnvinfer.so.10'),
  'lean TensorRT 10.15': join(fetched, 'lean-10.15', 'libnvinfer_lean.so.10'),
  'lean TensorRT 11.4': join(fetched, 'lean-11.4', 'libnvinfer_lean.so.11'),
} as const

/** As `describe`; without the library the tests are skipped, with the reason, and on CI they fail. */
export function describeWithTensorRt(library: keyof typeof coreLibraries, name: string, tests: () => void): void {
  const isHere = existsSync(coreLibraries[library])
  const title = `real ${library}: ${name}`
  if (!isHere && process.env.CI)
    throw new Error(`${library} is missing, and CI must not skip "${name}": npm run setup -- --tensorrt`)
  if (!isHere) console.warn(`skipped: ${title}: the library is missing (npm run setup -- --tensorrt)`)
  describe.skipIf(!isHere)(title, tests)
}
